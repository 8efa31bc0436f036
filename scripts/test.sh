#!/usr/bin/env bash
# test.sh: every test of the tree at small size. Starts the real services it needs, stops what it started, and closes
# with `N passed, N failed`. Logs: target/test/, a line a suite in summary.tsv. Under CI=true a missing service or a skipped test is a failure.
# What needs recordings of real devices (VIGIE_RECORDINGS) runs where they are given; otherwise it says at the end what was not run.
source "$(dirname "$0")/lib.sh"

LOGS=$TARGET/test
RUN=$$
export VIGIE_TEST_RUN=$RUN VIGIE_NETNS=v$RUN- VIGIE_RUN_DIR=$LOGS/services VIGIE_BINARY=$TARGET/debug/vigie
export VIGIE_NET=${VIGIE_NET:-127.$((64 + RUN % 128))} VIGIE_PROOF_SIZE=${VIGIE_PROOF_SIZE:-small}
PASSED=0 FAILED=0 SKIPPED=0 WAITING=0 TIMES=() FAULTS=()
RECORDINGS=${VIGIE_RECORDINGS:-}
# Beside the versions that every run has; the last two of the engines need a Java of 21 or later.
POSTGRESQLS=${VIGIE_POSTGRESQLS-16.10.0 17.7.0 18.1.0}
ENGINES=${VIGIE_ENGINES-opensearch-1.3.20 elasticsearch-7.17.28 opensearch-3.3.0 elasticsearch-9.2.0}

stop_all() { VIGIE_PROOF_SIZE='' "$ROOT/scripts/services.sh" stop 2>>"$LOGS/services.log" || true; }
trap stop_all EXIT
trap 'exit 130' INT TERM

# tally NAME PASSED FAILED SKIPPED [WHY]: adds them up, and keeps the names of what failed for the end.
tally() {
    local names=()
    if [ "$3" != 0 ]; then
        if [ -n "${5:-}" ]; then
            names=("$5")
        else
            mapfile -t names < <(python3 "$ROOT/scripts/count.py" --failed "$LOGS/$1.log" | head -20 | cut -c1-300)
        fi
        [ -n "${names[*]}" ] || names=("see $1.log")
        FAULTS+=("${names[@]/#/$1: }")
    fi
    PASSED=$((PASSED + $2)); FAILED=$((FAILED + $3)); SKIPPED=$((SKIPPED + $4))
    printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$TOOK" >>"$LOGS/summary.tsv"
}

# fault NAME TEXT: something that no runner counts went wrong.
fault() { say "error: $2"; TOOK='0 s'; tally "$1" 0 1 0 "$2"; }

# run_logged NAME COMMAND…: shows and keeps what it prints; its status in RC.
run_logged() {
    local name=$1 began; shift
    step "$name"
    began=$(now)
    RC=0
    "$@" 2>&1 </dev/null | tee "$LOGS/$name.log" || RC=$?
    TOOK=$(since "$began")
    TIMES+=("$(printf '%-14s %10s' "$name" "$TOOK")")
}

# suite NAME COMMAND…: a runner that counts its tests; one that fails without saying which test is one failure.
suite() {
    local name=$1 passed failed skipped waiting
    run_logged "$@"
    read -r passed failed skipped waiting < <(python3 "$ROOT/scripts/count.py" "$LOGS/$name.log")
    if [ $RC != 0 ] && [ "$failed" = 0 ]; then say "error: $name failed with status $RC"; failed=1; fi
    if [ "$passed" = 0 ] && [ "$failed" = 0 ]; then say "error: $name ran no test"; failed=1; fi
    tally "$name" "$passed" "$failed" "$skipped"
    WAITING=$((WAITING + waiting))
    RAN=$((passed + failed))
}

# check NAME COMMAND…: passes or fails as one.
check() {
    run_logged "$@"
    if [ $RC = 0 ]; then tally "$1" 1 0 0; else say "error: $1 failed"; tally "$1" 0 1 0; fi
}

rm -rf "$LOGS" && mkdir -p "$LOGS"
cd "$ROOT"
began=$(now)
run_logged setup "$ROOT/scripts/setup.sh" build test
[ $RC = 0 ] || die "what the tests need cannot be installed"
run_logged tools bash -c '"$ROOT/scripts/npm.sh" web e2e scripts/tools && "$ROOT/scripts/python.sh"'
[ $RC = 0 ] || die "what the tests need cannot be installed"

check web-lint npm --prefix web run --silent lint
check web-build "$ROOT/scripts/web.sh"
[ ! -f web/scripts/budget.mjs ] || check web-budget npm --prefix web run --silent budget
suite web-unit npm --prefix web run --silent test
check build cargo test --quiet --workspace --locked --no-run
suite rust cargo test --workspace --locked --no-fail-fast
if [ "$VIGIE_PROOF_SIZE" = full ]; then
    for engine in $ENGINES; do
        product=${engine%-*}
        suite "$engine" env "VIGIE_${product^^}_VERSION=${engine##*-}" cargo test --locked --package vigie-event-store --test cluster "$product"::
    done
    for version in $POSTGRESQLS; do
        suite "postgresql-$version" env VIGIE_PROOF_SIZE=small "VIGIE_POSTGRESQL_VERSION=$version" cargo test --locked --package vigie-sql-store
    done
    suite three-nodes cargo test --locked --package vigie-event-store --features proof --test three_nodes
fi
if [ -n "$RECORDINGS" ]; then
    suite recorded cargo test --workspace --locked --no-fail-fast --tests -- --ignored
    [ $RAN = $WAITING ] || fault recorded "$WAITING tests wait for recordings, $RAN of them ran"
fi
if [ -x "$VIGIE_BINARY" ]; then
    check e2e-types npm --prefix e2e run --silent typecheck
    suite browser npm --prefix e2e run --silent test
    for name in ${VIGIE_PROOFS:-network agents kills standby pages polling tenants clock contract ${RECORDINGS:+recordings}}; do
        suite "$name" "$TOOLS/python/bin/python" "$ROOT/scripts/proof/${name}_proof.py"
    done
fi
stop_all
KEEP_PIDS="$$ $BASHPID" check leftovers "$ROOT/scripts/leftovers.sh" $RUN

step "durations"
printf '%s\n' "${TIMES[@]}" "$(printf '%-14s %10s' total "$(since "$began")")"
[ -n "$RECORDINGS" ] || say "no recordings (VIGIE_RECORDINGS): $WAITING tests and the proof of recordings did not run"
if [ $SKIPPED != 0 ]; then
    say "$SKIPPED skipped: see the logs in $LOGS"
    ! is_ci || fault skipped "under CI nothing is skipped"
fi
[ $FAILED = 0 ] || { step "failed"; printf '%s\n' "${FAULTS[@]}"; }
echo
echo "$PASSED passed, $FAILED failed"
[ $FAILED = 0 ]
