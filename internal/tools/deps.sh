#!/usr/bin/env bash
# Sees to what building and testing need: Go, a C compiler, Terraform or OpenTofu.
set -euo pipefail

fail() { echo "make deps: $*" >&2; exit 1; }

command -v "$GO" >/dev/null || fail "Go is missing; install it from https://go.dev/dl/"
want=$(awk '$1 == "go" {print $2; exit}' go.mod)
have=$("$GO" env GOVERSION | sed 's/^go//; s/[^0-9.].*//')
[ "$(printf '%s\n' "$want" "$have" | sort -V | head -n 1)" = "$want" ] ||
  fail "Go $want or later is needed, this is Go $have; install it from https://go.dev/dl/"

# packages installs Debian packages, where that is possible.
packages() {
  command -v apt-get >/dev/null || fail "please install with your package manager what Debian calls: $*"
  [ "$(id -u)" = 0 ] || fail "please run: sudo apt-get install $*"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
}

missing=()
command -v "$("$GO" env CC)" >/dev/null || missing+=(gcc libc6-dev)
command -v git >/dev/null || missing+=(git)
[ ${#missing[@]} = 0 ] || packages "${missing[@]}"

if [ ! -x "$TERRAFORM" ]; then
  [ "$TERRAFORM" = "$BIN/tofu" ] || fail "$TERRAFORM is not there or cannot be executed"
  echo "Neither terraform nor tofu is on PATH: building OpenTofu (some minutes, once)"
  (cd internal/tools/opentofu && CGO_ENABLED=0 "$GO" build -trimpath -o "$BIN/tofu" \
    -ldflags '-s -w -X github.com/opentofu/opentofu/version.dev=no' github.com/opentofu/opentofu/cmd/tofu)
fi
