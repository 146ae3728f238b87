#!/usr/bin/env bash
# fetch-source.sh NAME FOLDER: gets Debian's source package NAME, unpacked and patched, into
# FOLDER/source, and prints its version and its folder. Once a day it asks whether Debian has a newer
# version; otherwise, and when Debian cannot be reached, what is there already is taken.
#
# apt does the work, with source lists, state and cache of its own below FOLDER/apt.
set -euo pipefail
# shellcheck source=deploy/private-apt.sh
. "$(dirname "$0")/private-apt.sh"
name=$1
mkdir -p "$2/source"
folder=$(realpath "$2")

exec 9>"$folder/source/.lock"
flock 9  # two builds may start at once

found() { find "$folder/source" -maxdepth 1 -type d -name "$name-*" | sort -V | tail -n 1; }
answer() {
  local directory=$1
  printf '%s %s\n' "$(dpkg-parsechangelog -l "$directory/debian/changelog" -S Version)" "$directory"
}

asked=$folder/apt/asked-$name  # its time is when Debian was last asked
if [ -n "$(found)" ] && [ -n "$(find "$asked" -mtime -1 2>/dev/null)" ]; then
  answer "$(found)"
  exit 0
fi
for tool in apt-get dpkg-source; do
  command -v "$tool" >/dev/null || { echo "fetch-source.sh: $tool is missing" >&2; exit 1; }
done

private_apt "$folder/apt" deb-src
if ! apt-get "${apt_options[@]}" update >&2; then
  [ -n "$(found)" ] || exit 1
  echo "fetch-source.sh: Debian cannot be reached: $name stays as it is" >&2
  answer "$(found)"
  exit 0
fi
newest=$(apt-cache "${apt_options[@]}" showsrc --only-source "$name" | sed -n 's/^Version: //p' | sort -V |
  tail -n 1)
if [ -z "$(found)" ] || [ "$(answer "$(found)" | cut -d' ' -f1)" != "$newest" ]; then
  work="$folder/source/.fetch-$$"
  mkdir "$work"
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && apt-get "${apt_options[@]}" source "$name=$newest" >&2)
  unpacked=$(find "$work" -maxdepth 1 -type d -name "$name-*")
  [ -d "$unpacked" ] || { echo "fetch-source.sh: $name: nothing was unpacked" >&2; exit 1; }
  rm -rf "$folder/source/$name"-*
  mv "$unpacked" "$folder/source/"
fi
touch "$asked"
answer "$(found)"
