# shellcheck shell=bash
# architecture.sh: to be sourced: what belongs to each architecture that Lambda has, and its bounds.
#
# machine             this machine's architecture: x86_64 or arm64
# architecture [NAME] sets for x86_64 or arm64, by default this machine's:
#   arch                  its name
#   preset, packages      what builds it: the preset of cmake, the set of deploy/packages.sh
#   bootstrap, zip        where its binary and its package are
#   bootstrap_bytes_max   what these may have. On arm64 the linker cannot pack relocations, which
#   zip_bytes_max         are half a megabyte; the package has a fifth of that
#   runner                what runs its binary here: nothing, or an emulator

wrong_architecture() { echo "${0##*/}: $1" >&2; exit 2; }

case "$(uname -m)" in
  x86_64) machine=x86_64 ;;
  aarch64) machine=arm64 ;;
  *) wrong_architecture "Lambda has no $(uname -m): expected a machine with x86_64 or aarch64" ;;
esac

# What this sets is for whoever sources it.
# shellcheck disable=SC2034
architecture() {
  arch=${1:-$machine}
  case "$arch" in
    x86_64) bootstrap_bytes_max=7500000 zip_bytes_max=3450000 ;;
    arm64) bootstrap_bytes_max=7800000 zip_bytes_max=3550000 ;;
    *) wrong_architecture "--arch $arch: expected x86_64 or arm64" ;;
  esac
  if [ "$arch" = "$machine" ]; then
    preset=release packages=build runner=()
  elif [ "$arch" = arm64 ]; then
    preset=release-arm64 packages=arm64 runner=(qemu-aarch64)
  else
    wrong_architecture "--arch $arch: this machine is $machine, and only arm64 is built on another"
  fi
  bootstrap=build/$preset/bootstrap
  zip=build/streamonce-$arch.zip
}
