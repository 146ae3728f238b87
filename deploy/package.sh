#!/usr/bin/env bash
# package.sh [--views FILE] [--pipeline FILE]: makes build/streamonce-<arch>.zip for Lambda: the
# bootstrap, and if they are given the views as views.sql and the pipeline file as pipeline.json.
# What cannot be right in Lambda is refused. The same input gives the same bytes.
#
# A pipeline file may also be given alone, without its option.
set -euo pipefail

usage() { echo "package.sh: $1: expected [--views FILE] [--pipeline FILE]" >&2; exit 2; }
views=
pipeline=
while [ $# -gt 0 ]; do
  case "$1" in
    --views | --pipeline) [ $# -ge 2 ] || usage "$1 needs a file"; option=$1; file=$2; shift ;;
    -*) usage "unknown option $1" ;;
    *) option=--pipeline; file=$1 ;;
  esac
  [ -f "$file" ] || usage "$file: there is no such file"
  if [ "$option" = --views ]; then views=$(realpath "$file"); else pipeline=$(realpath "$file"); fi
  shift
done
cd "$(dirname "$0")/.."

bytes_max=2900000

case "$(uname -m)" in
  x86_64) arch=x86_64 ;;
  aarch64) arch=arm64 ;;
  *) echo "package.sh: Lambda has no $(uname -m): expected x86_64 or aarch64" >&2; exit 1 ;;
esac
deploy/build.sh
zip=$PWD/build/streamonce-$arch.zip

folder=$(mktemp -d)
trap 'rm -rf "$folder" "$folder.said"' EXIT
install -m 0755 build/release/bootstrap "$folder/bootstrap"
if [ -n "$pipeline" ]; then install -m 0644 "$pipeline" "$folder/pipeline.json"; fi
if [ -n "$views" ]; then install -m 0644 "$views" "$folder/views.sql"; fi
# As Lambda starts it: in the folder of the package, with its files beside the binary. What the
# function's environment has to say is not known here, and not asked for.
if [ -n "$views$pipeline" ]; then
  if ! (cd "$folder" && env -i ./bootstrap check) >"$folder.said" 2>&1; then
    cat "$folder.said" >&2
    echo "package.sh: refused: a function with these files would not start" >&2
    exit 1
  fi
fi
# Times, order and attributes would differ from run to run.
find "$folder" -type f -exec touch -d '1980-01-01T00:00:00Z' {} +
(cd "$folder" && rm -f out.zip && ls | LC_ALL=C sort | TZ=UTC zip -q -X -9 out.zip -@)
# The same format, packed with more patience: a tenth of a megabyte less to load at a cold start.
advzip --recompress --shrink-insane --quiet "$folder/out.zip"
mv "$folder/out.zip" "$zip"

bytes=$(stat -c %s "$zip")
# The bound is ours, and the user's files are the user's.
if [ -z "$views$pipeline" ] && [ "$bytes" -gt "$bytes_max" ]; then
  echo "package.sh: $zip has $bytes bytes: expected at most $bytes_max" >&2
  exit 1
fi
echo "build/streamonce-$arch.zip: $bytes bytes, sha256 $(sha256sum "$zip" | cut -d' ' -f1)"
