#!/usr/bin/env bash
# bench.sh api|poll|start|cache|ingest|search|samples|lists: one comparison with the optimised binary. Its last line is one JSON object.
source "$(dirname "$0")/lib.sh"

name=${1:-}
[ -f "$ROOT/bench/$name.py" ] || die "usage: bench.sh api|poll|start|cache|ingest|search|samples|lists"
"$ROOT/scripts/setup.sh" build bench
case $name in
    ingest|search)
        cd "$ROOT"
        cargo build --quiet --release --locked --package vigie-event-store --example event_bench >&2
        exec python3 "$ROOT/bench/$name.py" ;;
    samples)
        "$ROOT/scripts/setup.sh" test
        cd "$ROOT"
        cargo build --quiet --release --locked --package vigie-sql-store --example sample_figures >&2
        exec python3 "$ROOT/bench/$name.py" ;;
esac
"$ROOT/scripts/web.sh"
case $name in
    start) "$ROOT/scripts/setup.sh" test; "$ROOT/scripts/npm.sh" e2e ;;
    lists) "$ROOT/scripts/setup.sh" test ;;
esac
cd "$ROOT"
cargo build --quiet --release --locked --package vigie --package vigie-listener --package vigie-sql-store --bins --examples >&2
export VIGIE_BINARY=$TARGET/release/vigie
exec python3 "$ROOT/bench/$name.py"
