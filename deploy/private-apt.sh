# shellcheck shell=bash
# private-apt.sh: to be sourced by a script that asks apt for what the system itself is not to have.
#
# private_apt FOLDER TYPE [ARCHITECTURE]: makes source lists, state and cache for apt below FOLDER, of
# the TYPE deb or deb-src, and sets `apt_options` to what every apt command must be given to use them.
# They are derived from the system's lists, and nothing of the system's changes. apt checks every
# signature as it always does, with the system's own keys.

# The system's entries for Debian's own archive: those that have the component main and are no third
# party's, which have a suite of Debian's release. What they say of architectures is left out.
private_apt_sources() {
  local folder=$1 type=$2 architecture=$3 codename list
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  for list in /etc/apt/sources.list.d/*.sources; do
    [ -e "$list" ] || continue
    awk -v codename="$codename" -v head="Types: $type${architecture:+\\nArchitectures: $architecture}" '
      BEGIN {
        RS = ""; ORS = "\n\n"
        suites = "(^|\n)Suites:([^\n]*[ \t])?" codename "(-updates|-security)?([ \t\n]|$)"
      }
      $0 ~ suites && /Components:[^\n]*main/ {
        gsub(/(^|\n)Architectures:[^\n]*/, ""); sub(/Types:[^\n]*/, head); print }' "$list"
  done >"$folder/system.sources"
  for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -e "$list" ] || continue
    sed -nE "s/^[[:space:]]*deb(-src)?([[:space:]].*[[:space:]]$codename(-updates|-security)?[[:space:]].*\bmain\b.*)/\2/p" "$list"
  done | grep -vE "[[:space:]][a-z-]+-${codename}[[:space:]]" |
    sed -E "s/\barch[+-]?=[^] ]*//; s/^[[:space:]]*\[[[:space:]]*\]//" |
    if [ -n "$architecture" ]; then
      sed -E "s/^[[:space:]]*\[/ [arch=$architecture /; t; s/^/ [arch=$architecture]/"
    else
      cat
    fi | sed "s/^/$type/" | sort -u >"$folder/system.list" || true
  if [ ! -s "$folder/system.sources" ] && [ ! -s "$folder/system.list" ]; then
    echo "${0##*/}: the system's apt has no source of Debian $codename" >&2
    return 1
  fi
}

private_apt() {
  local folder=$1
  mkdir -p "$folder"/{lists/partial,archives/partial,sources.d}
  private_apt_sources "$folder/sources.d" "$2" "${3:-}"
  apt_options=(
    -o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$folder/sources.d"
    -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder"
    -o "Dir::Cache::archives=$folder/archives" -o "APT::Get::List-Cleanup=0"
    # The user _apt may not be allowed to write below a home folder.
    -o "APT::Sandbox::User=$(id -un)" -o APT::Update::Error-Mode=any -o Acquire::Languages=none -qq)
  if [ -n "${3:-}" ]; then apt_options+=(-o "APT::Architectures::=$3"); fi
}
