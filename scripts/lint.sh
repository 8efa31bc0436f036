#!/usr/bin/env bash
# lint.sh: format, clippy, the rules of the house, the web application's lint.
source "$(dirname "$0")/lib.sh"

cd "$ROOT"
cargo fmt --all --check
# pedantic lints are told, all others fail
cargo clippy --workspace --locked -- -D unused -D clippy::all -D clippy::unwrap_used
# tests may unwrap wherever they stand, helper functions included
cargo clippy --workspace --all-targets --locked -- -D unused -D clippy::all -A clippy::unwrap_used
cargo xtask house
"$ROOT/scripts/npm.sh" web e2e
npm --prefix web run --silent lint
npm --prefix web run --silent typecheck
npm --prefix e2e run --silent typecheck
