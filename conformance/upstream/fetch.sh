#!/usr/bin/env bash
# fetch.sh - bring the test suites of Redis and Valkey into a folder, through apt.
#
#   conformance/upstream/fetch.sh [DIR]      (default DIR: .cache/upstream)
#
# The suites are runtest, tests/ and utils/ of Debian's source packages; they end in DIR/redis and
# DIR/valkey. What is already there is kept, so a DIR that was filled by other means serves as well.
# Nothing is installed on the system, except Tcl when it is missing and this runs as root.
set -euo pipefail

die() { echo "fetch.sh: $*" >&2; exit 1; }

# The series that the manifests were measured with; another one has other tests.
series() { case $1 in redis) echo 8.0 ;; valkey) echo 9.1 ;; esac; }

need_tcl() {
  command -v tclsh8.6 >/dev/null || command -v tclsh >/dev/null && return
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || die "no tclsh: the suites need Tcl 8.6 (apt-get install tcl8.6, as root)"
  echo "fetch.sh: installing tcl8.6" >&2
  apt-get -q -q update && apt-get -q -q install -y --no-install-recommends tcl8.6 >/dev/null || die "could not install tcl8.6"
}

# The mirror is one that this machine's apt is configured with: Debian's own where the lists say so, else
# the first that does not serve security updates only.
find_mirror() {
  local uri
  uri=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 2>/dev/null | sort -u | head -n 1 || true)
  [ -n "$uri" ] || uri=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\).*/\2/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -v security | head -n 1 || true)
  [ -n "$uri" ] || die "apt has no mirror configured; put the suites into $dir/redis and $dir/valkey by hand"
  echo "$uri"
}

# An apt of its own: its lists and settings live in a temporary folder and the system's stay as they are.
set_up_apt() {
  local mirror
  mirror=$(find_mirror)
  mkdir -p "$work"/lists/partial "$work"/cache/archives/partial
  printf 'deb-src %s unstable main\ndeb-src %s testing main\n' "$mirror" "$mirror" >"$work/sources.list"
  cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
APT::Sandbox::User "root";
CONF
  export APT_CONFIG="$work/apt.conf"
  apt-get -q -q update || die "apt could not read the source lists"
}

fetch() {
  local name=$1 want version
  want=$(series "$name")
  version=$(apt-cache showsrc "$name" | sed -n 's/^Version: //p' | grep -E "^([0-9]+:)?${want//./\\.}\." | sort -V | tail -n 1)
  [ -n "$version" ] || die "apt has no source of $name $want; put a copy of its suite into $dir/$name"
  echo "fetch.sh: $name $version" >&2
  mkdir -p "$work/$name/tree"
  (cd "$work/$name" && apt-get -q -q source --download-only "$name=$version" >/dev/null &&
    tar xf "$name"_*.orig.tar.* -C tree --strip-components=1) || die "could not fetch the source of $name $version"
  mkdir "$work/$name/suite"
  cp -r "$work/$name"/tree/{runtest,tests,utils} "$work/$name/suite/"
  echo "$version" >"$work/$name/suite/VERSION"
  # In one step, so that a run that breaks off leaves no half of a suite behind.
  rm -rf "${dir:?}/$name"
  mv "$work/$name/suite" "$dir/$name"
}

dir=${1:-.cache/upstream}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
need_tcl
missing=()
for name in redis valkey; do
  [ -e "$dir/$name/tests/test_helper.tcl" ] || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0
command -v apt-get >/dev/null || die "no apt here; put the suites into $dir/redis and $dir/valkey by hand"
work=$(mktemp -d "$dir/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
set_up_apt
for name in "${missing[@]}"; do fetch "$name"; done
