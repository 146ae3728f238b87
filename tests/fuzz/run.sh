#!/usr/bin/env bash
# run.sh --fixed | SECONDS: builds the fuzz targets with libFuzzer and runs each.
#
# SECONDS: the hunt. Each runs for so long, from a seed of the day, on a copy of its corpus under build/,
# which grows from run to run. Its build is its own: to let libFuzzer see what is compared with what makes
# every test of a build twice as slow.
#
# --fixed: the test. Each runs its corpus as it is, and then so many executions as are written below, from
# a fixed seed: one commit has one result, on every machine.
#
# One line is printed for each. Exit status 1: something was found; the path of the input is printed.
set -euo pipefail
cd "$(dirname "$0")/../.."
export LC_ALL=C  # the order of the files of a corpus

mode=hunt
preset=fuzz
case "${1:-}" in
  --fixed) mode=fixed preset=asan ;;
  '' | 0* | *[!0-9]*) echo "usage: tests/fuzz/run.sh --fixed | SECONDS" >&2; exit 2 ;;
esac
targets=(answer config credentials deployment documents event export items memory runtime_api s3 streams views)
work=build/fuzz-run

# Some ten seconds of one core for each.
declare -A executions=([answer]=25000 [config]=15000 [credentials]=15000 [deployment]=20000 [documents]=2500 [event]=15000 [export]=15000
  [items]=50000 [memory]=100000 [runtime_api]=40000 [s3]=30000 [streams]=15000 [views]=15000)

# The bounds of one input: its size in bytes, and what a run on it may take.
hunt=(-max_len=8192 -timeout=10 -rss_limit_mb=2048 "-max_total_time=${1:-}")
# Nothing that depends on time, on what else runs, or on where the system puts stack and libraries:
# - the values of comparisons, which libFuzzer would try, are addresses at times (-use_cmp=0);
# - the size of the process is looked at once a second, one allocation whenever it is made;
# - a limit of time is for what never ends, on a slow machine too.
fixed=(-max_len=8192 -seed=1 -use_cmp=0 -entropic_scale_per_exec_time=0 -reload=0 -rss_limit_mb=0
  -malloc_limit_mb=256 -timeout=600 -report_slow_units=600)

mkdir -p "$work"
if ! { cmake --preset "$preset" && cmake --build --preset "$preset" --target fuzz_targets; } \
  >"$work/build.log" 2>&1; then
  cat "$work/build.log" >&2
  exit 1
fi

# Runs target NAME of the mode's arguments into LOG.
run_fixed() {
  local name=$1 program=build/$preset/tests/fuzz/${1}_fuzz
  local inputs=(tests/fuzz/corpus/"$name"/*)
  # Named one by one: the order of a folder is the file system's.
  "$program" "${fixed[@]}" -artifact_prefix="$work/$name-" "${inputs[@]}" &&
    "$program" "${fixed[@]}" -artifact_prefix="$work/$name-" -print_final_stats=1 \
      -runs="${executions[$name]}" -seed_inputs="$(IFS=,; echo "${inputs[*]}")"
}

run_hunt() {
  local name=$1 corpus=$work/$1
  mkdir -p "$corpus"
  cp tests/fuzz/corpus/"$name"/* "$corpus"
  "build/$preset/tests/fuzz/${name}_fuzz" "$corpus" "${hunt[@]}" -artifact_prefix="$work/$name-" \
    -print_final_stats=1
}

fuzz() {
  local name=$1 log=$work/$1.log status=0
  "run_$mode" "$name" >"$log" 2>&1 || status=$?
  local done_in_all new coverage found
  done_in_all=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  new=$(sed -n 's/^stat::new_units_added: *//p' "$log")
  coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
  printf '%-12s %9s executions, coverage %s, %s new inputs\n' "$name" "${done_in_all:-?}" \
    "${coverage:-?}" "${new:-?}"
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
