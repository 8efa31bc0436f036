#!/usr/bin/env bash
# demo.sh: the server, a simulated campus beside it, and a discovery of the one by the other.
source "$(dirname "$0")/lib.sh"

LISTEN=${VIGIE_LISTEN:-127.0.0.1:8000}
STATE=${VIGIE_STATE_DIR:-$ROOT/.state/demo}
PREFIX=127.0.10.0/24
PORT=1161
DEVICES=${VIGIE_DEMO_DEVICES:-200}
URL=https://localhost:${LISTEN##*:}

"$ROOT/scripts/build.sh"
umask 077
mkdir -p "$STATE"
if [ -z "${VIGIE_ADMIN_PASSWORD_FILE:-}" ]; then
    VIGIE_ADMIN_PASSWORD_FILE=$STATE/admin-password
    [ -s "$VIGIE_ADMIN_PASSWORD_FILE" ] || head -c 15 /dev/urandom | base64 >"$VIGIE_ADMIN_PASSWORD_FILE"
fi
export VIGIE_ADMIN_PASSWORD_FILE

pids=()
trap 'end "${pids[@]}"' EXIT
trap 'exit 130' INT TERM

"$TARGET/debug/vigie" lab --listen $PREFIX --port $PORT --devices "$DEVICES" & pids+=($!)
"$TARGET/debug/vigie" serve --state-dir "$STATE" --listen "$LISTEN" & pids+=($!)
server=$!

api() { curl --silent --show-error --fail-with-body --insecure --max-time 20 -H 'content-type: application/json' "$@"; }
ready() { alive "$server" && api "$URL/readyz"; }
await 60 "the server" ready || exit 1

# field NAME: the first string of that name in a JSON document.
field() { sed -nE "s/.*\"$1\":\"([^\"]*)\".*/\1/p" | head -1; }
token=$(printf '{"username":"admin","password":"%s"}' "$(cat "$VIGIE_ADMIN_PASSWORD_FILE")" |
    api "$URL/api/v1/auth/token" -d @- | field access_token) || die "admin cannot sign in: is the password that of $VIGIE_ADMIN_PASSWORD_FILE?"
authorised() { api -H @<(printf 'authorization: Bearer %s\n' "$token") "$@"; }

if authorised "$URL/api/v1/discoveries?page_size=1" | grep -q '"results":\[\]'; then
    authorised "$URL/api/v1/discoveries" -d "{\"name\":\"Demo campus\",\"mode\":\"sweep\",\"targets\":[\"$PREFIX\"],\"port\":$PORT,
        \"credentials\":[{\"name\":\"Demo\",\"kind\":\"snmp_v2c\",\"community\":\"public\"}]}" >/dev/null
fi
say ""
say "  $URL/map   user admin, password in $VIGIE_ADMIN_PASSWORD_FILE"
say "  break something:  $TARGET/debug/vigie lab fail sw-3 --port 7"
say ""
wait "$server"
