#!/usr/bin/env bash
# The package: what is in it, how large it is, and that it is the same file each time.
set -euo pipefail
cd "$(dirname "$0")/../.."
fail() { echo "package_test: $*" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bootstrap=build/release/bootstrap
[ -x "$bootstrap" ] || fail "$bootstrap is missing: run deploy/build.sh first"

# One static file that starts with nothing around it.
file "$bootstrap"
file "$bootstrap" | grep -qE 'static-pie linked|statically linked' || fail "it is not static"
file "$bootstrap" | grep -q stripped || fail "it is not stripped"
if readelf --wide --program-headers "$bootstrap" | grep -q INTERP; then fail "it wants a loader"; fi
if readelf --wide --dynamic "$bootstrap" | grep -q NEEDED; then fail "it needs a library"; fi
readelf --wide --program-headers "$bootstrap" | grep -q GNU_RELRO || fail "it has no RELRO"
readelf --wide --program-headers "$bootstrap" | grep -E 'GNU_STACK.* RW ' >/dev/null ||
  fail "its stack can be executed"
bytes=$(stat -c %s "$bootstrap")
[ "$bytes" -le 6900000 ] || fail "it has $bytes bytes"

# Where AVX2 is missing it says so, before any instruction that needs it.
if [ "$(uname -m)" = x86_64 ]; then
  status=0
  qemu-x86_64 -cpu Nehalem "$bootstrap" --version 2>"$work/said" || status=$?
  [ "$status" = 1 ] || fail "exit status $status on a CPU without AVX2"
  grep -q 'lacks AVX2' "$work/said" || fail "no word of AVX2: $(cat "$work/said")"
  [ "$(qemu-x86_64 -cpu Haswell "$bootstrap" --version 2>/dev/null)" = "$("$bootstrap" --version)" ] ||
    fail "it does not start on a CPU that has just AVX2"
fi

echo '{"target":"sqlite:/tmp/copy.db"}' >"$work/given.json"
deploy/package.sh "$work/given.json"
zip=build/streamonce-$(uname -m | sed s/aarch64/arm64/).zip
cp "$zip" "$work/first.zip"
[ "$(zipinfo -1 "$zip" | sort | tr '\n' ' ')" = "bootstrap pipeline.json " ] || fail "other contents"
zipinfo "$zip" | grep -E '^-rwxr-xr-x .* bootstrap$' >/dev/null || fail "bootstrap is not 0755"
unzip -q "$zip" -d "$work/unpacked"
cmp "$work/unpacked/bootstrap" "$bootstrap"
cmp "$work/unpacked/pipeline.json" "$work/given.json"
sleep 2  # a zip's times count in steps of two seconds
deploy/package.sh "$work/given.json"
cmp "$zip" "$work/first.zip" || fail "two packages of one build differ"

echo '{"name":"mine"}' >"$work/name.json"
deploy/package.sh --pipeline "$work/name.json"  # the target is said in the function's environment
deploy/package.sh
[ "$(zipinfo -1 "$zip")" = bootstrap ] || fail "a pipeline file that nobody gave"

# Views go in beside it, if a function with them would start.
direct=$PWD/tests/fixtures/views/direct.sql
echo '{"target":"dynamodb","tables":{"heads":"prod-heads"}}' >"$work/views.json"
deploy/package.sh --views "$direct" --pipeline "$work/views.json"
[ "$(zipinfo -1 "$zip" | sort | tr '\n' ' ')" = "bootstrap pipeline.json views.sql " ] ||
  fail "other contents with views"
cp "$zip" "$work/first.zip"
unzip -p "$zip" views.sql | cmp - "$direct"
sleep 2
deploy/package.sh --pipeline "$work/views.json" --views "$direct"
cmp "$zip" "$work/first.zip" || fail "two packages of one build with views differ"
refused() {  # refused WORDS ARGUMENT...: whether package.sh refuses these and says why
  local words=$1 status=0
  shift
  deploy/package.sh "$@" >"$work/said" 2>&1 || status=$?
  [ "$status" != 0 ] || fail "package.sh took $*"
  grep -qe "$words" "$work/said" || fail "package.sh $*: $(cat "$work/said")"
}
refused 'views.sql:2:51: no ORDER BY' --views "$PWD/tests/fixtures/views/wrong.sql"
echo '{"target":"dynamodb:copy"}' >"$work/copy.json"
refused 'names a table, and there are views' --views "$direct" --pipeline "$work/copy.json"
echo '{"target":"dynamodb","tables":{"heds":"prod-heads"}}' >"$work/misspelt.json"
refused '"heds" is no view' --views "$direct" --pipeline "$work/misspelt.json"
refused 'there is no such file' --views "$work/none.sql"
refused 'needs a file' --views
cmp "$zip" "$work/first.zip" || fail "a refusal has touched the package"

# The pipeline file beside the binary is found.
echo '{"target":"sqlite:'"$work"'/beside.db"}' >"$work/unpacked/pipeline.json"
"$work/unpacked/bootstrap" invoke deploy/try/1-orders.json 2>/dev/null >"$work/answer"
[ "$(cat "$work/answer")" = '{"batchItemFailures":[]}' ] || fail "the file beside the binary"
[ -s "$work/beside.db" ] || fail "the target that the file names was not written"
