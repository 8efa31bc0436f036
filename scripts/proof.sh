#!/usr/bin/env bash
# proof.sh: every test, every proof and every bench at full size, hours; writes docs/proof.md with commit, machine, durations and results.
# VIGIE_PROOF_SIZE=small looks whether all of it runs; VIGIE_PROOFS and VIGIE_BENCHES name some of the proofs and benches, an empty
# VIGIE_BENCHES none.
source "$(dirname "$0")/lib.sh"
find_recordings

size=${VIGIE_PROOF_SIZE:-full}
began=$(now)
log=$TARGET/proof.log
mkdir -p "$TARGET"
commit=$(git -C "$ROOT" rev-parse HEAD)
git -C "$ROOT" diff --quiet HEAD || commit="$commit, with changes"
proofs=${VIGIE_PROOFS:-network agents kills standby pages polling tenants clock contract ${VIGIE_RECORDINGS:+recordings}}
passed=true
VIGIE_PROOFS=$proofs VIGIE_PROOF_SIZE=$size "$ROOT/scripts/test.sh" 2>&1 | tee "$log" || passed=false
[ -f "$TARGET/test/summary.tsv" ] || die "the tests did not begin: see $log"
benches=()
for bench in ${VIGIE_BENCHES-api poll start cache ingest search samples lists}; do
    benches+=("$bench=$("$ROOT/scripts/bench.sh" "$bench" 2>&1 | tee "$TARGET/bench-$bench.log" | tail -n 1)") || passed=false
done
machine="$(nproc) cores, $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -1), $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo), Linux $(uname -r)"
[ -n "${VIGIE_RECORDINGS:-}" ] || say "no recordings: what only they prove is not in the document"
python3 "$ROOT/scripts/proof/document.py" "$TARGET/test" "$commit" "$size" "$machine" "$(since "$began")" "$(tail -n 1 "$log")" "${benches[@]}" >"$TARGET/proof.md"
mv "$TARGET/proof.md" "$ROOT/docs/proof.md"
say "written: docs/proof.md"
$passed
