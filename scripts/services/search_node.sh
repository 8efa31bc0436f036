# Shared by opensearch.sh and elasticsearch.sh. The server is taken from Maven Central once and kept in $TOOLS; its data are in a
# temporary folder, as it runs as another user where root starts it, who cannot look below a home.
HTTP=9200
TRANSPORT=9300
OPTIONS=()

up() {
    local name=$PRODUCT-$VERSION java as=() limits=(-Xms512m -Xmx512m)
    java=$(search_java) || { say "error: no Java 17 or later is installed"; return 1; }
    [ -e "$TOOLS/$name.zip" ] || search_fetch "$name" || return 1
    HOME_DIR=$(mktemp -d "/tmp/vigie-$PRODUCT.XXXXXX") && echo "$HOME_DIR" >"$DIR/data"
    unzip -q -o "$TOOLS/$name.zip" -d "$HOME_DIR" || { say "error: unzip is missing"; return 1; }
    if [ "$(id -u)" = 0 ]; then
        chown -R nobody: "$HOME_DIR"
        as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    fi
    cd "$HOME_DIR/$name"
    keep "$PRODUCT" "${as[@]}" env HOME="$HOME_DIR" OPENSEARCH_JAVA_HOME="$java" ES_JAVA_HOME="$java" OPENSEARCH_JAVA_OPTS="${limits[*]}" \
        ES_JAVA_OPTS="${limits[*]}" "./bin/$PRODUCT" -Ediscovery.type=single-node -Enetwork.host="$ADDRESS" -Ehttp.port=$HTTP \
        -Etransport.port=$TRANSPORT -Ecluster.routing.allocation.disk.threshold_enabled=false \
        -Eaction.auto_create_index=false -Eaction.destructive_requires_name=false "${OPTIONS[@]}"
    answers 120 "$PRODUCT" curl -sf "http://$ADDRESS:$HTTP/_cluster/health"
    echo "http://$ADDRESS:$HTTP" >"$DIR/url"
}

# The home of a Java that can run it.
search_java() {
    local home
    for home in ${JAVA_HOME:-} /usr/lib/jvm/java-17-openjdk* /usr/lib/jvm/*21* /usr/lib/jvm/*; do
        [ -x "$home/bin/java" ] && { echo "$home"; return; }
    done
    return 1
}

search_fetch() {
    has mvn || { say "error: maven is not installed; it fetches $1"; return 1; }
    mkdir -p "$TOOLS"
    mvn -q -B dependency:copy "-Dartifact=$GROUP:$PRODUCT:$VERSION:zip" "-DoutputDirectory=$TOOLS" >"$DIR/fetch.log" 2>&1 ||
        { cat "$DIR/fetch.log" >&2; return 1; }
}

down() { [ ! -s "$DIR/data" ] || rm -rf "$(cat "$DIR/data")"; }

where() { cat "$DIR/url"; }
