# OpenSearch, a single node without its optional modules; its address stands in `url`. VIGIE_OPENSEARCH_VERSION names another version.
source "$ROOT/scripts/services/search_node.sh"
PRODUCT=opensearch
GROUP=org.opensearch.distribution.integ-test-zip
VERSION=${VIGIE_OPENSEARCH_VERSION:-2.19.4}
ADDRESS=${VIGIE_OPENSEARCH_ADDRESS:-$NET.5.1}
