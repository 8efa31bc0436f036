# Redis with the password `secret`, which keeps nothing on disk and gives up what is used least; its address stands in `url`. VIGIE_REDIS
# names another program that speaks the same, such as valkey-server.
ADDRESS=${VIGIE_REDIS_ADDRESS:-$NET.5.1}
PORT=6379

up() {
    keep redis "${VIGIE_REDIS:-redis-server}" --bind "$ADDRESS" --port $PORT --requirepass secret --save '' --appendonly no --dir "$DIR" \
        --maxmemory 1gb --maxmemory-policy allkeys-lru
    answers 20 redis redis-cli -h "$ADDRESS" -p $PORT -a secret --no-auth-warning -e ping || return 1
    echo "redis://:secret@$ADDRESS:$PORT/0" >"$DIR/url"
}

where() { cat "$DIR/url"; }
