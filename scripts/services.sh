#!/usr/bin/env bash
# services.sh start|stop [NAME…]: the real services that tests talk to, one file each in services/.
#   snmpd · snmpsim · smtp · snmp-exporter · postgresql · redis · opensearch · opensearch-three · elasticsearch · sftp · s3   on loopback, below 127.61 (VIGIE_NET says another)
#   lldp                                     three namespaces r1, r2, r3 and nms, prefixed by VIGIE_NETNS (vigie-)
# State, logs and process ids are kept in VIGIE_RUN_DIR (target/services). `start` returns when all answer.
source "$(dirname "$0")/lib.sh"

NET=${VIGIE_NET:-127.61}
NS=${VIGIE_NETNS:-vigie-}
RUN=${VIGIE_RUN_DIR:-$TARGET/services}
mkdir -p "$RUN"
RUN=$(cd "$RUN" && pwd)
export MIBS=                    # net-snmp: no module is installed, numbers serve

# keep NAME COMMAND…: runs it in the background, with its log and its process id in the service's folder.
keep() {
    local name=$1; shift
    "$@" >"$DIR/$name.log" 2>&1 </dev/null &
    echo $! >"$DIR/$name.pid"
}

# answers SECONDS WHAT COMMAND…: waits until it succeeds; a program of the service that ends is an error at once.
answers() {
    local limit=$1 what=$2; shift 2
    holds() { "$@" || ! whole; }
    await "$limit" "$what" holds "$@" && whole && return
    whole || say "error: $what ended"
    return 1
}

whole() {
    local file
    for file in "$DIR"/*.pid; do alive "$(cat "$file")" || return 1; done
}

running() {
    local file
    for file in "$DIR"/*.pid; do
        [ -e "$file" ] && alive "$(cat "$file")" && return 0
    done
    return 1
}

start() {
    running && { say "$1 runs already"; return; }
    rm -rf "$DIR" && mkdir -p "$DIR"
    local began; began=$(now)
    if ! up; then
        tail -n 20 "$DIR"/*.log >&2 || true
        stop "$1"
        die "$1 did not start; its logs: $DIR"
    fi
    say "$1 ready at $(where) after $(since "$began")"
}

stop() {
    local file pids=()
    for file in "$DIR"/*.pid; do
        [ -e "$file" ] && pids+=("$(cat "$file")") && rm -f "$file"
    done
    [ ${#pids[@]} = 0 ] || { quit "${pids[@]}"; end "${pids[@]}"; }
    down
}

# A service overrides these: start all its programs, ask them to stop in a way of their own, clear what is left after them, say its address.
up() { :; }
quit() { :; }
down() { :; }
where() { :; }

verb=${1:-}; shift || true
[[ $verb =~ ^(start|stop)$ ]] || die "usage: services.sh start|stop [snmpd|lldp|snmpsim|smtp|snmp-exporter|postgresql|redis|opensearch|opensearch-three|elasticsearch|sftp|s3]…"
[ $# -gt 0 ] || set -- snmpd lldp snmpsim smtp snmp-exporter postgresql redis
for name in "$@"; do
    [ -f "$ROOT/scripts/services/$name.sh" ] || die "unknown service: $name"
    (
        DIR=$RUN/$name
        source "$ROOT/scripts/services/$name.sh"
        $verb "$name"
    )
done
