#!/usr/bin/env bash
# package.sh [--arch x86_64|arm64] [--views FILE] [--pipeline FILE]: makes build/streamonce-<arch>.zip
# for Lambda, by default for this machine's architecture: the bootstrap, and if they are given the
# views as views.sql and the pipeline file as pipeline.json. What cannot be right in Lambda is refused.
# The same input gives the same bytes.
#
# A pipeline file may also be given alone, without its option.
set -euo pipefail
# shellcheck source=deploy/architecture.sh
. "$(dirname "$0")/architecture.sh"

fail() { echo "package.sh: $1" >&2; exit 1; }
usage() {
  echo "package.sh: $1: expected [--arch x86_64|arm64] [--views FILE] [--pipeline FILE]" >&2
  exit 2
}
asked=
views=
pipeline=
while [ $# -gt 0 ]; do
  option=--pipeline
  case "$1" in
    --arch) [ $# -ge 2 ] || usage "$1 needs a name"; asked=$2; shift 2; continue ;;
    --views | --pipeline) [ $# -ge 2 ] || usage "$1 needs a file"; option=$1; shift ;;
    -*) usage "unknown option $1" ;;
  esac
  [ -f "$1" ] || usage "$1: there is no such file"
  if [ "$option" = --views ]; then views=$(realpath "$1"); else pipeline=$(realpath "$1"); fi
  shift
done
cd "$(dirname "$0")/.."

architecture "$asked"
deploy/build.sh --arch "$arch"

folder=$(mktemp -d)
trap 'rm -rf "$folder" "$folder.said"' EXIT
install -m 0755 "$bootstrap" "$folder/bootstrap"
if [ -n "$pipeline" ]; then install -m 0644 "$pipeline" "$folder/pipeline.json"; fi
if [ -n "$views" ]; then install -m 0644 "$views" "$folder/views.sql"; fi
# As Lambda starts it: the binary of the package itself, emulated if need be, in the package's folder,
# with its files beside it. What the function's environment has to say is not known here, and not
# asked for.
if [ -n "$views$pipeline" ]; then
  if [ "${#runner[@]}" -gt 0 ]; then
    runner[0]=$(command -v "${runner[0]}") ||
      fail "${runner[0]}, which runs check on these files, is missing: apt-get install qemu-user"
  fi
  if ! (cd "$folder" && env -i "${runner[@]}" ./bootstrap check) >"$folder.said" 2>&1; then
    cat "$folder.said" >&2
    fail "refused: a function with these files would not start"
  fi
fi

# Times, order and attributes would differ from run to run.
find "$folder" -type f -exec touch -d '1980-01-01T00:00:00Z' {} +
add() { (cd "$folder" && TZ=UTC zip -q -X -9 out.zip "$@"); }
# The bootstrap is packed once, with patience: a tenth of a megabyte less to load at a cold start. That
# is kept under a name made of all that it comes of: the binary, what packs it, and how.
key=$(cat "$bootstrap" deploy/package.sh "$(command -v zip)" "$(command -v advzip)" | sha256sum)
packed=build/$preset/bootstrap-${key:0:16}.zip
if [ ! -e "$packed" ]; then
  rm -f "build/$preset"/bootstrap-*.zip
  add bootstrap
  advzip --recompress --shrink-insane --quiet "$folder/out.zip"
  cp "$folder/out.zip" "$packed.new"
  mv "$packed.new" "$packed"
fi
cp "$packed" "$folder/out.zip"
if [ -n "$pipeline" ]; then add pipeline.json; fi
if [ -n "$views" ]; then add views.sql; fi
mv "$folder/out.zip" "$zip"

bytes=$(stat -c %s "$zip")
# The bound is ours, and the user's files are the user's.
if [ -z "$views$pipeline" ] && [ "$bytes" -gt "$zip_bytes_max" ]; then
  fail "$zip has $bytes bytes: expected at most $zip_bytes_max"
fi
echo "$zip: $bytes bytes, sha256 $(sha256sum "$zip" | cut -d' ' -f1)"
