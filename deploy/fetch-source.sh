#!/usr/bin/env bash
# fetch-source.sh NAME FOLDER: gets Debian's source package NAME, unpacked and patched, into
# FOLDER/source, and prints its version and its folder. Once a day it asks whether Debian has a newer
# version; otherwise, and when Debian cannot be reached, what is there already is taken.
#
# apt does the work, with source lists, state and cache of its own below FOLDER/apt: they are derived
# from the system's lists, and nothing of the system's changes. apt checks every signature as it
# always does, with the system's own keys.
set -euo pipefail
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

apt_folder=$folder/apt
mkdir -p "$apt_folder"/{lists/partial,archives/partial,sources.d}

# The system's entries for Debian's own archive, as deb-src: those that have the component main and
# are no third party's, which have a suite of Debian's release.
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
for list in /etc/apt/sources.list.d/*.sources; do
  [ -e "$list" ] || continue
  awk -v codename="$codename" 'BEGIN { RS = ""; ORS = "\n\n" }
    $0 ~ "Suites:[^\n]*" codename && /Components:[^\n]*main/ {
      sub(/Types:[^\n]*/, "Types: deb-src"); print }' "$list"
done >"$apt_folder/sources.d/system.sources"
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ -e "$list" ] || continue
  sed -nE "s/^[[:space:]]*deb(-src)?([[:space:]].*[[:space:]]$codename(-updates|-security)?[[:space:]].*\bmain\b.*)/deb-src\2/p" "$list"
done | grep -vE "[[:space:]][a-z-]+-$codename[[:space:]]" | sort -u >"$apt_folder/sources.d/system.list" || true
if [ ! -s "$apt_folder/sources.d/system.sources" ] && [ ! -s "$apt_folder/sources.d/system.list" ]; then
  echo "fetch-source.sh: the system's apt has no source of Debian $codename" >&2
  exit 1
fi

options=(
  -o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$apt_folder/sources.d"
  -o "Dir::State::lists=$apt_folder/lists" -o "Dir::Cache=$apt_folder"
  -o "Dir::Cache::archives=$apt_folder/archives" -o "APT::Get::List-Cleanup=0"
  # The user _apt may not be allowed to write below a home folder.
  -o "APT::Sandbox::User=$(id -un)" -o APT::Update::Error-Mode=any -qq)
if ! apt-get "${options[@]}" update >&2; then
  [ -n "$(found)" ] || exit 1
  echo "fetch-source.sh: Debian cannot be reached: $name stays as it is" >&2
  answer "$(found)"
  exit 0
fi
newest=$(apt-cache "${options[@]}" showsrc --only-source "$name" | sed -n 's/^Version: //p' | sort -V |
  tail -n 1)
if [ -z "$(found)" ] || [ "$(answer "$(found)" | cut -d' ' -f1)" != "$newest" ]; then
  work="$folder/source/.fetch-$$"
  mkdir "$work"
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && apt-get "${options[@]}" source "$name=$newest" >&2)
  unpacked=$(find "$work" -maxdepth 1 -type d -name "$name-*")
  [ -d "$unpacked" ] || { echo "fetch-source.sh: $name: nothing was unpacked" >&2; exit 1; }
  rm -rf "$folder/source/$name"-*
  mv "$unpacked" "$folder/source/"
fi
touch "$asked"
answer "$(found)"
