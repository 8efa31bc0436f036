# Elasticsearch, a single node without its optional modules; its address stands in `url`. VIGIE_ELASTICSEARCH_VERSION names another version.
source "$ROOT/scripts/services/search_node.sh"
PRODUCT=elasticsearch
GROUP=org.elasticsearch.distribution.integ-test-zip
VERSION=${VIGIE_ELASTICSEARCH_VERSION:-8.17.0}
ADDRESS=${VIGIE_ELASTICSEARCH_ADDRESS:-$NET.5.2}
OPTIONS=(-Expack.security.enabled=false)
