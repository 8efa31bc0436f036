# Shared by opensearch.sh, opensearch-three.sh and elasticsearch.sh. The server is taken from Maven Central once and kept in $TOOLS; its data are in a
# temporary folder, as it runs as another user where root starts it, who cannot look below a home.
# VIGIE_SEARCH_HEAP is the size of its heap.
HTTP=9200
TRANSPORT=9300
OPTIONS=()

up() {
    search_ready || return 1
    search_launch "$PRODUCT" -Ediscovery.type=single-node -Ehttp.port=$HTTP -Etransport.port=$TRANSPORT
    answers 120 "$PRODUCT" curl -sf "http://$ADDRESS:$HTTP/_cluster/health" || return 1
    echo "http://$ADDRESS:$HTTP" >"$DIR/url"
}

# What every node needs: a Java, the server, a folder.
search_ready() {
    local name=$PRODUCT-$VERSION
    JAVA=$(search_java) || { say "error: no Java of 17 or later is installed that can run it"; return 1; }
    has unzip || { say "error: unzip is missing"; return 1; }
    [ -e "$TOOLS/$name.zip" ] || search_fetch "$name" || return 1
    HOME_DIR=$(mktemp -d "/tmp/vigie-$PRODUCT.XXXXXX") && echo "$HOME_DIR" >"$DIR/data"
}

# search_launch NODE OPTION…: a node, with a folder of its own.
search_launch() {
    local node=$1 as=() heap=${VIGIE_SEARCH_HEAP:-512m} home=$HOME_DIR/$1; shift
    local limits=("-Xms$heap" "-Xmx$heap")
    mkdir "$home" && unzip -q "$TOOLS/$PRODUCT-$VERSION.zip" -d "$home"
    if [ "$(id -u)" = 0 ]; then
        chown -R nobody: "$HOME_DIR"
        as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    fi
    cd "$home/$PRODUCT-$VERSION"
    keep "$node" "${as[@]}" env HOME="$home" OPENSEARCH_JAVA_HOME="$JAVA" ES_JAVA_HOME="$JAVA" OPENSEARCH_JAVA_OPTS="${limits[*]}" \
        ES_JAVA_OPTS="${limits[*]}" "./bin/$PRODUCT" -Enetwork.host="$ADDRESS" -Ecluster.routing.allocation.disk.threshold_enabled=false \
        -Eaction.auto_create_index=false -Eaction.destructive_requires_name=false "${OPTIONS[@]}" "$@"
}

# The home of a Java that can run it: 17, or where that is too old the newest there is.
search_java() {
    local home homes=(${JAVA_HOME:+"$JAVA_HOME"} /usr/lib/jvm/java-17-openjdk* /usr/lib/jvm/*21* /usr/lib/jvm/*)
    case $PRODUCT-$VERSION in
        opensearch-3.* | elasticsearch-9.*) mapfile -t homes < <(printf '%s\n' /usr/lib/jvm/*2[1-9]*) ;;
    esac
    for home in "${homes[@]}"; do
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
