#!/usr/bin/env bash
# fetch-libraries.sh ARCHITECTURE FOLDER: gets the libraries of the binary, headers and static
# files, for another architecture of Debian (as in arm64), unpacked into FOLDER/ARCHITECTURE, where
# deploy/cmake/aarch64.cmake finds them. The system gets no package and no architecture. Once a day
# it asks whether Debian has newer versions; otherwise, and when Debian cannot be reached, what is
# there already is taken.
#
# apt does the work, with source lists, state and cache of its own below FOLDER/apt-ARCHITECTURE.
set -euo pipefail
# shellcheck source=deploy/private-apt.sh
. "$(dirname "$0")/private-apt.sh"
architecture=$1
mkdir -p "$2"
folder=$(realpath "$2")
# What is linked into the binary, and nothing that these packages depend on: the C library comes
# with the cross compiler, and shared libraries are not wanted.
packages=(libssl-dev libc-ares-dev zlib1g-dev libsqlite3-dev)
fail() { echo "fetch-libraries.sh: $*" >&2; exit 1; }

exec 9>"$folder/$architecture.lock"
flock 9  # two builds may start at once

unpacked=$folder/$architecture
stamp=$unpacked/packages  # names, sizes and checksums of what is unpacked
apt_folder=$folder/apt-$architecture
asked=$apt_folder/asked  # its time is when Debian was last asked
if [ -e "$stamp" ] && [ -n "$(find "$asked" -mtime -1 2>/dev/null)" ]; then exit 0; fi
for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null ||
    fail "$tool is missing: another architecture's libraries come from Debian"
done

private_apt "$apt_folder" deb "$architecture"
if ! apt-get "${apt_options[@]}" update >&2; then
  [ -e "$stamp" ] || fail "Debian's lists of packages for $architecture cannot be had (see above)"
  echo "fetch-libraries.sh: Debian cannot be reached: libraries for $architecture stay as they are" >&2
  exit 0
fi
wanted=("${packages[@]/%/:$architecture}")
newest=$(apt-get "${apt_options[@]}" download --print-uris "${wanted[@]}" | cut -d' ' -f2-) ||
  fail "the archive that apt uses here has not all of ${packages[*]} for $architecture (see above)"
if [ ! -e "$stamp" ] || [ "$newest" != "$(cat "$stamp")" ]; then
  work=$folder/.fetch-$architecture-$$
  mkdir -p "$work/unpacked"
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && apt-get "${apt_options[@]}" download "${wanted[@]}" >&2)
  for package in "$work"/*.deb; do dpkg-deb --extract "$package" "$work/unpacked"; done
  # Debian's times are those of its own builds: whoever compares times must see that these are new.
  find "$work/unpacked" -type f -exec touch {} +
  echo "$newest" >"$work/unpacked/packages"
  rm -rf "$unpacked"
  mv "$work/unpacked" "$unpacked"
fi
touch "$asked"
