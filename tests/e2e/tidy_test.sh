#!/usr/bin/env bash
# Rules of the house that a machine can check: every source is built, text is ASCII and formatted.
set -euo pipefail
cd "$(dirname "$0")/../.."
status=0
complain() { echo "tidy_test: $*" >&2; status=1; }

sources=$(find runtime events handler tests bench -name node_modules -prune -o -name '*.cc' -print)
lists=$(find . -name build -prune -o -name node_modules -prune -o -name CMakeLists.txt -print)
for source in $sources; do
  # shellcheck disable=SC2086
  grep -qF "$(basename "$source")" $lists || complain "$source is in no CMakeLists.txt"
done

# A race can be found only in a test that is run with threads checked.
threaded=$(sed -n '/^add_executable(threaded_tests$/,/)$/p' tests/CMakeLists.txt)
for test in $(sed -n '/^add_executable(unit_tests$/,/)$/p' tests/CMakeLists.txt | grep -o '[a-z0-9_/]*_test\.cc'); do
  grep -qE 'std::(jthread|thread|async)|support/(socket_server|child_process)\.h' "tests/$test" &&
    complain "tests/$test has threads: it belongs to threaded_tests"
done
[ -n "$threaded" ] || complain "tests/CMakeLists.txt has no threaded_tests"

headers=$(find runtime events handler tests bench -name node_modules -prune -o -name '*.h' -print)
texts="$sources $headers $lists $(find . -name build -prune -o -name node_modules -prune -o -name '*.md' -print)
$(find deploy tests bench -name node_modules -prune -o \( -name '*.sh' -o -name '*.mjs' -o -name '*.yaml' \) -print)"
# shellcheck disable=SC2086
if LC_ALL=C grep -nP '[^\x00-\x7F]' $texts; then complain "text that is not ASCII"; fi

# The formatter leaves comments as they are.
# shellcheck disable=SC2086
if grep -nE '^ *//.{99}' $sources $headers; then complain "a comment that is longer than 100 columns"; fi

# What a document names is there.
for document in *.md bench/*.md; do
  for path in $(grep -oE '`(runtime|events|handler|tests|bench|deploy)/[A-Za-z0-9_./]*`' "$document" | tr -d '\`'); do
    [ -e "$path" ] || complain "$document names $path, which is not there"
  done
done

# One commit has one result: no seed of the moment, and nothing passed over in silence.
tests=$(find tests -name node_modules -prune -o \( -name '*.cc' -o -name '*.h' \) -print)
# shellcheck disable=SC2086
if grep -nE 'RC_GTEST_PROP|rc::check\(|random_device|\bs?rand\(|GTEST_SK[I]P' $tests; then
  complain "a test that throws dice, or skips"
fi

# What the tests take from npm runs on Debian's Node.js, and names no server. The validator of templates asks
# for Node.js 20, and runs on 18 all the same.
node_max=18
for lock in tests/support/*/package-lock.json; do
  for version in $(sed '/"node_modules\/@aws\/cloudformation-validate"/,/^    }/d' "$lock" |
    sed -nE 's/.*"node": ">= ?([0-9]+).*/\1/p'); do
    [ "$version" -le "$node_max" ] || complain "$lock: a package wants Node.js $version: Debian has $node_max"
  done
  if grep -n '"resolved"' "$lock"; then complain "$lock names a server"; fi
done

# clang-tidy looks at several sources as one, where a name that one of them uses counts for all.
# shellcheck disable=SC2086
unused=$(perl -0ne 'for my $name (/^using (?:\w+::)+(\w+);/mg) { my $uses = () = /\b$name\b/g; print "$ARGV: $name\n" if $uses < 2 }' \
  $sources $headers)
[ -z "$unused" ] || complain "a using-declaration that nothing uses: $unused"

format=$(command -v clang-format-14 || command -v clang-format)
# shellcheck disable=SC2086
"$format" --dry-run -Werror $sources $headers || complain "not formatted: run clang-format -i"
exit $status
