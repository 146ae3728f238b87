#!/usr/bin/env bash
# package.sh [PIPELINE_FILE]: makes build/streamonce-<arch>.zip for Lambda: the bootstrap, and the
# pipeline file as pipeline.json if one is given. The same input gives the same bytes.
set -euo pipefail
pipeline=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."

bytes_max=2800000

case "$(uname -m)" in
  x86_64) arch=x86_64 ;;
  aarch64) arch=arm64 ;;
  *) echo "package.sh: Lambda has no $(uname -m): expected x86_64 or aarch64" >&2; exit 1 ;;
esac
deploy/build.sh
zip=$PWD/build/streamonce-$arch.zip

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
install -m 0755 build/release/bootstrap "$folder/bootstrap"
if [ -n "$pipeline" ]; then install -m 0644 "$pipeline" "$folder/pipeline.json"; fi
# Times, order and attributes would differ from run to run.
find "$folder" -type f -exec touch -d '1980-01-01T00:00:00Z' {} +
(cd "$folder" && rm -f out.zip && ls | LC_ALL=C sort | TZ=UTC zip -q -X -9 out.zip -@)
# The same format, packed with more patience: a tenth of a megabyte less to load at a cold start.
advzip --recompress --shrink-insane --quiet "$folder/out.zip"
mv "$folder/out.zip" "$zip"

bytes=$(stat -c %s "$zip")
if [ "$bytes" -gt "$bytes_max" ]; then
  echo "package.sh: $zip has $bytes bytes: expected at most $bytes_max" >&2
  exit 1
fi
echo "build/streamonce-$arch.zip: $bytes bytes, sha256 $(sha256sum "$zip" | cut -d' ' -f1)"
