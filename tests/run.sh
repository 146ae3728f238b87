#!/usr/bin/env bash
# run.sh [--quick]: sets everything up and runs every test. --quick: unit tests of one build only.
set -euo pipefail
cd "$(dirname "$0")/.."

quick=no
case "${1:-}" in
  "") ;;
  --quick) quick=yes ;;
  *) echo "usage: tests/run.sh [--quick]" >&2; exit 2 ;;
esac

# What a test cannot try on this system, one line each.
export STREAMONCE_NOT_TRIED=$PWD/build/not-tried
mkdir -p build
exec 9>build/run.lock
flock -n 9 || { echo "run.sh: another tests/run.sh is at work in this folder" >&2; exit 1; }
rm -f "$STREAMONCE_NOT_TRIED"

step() { printf '\n== %s\n' "$*"; }

# Without a word while all is well; the whole story when it is not.
quietly() {
  local log=build/$1.log
  shift
  mkdir -p build
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "run.sh: failed: $*" >&2
    exit 1
  fi
}

# PRESET [TARGET...]
build() {
  local preset=$1
  shift
  quietly "configure-$preset" cmake --preset "$preset"
  quietly "build-$preset" cmake --build --preset "$preset" --target "${@:-all}"
}

step "Packages, the test server, the checkers of the template"
deploy/packages.sh test
for folder in dynamodb_local cloudformation; do
  quietly "npm-$folder" npm ci --prefix "tests/support/$folder"
done

if [ "$quick" = yes ]; then
  step "Unit tests"
  build dev
  ctest --preset dev -L 'unit|fuzz' -j "$(nproc)" --no-tests=error
  exit 0
fi

# The tests with sanitizers need nothing of the other steps, and are at work beside them, so that no core
# waits for another step's last compilation.
with_sanitizers() {
  step "Unit tests and simulation, with memory and undefined behaviour checked"
  build asan unit_tests threaded_tests views_tests exports_tests follow_tests items_tests doctor_tests \
    verify_tests simulation load_simulation verify_simulation
  ctest --preset asan -L unit -j "$(nproc)" --no-tests=error

  step "Tests of units that threads have a part in, with threads checked"
  build tsan threaded_tests
  ctest --preset tsan -L threads -j "$(nproc)" --no-tests=error

  step "Fuzz targets, from fixed seeds, with memory and undefined behaviour checked"
  tests/fuzz/run.sh --fixed
}
export CMAKE_BUILD_PARALLEL_LEVEL
CMAKE_BUILD_PARALLEL_LEVEL=$(nproc)
set -m  # a group of its own, so that all of it can be ended
with_sanitizers >build/with-sanitizers.log 2>&1 &
beside=$!
set +m
trap 'kill -- "-$beside" 2>/dev/null || :' EXIT

step "The binary and its package, for this machine and for arm64"
deploy/package.sh
deploy/package.sh --arch arm64

step "The binary as it is shipped, real parts, ten thousand seeds and their teeth, the rules of the house"
quietly configure-dev cmake --preset dev  # what clang-tidy goes by
build bench slow_tests instructions
ctest --preset bench -LE '^unit$' -j "$(($(nproc) + 1))" --no-tests=error

result=0
wait "$beside" || result=$?
trap - EXIT
cat build/with-sanitizers.log
[ "$result" = 0 ] || exit "$result"

if [ -s "$STREAMONCE_NOT_TRIED" ]; then
  printf '\nNot tried on this system: %s.\n' "$(sort -u "$STREAMONCE_NOT_TRIED" | paste -sd ';')"
fi
printf '\nAll tests passed in %d minutes.\n' $((SECONDS / 60))
