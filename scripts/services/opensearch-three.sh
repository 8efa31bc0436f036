# OpenSearch, a cluster of three nodes n1, n2, n3 on one address, ports 9201 to 9203; their addresses stand in `url`, with commas between,
# the process id of each in its own file.
source "$ROOT/scripts/services/opensearch.sh"
ADDRESS=${VIGIE_OPENSEARCH_ADDRESS:-$NET.5.3}

up() {
    local number seeds
    search_ready || return 1
    seeds=$(printf "$ADDRESS:%s," 9301 9302 9303)
    for number in 1 2 3; do
        search_launch n$number -Ecluster.name=three -Enode.name=n$number -Ehttp.port=920$number -Etransport.port=930$number \
            -Ediscovery.seed_hosts="${seeds%,}" -Ecluster.initial_cluster_manager_nodes=n1,n2,n3
    done
    answers 180 "$PRODUCT" curl -sf "http://$ADDRESS:9201/_cluster/health?wait_for_nodes=3&timeout=1s" || return 1
    printf "http://$ADDRESS:%s," 9201 9202 9203 | sed 's/,$/\n/' >"$DIR/url"
}
