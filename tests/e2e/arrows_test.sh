#!/usr/bin/env bash
# No file includes what its room may not see, and a file that does is found.
set -euo pipefail
cd "$(dirname "$0")/../.."
node tests/arrows.mjs

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

# WHAT MESSAGE COMMAND...: COMMAND, in a copy of the sources, must be complained of with MESSAGE.
must_find() {
  local what=$1 message=$2
  shift 2
  rm -rf "${copy:?}"/*
  mkdir "$copy/tests"
  cp -r runtime events handler "$copy"
  cp tests/arrows.txt "$copy/tests"
  (cd "$copy" && "$@")
  if (cd "$copy" && node "$OLDPWD/tests/arrows.mjs") >"$copy/said" 2>&1; then
    echo "arrows_test: not found: $what" >&2
    exit 1
  fi
  grep -qF -- "$message" "$copy/said" || {
    cat "$copy/said" >&2
    echo "arrows_test: $what: expected \"$message\"" >&2
    exit 1
  }
}

include() { printf '#include "%s"\n' "$2" >>"$1"; }

must_find "a library's header in the wrong room" \
  "handler/pipeline/plan.cc" bash -c 'echo "#include <curl/curl.h>" >>handler/pipeline/plan.cc'
must_find "a library that nobody may see" "names no such library" \
  bash -c 'echo "#include <zstd.h>" >>handler/pipeline/plan.cc'
must_find "an include that is written otherwise" "may not see handler/main.cc" \
  bash -c 'echo "int main_of();" >handler/main.h && sed -i "s|^handler/main.cc:|handler/main.h:\n&|" tests/arrows.txt && echo "  #  include \"handler/main.cc\"" >>handler/pipeline/plan.cc'
must_find "a target that includes another" "handler/targets/sqlite may not see handler/targets/dynamodb" \
  include handler/targets/sqlite/schema.cc handler/targets/dynamodb/transact_request.h
must_find "an upward include" "runtime/base may not see events" \
  include runtime/base/clock.cc events/version.h
must_find "a header that is not there" "which is not there" \
  include events/version.cc events/no_such.h
must_find "a circle of headers" "a circle: " include events/sequence_number.h events/version.h
must_find "a circle of rooms" "a circle: " sed -i 's|^runtime/base:|& handler/pipeline|' tests/arrows.txt
must_find "an arrow that nothing needs" "nothing needs events: runtime/http" \
  sed -i 's|^events:|& runtime/http|' tests/arrows.txt
must_find "a file in no room" "handler/new/part.cc is in no room" \
  bash -c 'mkdir handler/new && touch handler/new/part.cc'
