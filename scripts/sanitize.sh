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
  for source in native/core/*.cc native/test/*.cc; do
    [ "$source" = native/core/simdjson.cc ] || sources+=("$source")
  done
  clang++ "${common[@]}" "$@" -Wall -Wextra -Werror "${sources[@]}" "$work/simdjson.o" -lpthread -o "$work/core_test"
  "$work/core_test"
}

check 'AddressSanitizer and UndefinedBehaviorSanitizer' -fsanitize=address,undefined -fno-sanitize-recover=all
check 'ThreadSanitizer' -fsanitize=thread
