#!/usr/bin/env bash
# build.sh: the web application and the binary of development, target/debug/vigie.
source "$(dirname "$0")/lib.sh"

"$ROOT/scripts/setup.sh" build
"$ROOT/scripts/web.sh"
cd "$ROOT"
[ -x "$TARGET/debug/vigie" ] || say "building vigie: several minutes the first time"
cargo build --quiet --locked --package vigie || die "vigie does not build"
