{
  "variables": {
    "simdjson%": "<!(node -p \"require('path').join(require('path').dirname(require.resolve('@nozbe/simdjson/package.json')), 'src')\")",
    "napi%": "<!(node -p \"require('path').dirname(require.resolve('node-addon-api/package.json'))\")",
    "our_warnings": ["-Wall", "-Wextra", "-Werror"]
  },
  "target_defaults": {
    "default_configuration": "Release",
    "cflags": ["-fvisibility=hidden", "-fstack-protector-strong"],
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["-std=c++17", "-isystem", "<(simdjson)", "-isystem", "<(napi)"],
    "defines": ["SIMDJSON_EXCEPTIONS=0"],
    "xcode_settings": {
      "MACOSX_DEPLOYMENT_TARGET": "13.0",
      "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
      "CLANG_CXX_LIBRARY": "libc++",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
      "OTHER_CFLAGS": ["-fstack-protector-strong"],
      "OTHER_CPLUSPLUSFLAGS": ["-fstack-protector-strong", "-isystem", "<(simdjson)", "-isystem", "<(napi)"]
    }
  },
  "targets": [
    {
      "target_name": "simdjson",
      "type": "static_library",
      "sources": ["core/simdjson.cc"],
      "cflags": ["-w"],
      "xcode_settings": { "WARNING_CFLAGS": ["-w"] }
    },
    {
      "target_name": "core",
      "type": "static_library",
      "dependencies": ["simdjson"],
      "sources": [
        "core/account.cc",
        "core/batch.cc",
        "core/control_line.cc",
        "core/counters.cc",
        "core/decoder.cc",
        "core/event_payload.cc",
        "core/intake.cc",
        "core/message.cc",
        "core/peer.cc",
        "core/pipe.cc",
        "core/process_block.cc",
        "core/reader.cc",
        "core/record.cc",
        "core/ring.cc",
        "core/splitter.cc",
        "core/timestamp.cc",
        "core/utf8.cc",
        "core/waiter.cc",
        "core/walker.cc"
      ],
      "cflags": ["<@(our_warnings)"],
      "xcode_settings": { "WARNING_CFLAGS": ["<@(our_warnings)"] }
    },
    {
      "target_name": "exectap",
      "dependencies": ["core", "simdjson"],
      "sources": ["addon/addon.cc", "addon/native_tap.cc", "addon/values.cc"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "cflags": ["<@(our_warnings)"],
      "xcode_settings": { "WARNING_CFLAGS": ["<@(our_warnings)"] }
    },
    {
      "target_name": "daemon",
      "type": "static_library",
      "sources": [
        "daemon/child.cc",
        "daemon/control_lines.cc",
        "daemon/control_socket.cc",
        "daemon/json_line.cc",
        "daemon/log.cc",
        "daemon/options.cc",
        "daemon/print.cc",
        "daemon/pump.cc",
        "daemon/relay.cc",
        "daemon/request.cc",
        "daemon/responder.cc",
        "daemon/signals.cc",
        "daemon/stream.cc",
        "daemon/tap_events.cc",
        "daemon/tap_process.cc",
        "daemon/tap_record.cc",
        "daemon/terminal.cc",
        "daemon/trusted_path.cc",
        "daemon/worker_process.cc"
      ],
      "conditions": [
        ["OS=='mac'", { "sources": ["daemon/system_darwin.cc"] }, { "sources": ["daemon/system_linux.cc"] }]
      ],
      "cflags": ["<@(our_warnings)"],
      "xcode_settings": { "WARNING_CFLAGS": ["<@(our_warnings)"] }
    },
    {
      "target_name": "exectapd",
      "type": "executable",
      "dependencies": ["daemon", "core"],
      "sources": ["daemon/main.cc"],
      "cflags": ["<@(our_warnings)"],
      "xcode_settings": { "WARNING_CFLAGS": ["<@(our_warnings)"] }
    },
    {
      "target_name": "core_test",
      "type": "executable",
      "dependencies": ["daemon", "core", "simdjson"],
      "sources": [
        "test/account_test.cc",
        "test/daemon_test.cc",
        "test/decoder_test.cc",
        "test/intake_test.cc",
        "test/main.cc",
        "test/peer_test.cc",
        "test/reader_test.cc",
        "test/request_test.cc",
        "test/ring_test.cc",
        "test/splitter_test.cc",
        "test/stream_test.cc",
        "test/timestamp_test.cc",
        "test/trusted_path_test.cc",
        "test/utf8_test.cc"
      ],
      "cflags": ["<@(our_warnings)"],
      "libraries": ["-lpthread"],
      "xcode_settings": { "WARNING_CFLAGS": ["<@(our_warnings)"] }
    }
  ]
}
