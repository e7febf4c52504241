#!/usr/bin/env bash
# Builds native/ once more with clang: the addon under its warnings, and the core's tests under the sanitizers.
# Needs clang with its runtimes (Debian: clang, libclang-rt-14-dev) and an installed node_modules.
set -euo pipefail
cd "$(dirname "$0")/.."

work="$PWD/.ci/scratch"
rm -rf "$work"
mkdir -p "$work"

echo '-- clang: the addon without a warning'
cp -R native "$work/native"
rm -rf "$work/native/build"
CC=clang CXX=clang++ npx node-gyp rebuild --loglevel=error --directory "$work/native" >"$work/build.log" 2>&1 || {
  cat "$work/build.log"
  exit 1
}

simdjson="$(node -p "require('path').dirname(require.resolve('@nozbe/simdjson/package.json')) + '/src'")"
common=(-std=c++17 -g -O1 -fno-omit-frame-pointer -DSIMDJSON_EXCEPTIONS=0 -isystem "$simdjson")

# simdjson itself is compiled once for each sanitizer; without its own warnings.
check() {
  local name="$1"
  shift
  echo "-- $name"
  clang++ "${common[@]}" "$@" -w -c native/core/simdjson.cc -o "$work/simdjson.o"
  local sources=()
  for source in native/core/*.cc native/daemon/*.cc native/test/*.cc; do
    case "$source" in
      native/core/simdjson.cc | native/daemon/main.cc | native/daemon/system_darwin.cc) ;;
      *) sources+=("$source") ;;
    esac
  done
  clang++ "${common[@]}" "$@" -Wall -Wextra -Werror "${sources[@]}" "$work/simdjson.o" -lpthread -o "$work/core_test"
  "$work/core_test"
}

check 'AddressSanitizer and UndefinedBehaviorSanitizer' -fsanitize=address,undefined -fno-sanitize-recover=all
check 'ThreadSanitizer' -fsanitize=thread

# The seconds are for each target; a longer run by hand: FUZZ_SECONDS=600 scripts/sanitize.sh
fuzz() {
  local name="$1"
  shift
  echo "-- libFuzzer: $name for ${FUZZ_SECONDS:-10} s"
  clang++ -std=c++17 -g -O1 -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
    "native/fuzz/$name.cc" "$@" -o "$work/$name"
  mkdir -p "$work/corpus-$name"
  "$work/$name" -max_total_time="${FUZZ_SECONDS:-10}" -max_len=1024 -verbosity=0 -print_final_stats=1 \
    -artifact_prefix="$work/$name-" "$work/corpus-$name" 2>&1 | grep -E 'executed_units|ERROR|SUMMARY' || true
  [ -z "$(find "$work" -name "$name-*" -newer "$work/$name" -print -quit)" ]
}

fuzz request_fuzz native/daemon/request.cc
fuzz stream_fuzz native/daemon/stream.cc native/daemon/control_lines.cc native/daemon/json_line.cc \
  native/daemon/system_linux.cc native/core/pipe.cc native/core/utf8.cc
