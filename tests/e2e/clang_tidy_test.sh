#!/usr/bin/env bash
# clang_tidy_test.sh BUILD PART PARTS [FOLDER...]: holds the sources in the folders, without any those of the
# product and their headers, against .clang-tidy, of which there is one in each tree that has rules of its own.
# BUILD has the compilation database. The sources are dealt out to PARTS parts; PART counts from 0.
#
# The sources of tests and benchmarks are left to whoever asks for them (0 1 tests bench): their names and
# sizes take as long to look at as all else.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1 part=$2 parts=$3
shift 3
[ $# -gt 0 ] || set -- runtime events handler
tidy=$(command -v clang-tidy-14 || command -v clang-tidy)

# The largest take the longest: one for each part in turn.
mapfile -t sources < <(
  find "$@" -name node_modules -prune -o -name '*.cc' -printf '%s %p\n' |
    sort -k1,1nr -k2 | awk -v part="$part" -v parts="$parts" 'NR % parts == part { print $2 }')
status=0
for source in "${sources[@]}"; do
  if ! grep -qF "\"file\": \"$PWD/$source\"" "$build/compile_commands.json"; then
    # Google Benchmark is not installed for the tests.
    [ "$source" = bench/micro.cc ] && continue
    echo "clang_tidy_test: $source is not built in $build" >&2
    status=1
  elif ! "$tidy" -p "$build" --quiet "$source" >"$build/clang-tidy-$part" 2>&1; then
    cat "$build/clang-tidy-$part" >&2
    status=1
  fi
done
exit $status
