# versitygw, a gateway of S3 to a folder, over TLS by an authority of its own, `ca.pem`; its address stands in `url`. The bucket is `backups`, the keys
# are `access` and `secret-of-tests`. Objects lie as files in `data/backups`. VIGIE_VERSITYGW names a program that is built already.
ADDRESS=${VIGIE_S3_ADDRESS:-$NET.6.2}
PORT=7070
VERSION=v1.8.0

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

# Of the registry of Go modules, once.
s3_build() {
    local go
    go=$(PATH=$PATH:/usr/local/go/bin:/usr/lib/go/bin command -v go) || { say "error: go is not installed; it builds versitygw"; return 1; }
    mkdir -p "$TOOLS"
    CGO_ENABLED=0 GOFLAGS=-trimpath GOBIN=$TOOLS/go "$go" install "github.com/versity/versitygw/cmd/versitygw@$VERSION" >"$DIR/build.log" 2>&1 ||
        { cat "$DIR/build.log" >&2; return 1; }
    mv "$TOOLS/go/versitygw" "$1"
}

where() { cat "$DIR/url"; }
