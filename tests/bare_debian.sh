#!/usr/bin/env bash
# bare_debian.sh [--no-mount] [COMMAND...]: runs COMMAND, by default deploy/try.sh and tests/run.sh, on a
# clone of what is committed here, in a new Debian 12 of the fewest packages (debootstrap's minbase), as
# root. The clone has no build folder, and the new system nothing of this one but its archive for apt,
# its certificate authorities and its proxies. Everything is removed at the end.
#
# --no-mount: with the rights of root in a container, which may neither mount nor make a namespace.
#
# Needs root, debootstrap, git, and apt's lists (apt-get update); 4 GB below ${TMPDIR:-/var/tmp}.
set -euo pipefail
cd "$(dirname "$0")/.."
fail() { echo "bare_debian.sh: $*" >&2; exit 1; }

no_mount=no
if [ "${1:-}" = --no-mount ]; then
  no_mount=yes
  shift
fi
case "${1:-}" in -*) echo "usage: tests/bare_debian.sh [--no-mount] [COMMAND...]" >&2; exit 2 ;; esac
command=${*:-deploy/try.sh && tests/run.sh}

[ "$(id -u)" = 0 ] || fail "only root may make another system: start it with sudo"
for tool in debootstrap git unshare setpriv; do
  command -v "$tool" >/dev/null || fail "$tool is missing: apt-get install debootstrap git util-linux"
done
# This system's own archive, whatever it is called.
sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
  'Origin: Debian' 'Created-By: Packages' | grep -E ' bookworm(-updates|-security)? main$' | sort -u || true)
archive=$(awk '$3 == "bookworm" { print $2; exit }' <<<"$sources")
[ -n "$archive" ] || fail "apt knows no archive of Debian 12 here: run apt-get update"

root=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
chmod 0755 "$root"
trap 'rm -rf --one-file-system "$root"' EXIT
include=()
case "$sources" in *' https:'*) include=(--include=ca-certificates) ;; esac
echo "== A bare Debian 12 in $root"
debootstrap --variant=minbase "${include[@]}" bookworm "$root" "$archive" >"$root.log" 2>&1 || {
  cat "$root.log" >&2
  fail "debootstrap failed"
}
rm -f "$root.log"
echo "$sources" >"$root/etc/apt/sources.list"
# An archive that stands still has release files that have run out.
apt-config dump | grep -E '^Acquire::(Check-Date|Check-Valid-Until|https?::[Pp]roxy) ' \
  >"$root/etc/apt/apt.conf.d/90-as-outside" || true
mkdir -p "$root/usr/local/share/ca-certificates"
cp -L /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
git clone --quiet --no-hardlinks . "$root/root/streamonce"

# In the new system, as its root: a proxy, and the certificate authorities for npm, from outside.
cat >"$root/root/run" <<'RUN'
#!/bin/bash
cd /root/streamonce || exit 1
eval "$1"
RUN
chmod 0755 "$root/root/run"
inside=(env -i HOME=/root "PATH=/usr/sbin:/usr/bin:/sbin:/bin" "TERM=${TERM:-dumb}")
for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
  [ -z "${!name:-}" ] || inside+=("$name=${!name}")
done
if ls "$root"/usr/local/share/ca-certificates/*.crt >/dev/null 2>&1; then
  inside+=(NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt)
fi
inside+=(chroot "$root")

if [ "$no_mount" = yes ]; then  # Of root's rights, those that container engines leave.
  inside+=(setpriv --bounding-set
    "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap")
fi
inside+=(/root/run "$command")

echo "== $command"
# What is mounted is gone with the processes.
unshare --mount --pid --fork --kill-child bash -ec '
  no_mount=$1
  root=$2
  shift 2
  mount -t tmpfs -o mode=755 dev "$root/dev"
  for node in null zero full random urandom tty; do
    touch "$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
  done
  mkdir -p "$root/dev/shm" "$root/dev/pts"
  mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s /proc/self/fd/0 "$root/dev/stdin"
  ln -s /proc/self/fd/1 "$root/dev/stdout"
  ln -s /proc/self/fd/2 "$root/dev/stderr"
  mount -t proc proc "$root/proc"
  mount -t proc proc /proc
  if [ "$no_mount" = no ]; then exec "$@"; fi

  # A user namespace that has every user, whose root has no right outside it, and that allows no
  # further namespace in it.
  unshare --user bash -c "
    until read -r _ </proc/self/uid_map; do sleep 0.1; done
    exec \"\$@\"" - bash -c "
    for kind in user mnt; do echo 0 >/proc/sys/user/max_\${kind}_namespaces || exit 1; done
    exec \"\$@\"" - "$@" &
  until echo "0 0 65536" >"/proc/$!/gid_map"; do sleep 0.1; done 2>/dev/null
  echo "0 0 65536" >"/proc/$!/uid_map"
  wait "$!"' - "$no_mount" "$root" "${inside[@]}" </dev/null
