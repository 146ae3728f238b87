#!/usr/bin/env bash
# build.sh: builds build/release/bootstrap: one static, stripped, hardened file.
set -euo pipefail
cd "$(dirname "$0")/.."

bytes_max=6900000

deploy/packages.sh build
# Without a word while all is well; the whole story when it is not.
log=build/release.log
mkdir -p build
if ! { cmake --preset release && cmake --build --preset release --target bootstrap; } >"$log" 2>&1; then
  cat "$log" >&2
  echo "build.sh: the build failed: its log is $log" >&2
  exit 1
fi

bootstrap=build/release/bootstrap
fail() { echo "build.sh: $bootstrap $1" >&2; exit 1; }
segments=$(readelf --wide --program-headers "$bootstrap")
if grep -q INTERP <<<"$segments"; then fail "wants a dynamic loader: expected a static file"; fi
if readelf --wide --dynamic "$bootstrap" | grep -q NEEDED; then
  fail "needs shared libraries: expected a static file"
fi
bytes=$(stat -c %s "$bootstrap")
[ "$bytes" -le "$bytes_max" ] || fail "has $bytes bytes: expected at most $bytes_max"
echo "$bootstrap: $bytes bytes"
