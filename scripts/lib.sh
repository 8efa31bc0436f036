# Shared by the scripts: where the tree is, how they speak, how they end what they started. Sourced, never run.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
TOOLS=$TARGET/tools            # what tests need beyond packages: a Python environment, linters
export ROOT TARGET TOOLS PYTHONDONTWRITEBYTECODE=1
# Rust's own installer and our Node stand before the system's.
PATH=$ROOT/.tools/node_modules/.bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH:/usr/sbin:/sbin
export PATH

say() { printf '%s\n' "$*" >&2; }
step() { printf '\n\033[1m── %s\033[0m\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
is_ci() { [ "${CI:-}" = true ] || [ "${CI:-}" = 1 ]; }
# A person is there to be asked.
attended() { ! is_ci && [ -t 0 ] && [ -t 1 ]; }

# The recordings that lie beside the tree, where they do; VIGIE_RECORDINGS names others.
find_recordings() {
    local beside=$ROOT/../shared/data/devices
    if [ -z "${VIGIE_RECORDINGS:-}" ] && [ -f "$beside/expected.jsonl" ]; then
        VIGIE_RECORDINGS=$(cd "$beside" && pwd)
        export VIGIE_RECORDINGS
    fi
}

# ask QUESTION: yes or no; nobody there means no.
ask() {
    attended || return 1
    local answer
    read -r -p "$1 [Y/n] " answer
    [[ ${answer:-y} =~ ^[Yy] ]]
}

# now: seconds since some start, with fractions.
now() { local up _; read -r up _ </proc/uptime; echo "$up"; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f s", b - a }'; }

# alive PID: runs, and is no zombie (a reaper may come late).
alive() {
    local state
    state=$(sed -E 's/^.*\) (.).*/\1/' "/proc/$1/stat" 2>/dev/null) || return 1
    [ -n "$state" ] && [ "$state" != Z ]
}

# end PID…: asks to stop, waits up to ten seconds, then kills.
end() {
    local pid tries
    for pid in "$@"; do kill "$pid" 2>/dev/null || true; done
    for pid in "$@"; do
        tries=200
        while alive "$pid" && [ $tries -gt 0 ]; do sleep .05; tries=$((tries - 1)); done
        alive "$pid" && kill -9 "$pid" 2>/dev/null || true
    done
}

# await SECONDS WHAT COMMAND…: until the command succeeds.
await() {
    local limit=$1 what=$2 began; shift 2
    began=$(date +%s%N)
    until "$@" >/dev/null 2>&1; do
        [ $(( ($(date +%s%N) - began) / 1000000000 )) -lt "$limit" ] || { say "error: $what is not ready after $limit s"; return 1; }
        sleep .05
    done
}

# at_least HAVE NEED: compares versions.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -1)" = "$2" ]; }
