#!/usr/bin/env bash
# bench.sh api|poll|start|cache: one comparison with the optimised binary. Its last line is one JSON object.
source "$(dirname "$0")/lib.sh"

name=${1:-}
[ -f "$ROOT/bench/$name.py" ] || die "usage: bench.sh api|poll|start|cache"
"$ROOT/scripts/setup.sh" build bench
"$ROOT/scripts/web.sh"
[ "$name" != start ] || { "$ROOT/scripts/setup.sh" test; "$ROOT/scripts/npm.sh" e2e; }
cd "$ROOT"
cargo build --quiet --release --locked --package vigie --bins --examples >&2
export VIGIE_BINARY=$TARGET/release/vigie
exec python3 "$ROOT/bench/$name.py"
