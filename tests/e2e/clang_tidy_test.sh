#!/usr/bin/env bash
# clang_tidy_test.sh BUILD PART PARTS: holds the sources against .clang-tidy, of which there is one in each
# tree that has rules of its own: the product's files and headers against all checks. BUILD has the
# compilation database. The sources are dealt out to PARTS parts; PART counts from 0.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1 part=$2 parts=$3
tidy=$(command -v clang-tidy-14 || command -v clang-tidy)

# The largest take the longest: one for each part in turn.
mapfile -t sources < <(
  find runtime events handler tests bench -name node_modules -prune -o -name '*.cc' -printf '%s %p\n' |
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
