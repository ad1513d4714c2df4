#!/usr/bin/env bash
# Brings the stores that tests run Canopy on into .cache/bin:
#   etcd        a current release, built from its published Go module (e2e/tools/etcd); needs go, takes about a minute
#   etcd-3.4    Debian's package etcd-server, unpacked but not installed; needs apt-get and dpkg
# Both are kept, and made again only when what they are made from has changed. A tool whose means are missing is left
# out with a message, and the exit code is then 1.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=$PWD/.cache/bin
source=$PWD/e2e/tools/etcd
mkdir -p "$bin"
missing=0

say() { printf 'provision-etcd: %s\n' "$*" >&2; }

build_current() {
  local key
  key=$(cat "$source/go.mod" "$source/go.sum" "$source/main.go" | sha256sum | cut -c1-32)
  if [ -x "$bin/etcd" ] && [ "$(cat "$bin/etcd.key" 2>/dev/null)" = "$key" ]; then
    return
  fi
  if ! command -v go >/dev/null; then
    say 'go is not installed: no current etcd'
    missing=1
    return
  fi
  say 'building etcd'
  (
    cd "$source"
    CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS='-mod=readonly -buildvcs=false' nice -n 5 \
      go build -trimpath -ldflags '-s -w' -o "$bin/etcd.$$.tmp" .
  )
  mv "$bin/etcd.$$.tmp" "$bin/etcd"
  printf '%s\n' "$key" >"$bin/etcd.key"
}

unpack_old() {
  local folder
  if [ -x "$bin/etcd-3.4" ]; then
    return
  fi
  if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    say 'this is no Debian: no etcd 3.4'
    missing=1
    return
  fi
  folder=$(mktemp -d)
  say 'unpacking etcd-server'
  (
    cd "$folder"
    # The lists of a new machine are empty; where they are not, the refresh can be spared.
    apt-get download -qq etcd-server >/dev/null 2>&1 ||
      { apt-get update -qq && apt-get download -qq etcd-server; } >/dev/null
    dpkg -x etcd-server_*.deb .
    mv usr/bin/etcd "$bin/etcd-3.4"
  )
  rm -rf "$folder"
}

unpack_old
build_current
exit "$missing"
