#!/usr/bin/env bash
# build.sh [--arch x86_64|arm64]: builds the binary for this machine's architecture, or for another
# one: one static, stripped, hardened file. It is build/release/bootstrap, or
# build/release-arm64/bootstrap where the machine is none.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/architecture.sh

case "$#,${1:-}" in
  0,) architecture ;;
  2,--arch) architecture "$2" ;;
  *) echo "usage: build.sh [--arch x86_64|arm64]" >&2; exit 2 ;;
esac

deploy/packages.sh "$packages"
# Without a word while all is well; the whole story when it is not.
log=build/$preset.log
mkdir -p build
build() {
  if [ "$arch" != "$machine" ]; then deploy/fetch-libraries.sh "$arch" build/deps || return; fi
  cmake --preset "$preset" && cmake --build --preset "$preset" --target bootstrap
}
if ! build >"$log" 2>&1; then
  cat "$log" >&2
  echo "build.sh: the build failed: its log is $log" >&2
  exit 1
fi

fail() { echo "build.sh: $bootstrap $1" >&2; exit 1; }
segments=$(readelf --wide --program-headers "$bootstrap")
if grep -q INTERP <<<"$segments"; then fail "wants a dynamic loader: expected a static file"; fi
if readelf --wide --dynamic "$bootstrap" | grep -q NEEDED; then
  fail "needs shared libraries: expected a static file"
fi
bytes=$(stat -c %s "$bootstrap")
[ "$bytes" -le "$bootstrap_bytes_max" ] ||
  fail "has $bytes bytes: expected at most $bootstrap_bytes_max"
echo "$bootstrap: $bytes bytes"
