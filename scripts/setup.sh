#!/usr/bin/env bash
# setup.sh GROUP…: says what is missing for building (build), testing (test) or comparing (bench), and installs it
# where it may: packages by apt as root or after asking, Node by npm into .tools/, Rust by its installer after asking.
source "$(dirname "$0")/lib.sh"

RUST_NEEDED=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$ROOT/Cargo.toml" | head -1)
NODE_WANTED=22

present() {
    case $1 in
    /*) [ -e "$1" ] ;;
    *) has "$1" ;;
    esac
}

missing_packages() {
    local group package proof wanted=" $* "
    while read -r group package proof; do
        case $group in '' | '#'*) continue ;; esac
        [[ $wanted == *" $group "* ]] || continue
        present "$proof" || echo "$package"
    done <"$ROOT/scripts/packages.txt" | sort -u
}

# as_root COMMAND…: as it is for root; by sudo after asking for others.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; return; fi
    has sudo && ask "run with sudo: $*?" || return 1
    sudo "$@"
}

# A container's image starts nothing when a package is installed; neither do we, where we may say so.
apt_install() {
    local remedy="apt-get install --no-install-recommends $*"
    has apt-get || die "missing: $*; install them with this system's packages"
    say "missing packages: $*"
    local policy=/usr/sbin/policy-rc.d laid=
    if [ "$(id -u)" = 0 ] && is_ci && [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && laid=1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || die "apt-get update failed; run as root: $remedy"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Options::=--force-confold "$@" >/dev/null </dev/null || die "cannot install packages; run as root: $remedy"
    [ -z "$laid" ] || rm -f $policy
}

node_fits() {
    has node && has npm || return 1
    local version; version=$(node --version | tr -d v)
    case $version in
    20.* | 22.*) at_least "$version" 20.19.0 && { [[ $version != 22.* ]] || at_least "$version" 22.12.0; } ;;
    *) at_least "$version" 22.12.0 ;;
    esac
}

ensure_node() {
    node_fits && return
    has npm || apt_install nodejs npm
    node_fits && return
    say "node $(node --version 2>/dev/null || echo none) is older than 20.19: installing node $NODE_WANTED into .tools/"
    npm install --prefix "$ROOT/.tools" --no-audit --no-fund --loglevel=error "node@$NODE_WANTED" npm@11 >&2 ||
        die "npm cannot install node; install Node 20.19 or newer"
    hash -r
    node_fits || die "node $(node --version) does not fit; install Node 20.19 or newer"
}

ensure_rust() {
    local version
    version=$(cargo --version 2>/dev/null | cut -d' ' -f2 || true)
    [ -n "$version" ] && at_least "$version" "$RUST_NEEDED" && return
    local remedy="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    if has rustup; then
        ask "cargo ${version:-none} is older than $RUST_NEEDED: update it with rustup?" && rustup update stable && return
        die "cargo ${version:-none} is older than $RUST_NEEDED; run: rustup update stable"
    fi
    ask "Rust $RUST_NEEDED or newer is missing. Install it with rustup from rust-lang.org?" ||
        die "rust $RUST_NEEDED or newer is missing; run: $remedy"
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --no-modify-path --profile minimal -c clippy -c rustfmt ||
        die "rust could not be installed; run: $remedy"
    hash -r
}

mapfile -t packages < <(missing_packages "$@")
[ ${#packages[@]} = 0 ] || apt_install "${packages[@]}"
if [[ " $* " == *" build "* ]]; then ensure_rust; ensure_node; fi
