#!/usr/bin/env bash
# Runs every command of the README but tests/run.sh, which runs this. Those of the AWS CLI are only looked at:
# their options, the files that they name, and the parameters of the template.
set -euo pipefail
cd "$(dirname "$0")/../.."
aws() { node tests/support/cloudformation/aws.mjs "$@"; }
export -f aws
clean() { rm -f build/{copy,replayed,views,moved}.db{,-wal,-shm} build/moved.json; }
clean

# The statements of views that it shows are those of the file that its commands run.
diff <(awk '/^```sql$/ {on = 1; next} /^```$/ {on = 0} on' README.md) deploy/try/views.sql ||
  { echo "readme_test: README shows other views than deploy/try/views.sql has" >&2; exit 1; }

# Blocks that start with ```sh hold commands, one a line.
commands=$(awk '/^```sh$/ {on = 1; next} /^```$/ {on = 0} on' README.md | sed 's/ *#.*//')
[ "$(wc -l <<<"$commands")" -ge 10 ] || { echo "readme_test: too few commands found" >&2; exit 1; }
arch=$(uname -m | sed s/aarch64/arm64/)
while IFS= read -r command; do
  [ "$command" != tests/run.sh ] || continue
  command=${command//streamonce-x86_64.zip/streamonce-$arch.zip}
  echo "\$ $command"
  bash -c "$command" </dev/null
done <<<"$commands"
clean
