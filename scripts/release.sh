#!/usr/bin/env bash
# release.sh: the optimised, stripped binary, target/release/vigie.
source "$(dirname "$0")/lib.sh"

"$ROOT/scripts/setup.sh" build
"$ROOT/scripts/web.sh"
cd "$ROOT"
cargo build --release --locked --package vigie
ls -l "$TARGET/release/vigie"
