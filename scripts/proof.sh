#!/usr/bin/env bash
# proof.sh: every test and proof at full size, hours; writes docs/proof.md with commit, machine, durations and results.
source "$(dirname "$0")/lib.sh"

began=$(now)
log=$TARGET/proof.log
mkdir -p "$TARGET"
"$ROOT/scripts/release.sh"
passed=true
VIGIE_PROOFS="network agents kills pages recordings tenants contract" VIGIE_PROOF_SIZE=full "$ROOT/scripts/test.sh" 2>&1 | tee "$log" || passed=false
{
    echo "# Proof"
    echo
    echo "Written by \`make proof\`: every test at full size."
    echo
    echo "- Commit: $(git -C "$ROOT" rev-parse HEAD)$(git -C "$ROOT" diff --quiet HEAD || echo ', with changes')"
    echo "- Machine: $(nproc) cores, $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), Linux $(uname -r)"
    echo "- Took: $(since "$began")"
    echo "- Result: $(tail -n 1 "$log")"
    echo
    echo '```'
    sed -n 's/\x1b\[[0-9;]*m//g; /^[a-z][a-z-]*: /p; /^FAILED/p; /^SKIPPED/p' "$log"
    echo '```'
    for bench in api poll start; do
        echo
        echo "## bench-$bench"
        echo
        echo '```json'
        "$ROOT/scripts/bench.sh" $bench 2>/dev/null | tail -n 1
        echo '```'
    done
} >"$ROOT/docs/proof.md"
say "written: docs/proof.md"
$passed
