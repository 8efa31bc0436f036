#!/usr/bin/env bash
# clean.sh: removes what was built and installed here; .state/, the server's own data, stays.
source "$(dirname "$0")/lib.sh"

cd "$ROOT"
rm -rf target .tools web/dist web/node_modules e2e/node_modules e2e/artefacts e2e/test-results scripts/tools/node_modules
