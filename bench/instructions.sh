#!/usr/bin/env bash
# instructions.sh [--record]: how many instructions a record takes in each pure room, by callgrind, on
# batches of 100 records of 1,000 bytes. Fails if a room takes over 10% more than bench/instructions.txt
# has; --record writes that file. Instructions do not depend on what else the machine does.
set -euo pipefail
cd "$(dirname "$0")/.."

records=100
percent_more_max=10
recorded=bench/instructions.txt
log=build/instructions.log

mkdir -p build
# The release's compiler and flags, whatever tree this is called from.
if ! { cmake --preset bench && cmake --build --preset bench --target instructions; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if ! valgrind --tool=callgrind --callgrind-out-file="$folder/out" build/bench/bench/instructions >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi

# Each file tells what it was dumped for, and how many instructions ran before that.
found=$(awk -v records=$records '
  /^desc: Trigger: Client Request: / { room = $NF }
  /^summary: / && room != "" { printf "%s %d\n", room, $2 / records; room = "" }' \
  $(ls -v "$folder"/out.*))

if [ "${1:-}" = --record ]; then
  { echo "# Instructions a record, for bench/instructions.sh, which writes this file with --record."
    echo "$found"; } >"$recorded"
fi
status=0
printf '%-22s %10s %10s\n' room now recorded
while read -r room instructions; do
  before=$(awk -v room="$room" '$1 == room { print $2 }' "$recorded")
  printf '%-22s %10d %10s\n' "$room" "$instructions" "${before:-none}"
  if [ -z "$before" ] || [ "$instructions" -gt $((before + before * percent_more_max / 100 + 1)) ]; then
    echo "instructions.sh: $room takes $instructions instructions a record: expected at most" \
      "$percent_more_max% over ${before:-what is recorded, and nothing is}" >&2
    status=1
  fi
done <<<"$found"
[ "$(wc -l <<<"$found")" = "$(grep -vc '^#' "$recorded")" ] || { echo "instructions.sh: rooms are missing" >&2; status=1; }
exit $status
