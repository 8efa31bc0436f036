#!/usr/bin/env bash
# generate.sh [--check]: rewrites the generated files; with --check, only says which are stale, and fails.
source "$(dirname "$0")/lib.sh"

cd "$ROOT"
"$ROOT/scripts/npm.sh" web
client=web/src/api/schema.d.ts
if [ "${1:-}" != --check ]; then
    cargo xtask generate
    npm --prefix web run --silent api >/dev/null
    exit 0
fi

cargo xtask generate --check
fresh=$TARGET/schema.d.ts
(cd web && node_modules/.bin/openapi-typescript ../docs/api/openapi.v1.json -o "$fresh" >/dev/null)
cmp -s "$fresh" $client || die "$client: stale, run make generate"
