#!/usr/bin/env bash
# Brings the clients that the end-to-end tests drive Canopy with into .cache/bin:
#   kubectl        a current release, built from its published Go module (e2e/tools/kubectl); needs go, takes minutes
#   kubectl-1.20   Debian's package kubernetes-client, unpacked but not installed; needs apt-get and dpkg
# Both are kept, and made again only when what they are made from has changed. A tool whose means are missing is left
# out with a message, and the exit code is then 1.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=$PWD/.cache/bin
source=$PWD/e2e/tools/kubectl
mkdir -p "$bin"
missing=0

say() { printf 'provision-tools: %s\n' "$*" >&2; }

build_current() {
  local module=k8s.io/kubectl release major_minor key version_package=k8s.io/component-base/version
  key=$(cat "$source/go.mod" "$source/go.sum" "$source/main.go" scripts/provision-tools.sh | sha256sum | cut -c1-32)
  if [ -x "$bin/kubectl" ] && [ "$(cat "$bin/kubectl.key" 2>/dev/null)" = "$key" ]; then
    return
  fi
  if ! command -v go >/dev/null; then
    say 'go is not installed: no current kubectl'
    missing=1
    return
  fi
  # The module's version v0.X.Y is the release v1.X.Y.
  release=$(awk -v module="$module" '$1 == module { sub(/^v0/, "1", $2); print $2 }' "$source/go.mod")
  major_minor=${release%.*}
  say "building kubectl v$release (some minutes)"
  (
    cd "$source"
    CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS='-mod=readonly -buildvcs=false' nice -n 5 go build -trimpath -ldflags "-s -w
      -X $version_package.gitVersion=v$release
      -X $version_package.gitMajor=${major_minor%.*}
      -X $version_package.gitMinor=${major_minor#*.}
      -X $version_package.gitTreeState=clean" -o "$bin/kubectl.$$.tmp" .
  )
  mv "$bin/kubectl.$$.tmp" "$bin/kubectl"
  printf '%s\n' "$key" >"$bin/kubectl.key"
}

unpack_old() {
  local folder
  if [ -x "$bin/kubectl-1.20" ]; then
    return
  fi
  if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    say 'this is no Debian: no kubectl 1.20'
    missing=1
    return
  fi
  folder=$(mktemp -d)
  say 'unpacking kubernetes-client'
  (
    cd "$folder"
    # The lists of a new machine are empty; where they are not, the refresh can be spared.
    apt-get download -qq kubernetes-client >/dev/null 2>&1 ||
      { apt-get update -qq && apt-get download -qq kubernetes-client; } >/dev/null
    dpkg -x kubernetes-client_*.deb .
    mv usr/bin/kubectl "$bin/kubectl-1.20"
  )
  rm -rf "$folder"
}

unpack_old
build_current
exit "$missing"
