#!/usr/bin/env bash
# run.sh SECONDS: builds the fuzz targets with libFuzzer and runs each for so long.
#
# Each works on a copy of its corpus under build/, which grows from run to run. One line is printed
# for each. Exit status 1: something was found; the path of the input is printed.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! [[ "${1:-}" =~ ^[1-9][0-9]*$ ]]; then
  echo "usage: tests/fuzz/run.sh SECONDS" >&2
  exit 2
fi
seconds=$1
targets=(answer config documents event runtime_api)
work=build/fuzz-run

# The bounds of one input: its size in bytes, and what a run on it may take.
limits=(-max_len=8192 -timeout=10 -rss_limit_mb=2048)

mkdir -p "$work"
if ! { cmake --preset fuzz && cmake --build --preset fuzz --target fuzz_targets; } \
  >"$work/build.log" 2>&1; then
  cat "$work/build.log" >&2
  exit 1
fi

fuzz() {
  local name=$1 log=$work/$1.log corpus=$work/$1 status=0
  mkdir -p "$corpus"
  cp tests/fuzz/corpus/"$name"/* "$corpus"
  build/fuzz/tests/fuzz/"${name}_fuzz" "$corpus" "${limits[@]}" -max_total_time="$seconds" \
    -artifact_prefix="$work/$name-" -print_final_stats=1 >"$log" 2>&1 || status=$?
  local executions coverage found
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
  printf '%-12s %9s executions, coverage %s\n' "$name" "${executions:-?}" "${coverage:-?}"
  [ "$status" -ne 0 ] || return 0
  found=$(sed -n 's/.*Test unit written to //p' "$log")
  grep -m 3 -E 'this must hold|ERROR:|runtime error' "$log" >&2 || tail -n 20 "$log" >&2
  echo "$name: found something (exit status $status): ${found:-no input was written}, see $log" >&2
  return 1
}

pids=()
for name in "${targets[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do sleep 0.2; done
  fuzz "$name" &
  pids+=($!)
done
result=0
for pid in "${pids[@]}"; do wait "$pid" || result=1; done
exit "$result"
