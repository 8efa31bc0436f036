#!/usr/bin/env bash
# run.sh: from a fresh machine to a running server. State in .state/, or where VIGIE_STATE_DIR says.
source "$(dirname "$0")/lib.sh"

"$ROOT/scripts/build.sh"
exec "$TARGET/debug/vigie" serve --state-dir "${VIGIE_STATE_DIR:-$ROOT/.state}" --listen "${VIGIE_LISTEN:-127.0.0.1:8000}"
