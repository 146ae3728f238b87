#!/usr/bin/env bash
# The packages of all architectures that can be built here: what is in them, how large they are, and
# that each is the same file each time.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/architecture.sh
fail() { echo "package_test: $arch: $*" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo '{"target":"sqlite:/tmp/copy.db"}' >"$work/given.json"
echo '{"name":"mine"}' >"$work/name.json"
echo '{"target":"dynamodb","tables":{"heads":"prod-heads"}}' >"$work/views.json"
echo '{"target":"dynamodb:copy"}' >"$work/copy.json"
echo '{"target":"dynamodb","tables":{"heds":"prod-heads"}}' >"$work/misspelt.json"
direct=$PWD/tests/fixtures/views/direct.sql

# One static file that starts with nothing around it.
check_binary() {
  [ -x "$bootstrap" ] || fail "$bootstrap is missing: run deploy/build.sh --arch $arch first"
  file "$bootstrap"
  file "$bootstrap" | grep -q 'static-pie linked' || fail "it is no static-pie"
  file "$bootstrap" | grep -q ', stripped' || fail "it is not stripped"
  local header segments
  header=$(readelf --wide --file-header "$bootstrap")
  case "$arch" in
    x86_64) grep -qE 'Machine: +Advanced Micro Devices X86-64$' <<<"$header" || fail "another machine's" ;;
    arm64) grep -qE 'Machine: +AArch64$' <<<"$header" || fail "another machine's" ;;
  esac
  segments=$(readelf --wide --program-headers "$bootstrap")
  if grep -q INTERP <<<"$segments"; then fail "it wants a loader"; fi
  if readelf --wide --dynamic "$bootstrap" | grep -q NEEDED; then fail "it needs a library"; fi
  grep -q GNU_RELRO <<<"$segments" || fail "it has no RELRO"
  grep -qE 'GNU_STACK.* RW ' <<<"$segments" || fail "its stack can be executed"
  local bytes
  bytes=$(stat -c %s "$bootstrap")
  [ "$bytes" -le "$bootstrap_bytes_max" ] || fail "it has $bytes bytes"
}

# Where AVX2 is missing it says so, before any instruction that needs it.
check_old_cpu() {
  local status=0
  qemu-x86_64 -cpu Nehalem "$bootstrap" --version 2>"$work/said" || status=$?
  [ "$status" = 1 ] || fail "exit status $status on a CPU without AVX2"
  grep -q 'lacks AVX2' "$work/said" || fail "no word of AVX2: $(cat "$work/said")"
  [ "$(qemu-x86_64 -cpu Haswell "$bootstrap" --version 2>/dev/null)" = "$("$bootstrap" --version)" ] ||
    fail "it does not start on a CPU that has just AVX2"
}

package() { deploy/package.sh --arch "$arch" "$@"; }
expect_contents() {  # expect_contents FILE...: the files of the package
  [ "$(zipinfo -1 "$zip" | sort | xargs)" = "$*" ] || fail "other contents: $(zipinfo -1 "$zip" | xargs)"
}

check_package() {
  # The packed bootstrap that is kept for later packages is the same when it is packed once more.
  package "$work/given.json"
  mv "build/$preset"/bootstrap-*.zip "$work/earlier.zip"
  package "$work/given.json"
  cmp "build/$preset"/bootstrap-*.zip "$work/earlier.zip" || fail "two packings of one build differ"
  cp "$zip" "$work/first.zip"
  expect_contents bootstrap pipeline.json
  zipinfo "$zip" | grep -E '^-rwxr-xr-x .* bootstrap$' >/dev/null || fail "bootstrap is not 0755"
  rm -rf "$work/unpacked"
  unzip -q "$zip" -d "$work/unpacked"
  cmp "$work/unpacked/bootstrap" "$bootstrap"
  cmp "$work/unpacked/pipeline.json" "$work/given.json"
  sleep 2  # a zip's times count in steps of two seconds
  package "$work/given.json"
  cmp "$zip" "$work/first.zip" || fail "two packages of one build differ"

  package --pipeline "$work/name.json"  # the target is said in the function's environment
  package
  expect_contents bootstrap  # and no pipeline file that nobody gave
  [ "$(stat -c %s "$zip")" -le "$zip_bytes_max" ] || fail "it has $(stat -c %s "$zip") bytes"

  # The pipeline file beside the binary is found.
  echo '{"target":"sqlite:'"$work/$arch"'.db"}' >"$work/unpacked/pipeline.json"
  "${runner[@]}" "$work/unpacked/bootstrap" invoke deploy/try/1-orders.json 2>/dev/null >"$work/answer"
  [ "$(cat "$work/answer")" = '{"batchItemFailures":[]}' ] || fail "the file beside the binary"
  [ -s "$work/$arch.db" ] || fail "the target that the file names was not written"
}

refused() {  # refused WORDS ARGUMENT...: whether package.sh refuses these and says why
  local words=$1 status=0
  shift
  package "$@" >"$work/said" 2>&1 || status=$?
  [ "$status" != 0 ] || fail "package.sh took $*"
  grep -qe "$words" "$work/said" || fail "package.sh $*: $(cat "$work/said")"
}

# Views go in beside it, if a function with them would start.
check_views() {
  package --views "$direct" --pipeline "$work/views.json"
  expect_contents bootstrap pipeline.json views.sql
  cp "$zip" "$work/first.zip"
  unzip -p "$zip" views.sql | cmp - "$direct"
  sleep 2
  package --pipeline "$work/views.json" --views "$direct"
  cmp "$zip" "$work/first.zip" || fail "two packages of one build with views differ"
  refused 'views.sql:2:51: no ORDER BY' --views "$PWD/tests/fixtures/views/wrong.sql"
  refused 'names a table, and there are views' --views "$direct" --pipeline "$work/copy.json"
  refused '"heds" is no view' --views "$direct" --pipeline "$work/misspelt.json"
  cmp "$zip" "$work/first.zip" || fail "a refusal has touched the package"
}

architectures=("$machine")
if [ "$machine" = x86_64 ]; then architectures+=(arm64); fi
for name in "${architectures[@]}"; do
  architecture "$name"
  check_binary
  if [ "$arch" = x86_64 ]; then check_old_cpu; fi
  check_package
  check_views
done

refused 'there is no such file' --views "$work/none.sql"
refused 'needs a file' --views
refused 'needs a name' --arch
refused 'expected x86_64 or arm64' --arch sparc
if [ "${#runner[@]}" -gt 0 ]; then  # on a machine that cannot run what it has built
  mkdir "$work/bin"
  ln -s /usr/bin/* "$work/bin"
  rm "$work/bin/${runner[0]}"
  PATH=$work/bin refused 'apt-get install qemu-user' "$work/given.json"
fi
cmp "$zip" "$work/first.zip" || fail "a refusal has touched the package"
