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

headers=$(find runtime events handler tests bench -name node_modules -prune -o -name '*.h' -print)
texts="$sources $headers $lists $(find . -name build -prune -o -name node_modules -prune -o -name '*.md' -print)
$(find deploy tests bench -name node_modules -prune -o \( -name '*.sh' -o -name '*.mjs' \) -print)"
# shellcheck disable=SC2086
if LC_ALL=C grep -nP '[^\x00-\x7F]' $texts; then complain "text that is not ASCII"; fi

format=$(command -v clang-format-14 || command -v clang-format)
# shellcheck disable=SC2086
"$format" --dry-run -Werror $sources $headers || complain "not formatted: run clang-format -i"
exit $status
