#!/usr/bin/env bash
# packages.sh build|arm64|try|live|test|bench: sees that the Debian packages for a purpose are installed.
#
# Installs what is missing when it may (as root, or with sudo without a password), and otherwise
# prints the one line to run, and exits with 1.
set -euo pipefail

build=(build-essential g++ cmake ninja-build pkg-config dpkg-dev file zip unzip advancecomp ca-certificates
  libssl-dev libc-ares-dev zlib1g-dev libsqlite3-dev nlohmann-json3-dev)
# To build for arm64 on a machine that is none, and to run what was built.
arm64=(g++-aarch64-linux-gnu qemu-user)
try=(sqlite3)
live=(sqlite3)
if ! command -v java >/dev/null; then live+=(openjdk-17-jre-headless); fi
test=(clang-14 clang lld libclang-rt-14-dev clang-format-14 clang-tidy-14 sqlite3 libgtest-dev
  librapidcheck-dev
  openjdk-17-jre-headless curl procps valgrind)
# A part of the Lambda runtime client for Node.js is compiled when it is installed.
bench=(libbenchmark-dev libgtest-dev librapidcheck-dev valgrind openjdk-17-jre-headless autoconf automake libtool make python3)
# The tests try arm64 beside x86-64, and CPUs that lack what the binary needs.
if [ "$(uname -m)" = x86_64 ]; then test+=("${arm64[@]}"); fi
# The test server and the rivals come from the npm registry. A node that is here already, from
# wherever, will do.
if ! command -v npm >/dev/null; then
  live+=(nodejs npm)
  test+=(nodejs npm)
  bench+=(nodejs npm)
fi

case "$*" in
  build) wanted=("${build[@]}") ;;
  arm64) wanted=("${build[@]}" "${arm64[@]}") ;;
  try) wanted=("${build[@]}" "${try[@]}") ;;
  live) wanted=("${live[@]}") ;;
  test) wanted=("${build[@]}" "${try[@]}" "${test[@]}") ;;
  bench) wanted=("${build[@]}" "${bench[@]}") ;;
  *) echo "usage: packages.sh build|arm64|try|live|test|bench" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null; then
  echo "packages.sh: this is no Debian; needed are the counterparts of: ${wanted[*]}" >&2
  exit 0
fi
missing=()
for package in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
    missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

install=(apt-get install -y --no-install-recommends "${missing[@]}")
if [ "$(id -u)" = 0 ]; then
  as_root=(env DEBIAN_FRONTEND=noninteractive)
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root=(sudo -n env DEBIAN_FRONTEND=noninteractive)
else
  echo "Packages are missing. Install them with:" >&2
  echo "  sudo ${install[*]}" >&2
  exit 1
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
# Another apt may be at work, and a mirror may stumble.
patience=(-o DPkg::Lock::Timeout=600 -o Acquire::Retries=5)
# Without a word while all is well: on a bare system, apt warns of tools that it can do without.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { "${as_root[@]}" apt-get "${patience[@]}" update -qq &&
  "${as_root[@]}" "${install[@]}" "${patience[@]}" -qq; } </dev/null >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
