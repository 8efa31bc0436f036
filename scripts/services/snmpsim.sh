# snmpsim replaying the recordings that it ships, an address each from .2.1 on, community public, and v3 with user simu
# (SHA-256 auctoritas1, AES privatus1, context public). Which recording stands where: its folder's file `devices`.
RECORDINGS="linux-full-walk winxp-full-walk"
PORT=1161

up() {
    "$ROOT/scripts/python.sh" || return 1
    local recorded recording number=0 endpoints=()
    recorded=$("$TOOLS/python/bin/python" -c 'import snmpsim, os; print(os.path.dirname(snmpsim.__file__))')/data/recorded
    for recording in $RECORDINGS; do
        number=$((number + 1))
        mkdir -p "$DIR/data/$recording"
        cp "$recorded/$recording.snmprec" "$DIR/data/$recording/public.snmprec" || return 1
        echo "$NET.2.$number $recording" >>"$DIR/devices"
        endpoints+=(--v3-engine-id=auto --v3-user=simu --v3-auth-key=auctoritas1 --v3-auth-proto=SHA256
            --v3-priv-key=privatus1 --v3-priv-proto=AES "--data-dir=$DIR/data/$recording" "--agent-udpv4-endpoint=$NET.2.$number:$PORT")
    done
    # As root it wants another user, who may not reach the libraries of this one.
    SNMPSIM_ALLOW_ROOT=true keep snmpsim "$TOOLS/python/bin/snmpsim-command-responder" --cache-dir="$DIR/cache" \
        --logging-method=stdout --log-level=error --pid-file="$DIR/own-pid" "${endpoints[@]}"
    local address
    while read -r address _; do
        answers 60 "snmpsim at $address" snmpget -v2c -c public -t .5 -r 0 "$address:$PORT" 1.3.6.1.2.1.1.1.0 || return 1
    done <"$DIR/devices"
}

where() { echo "$(cut -d' ' -f1 "$DIR/devices" | tr '\n' ' ')port $PORT"; }
