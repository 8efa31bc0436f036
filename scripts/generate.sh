#!/usr/bin/env bash
# generate.sh [--check]: rewrites the generated files; with --check, fails when one is stale.
source "$(dirname "$0")/lib.sh"

cd "$ROOT"
generated=(docs/api docs/configuration.md web/src/api/schema.d.ts)
before=$(find "${generated[@]}" -type f -exec sha256sum {} + 2>/dev/null | sort)
cargo xtask generate
"$ROOT/scripts/npm.sh" web
npm --prefix web run --silent api >/dev/null
after=$(find "${generated[@]}" -type f -exec sha256sum {} + 2>/dev/null | sort)
[ "${1:-}" != --check ] || [ "$before" = "$after" ] || {
    diff <(echo "$before") <(echo "$after") | sed -n 's/^[<>] [0-9a-f]* */stale: /p' | sort -u >&2
    die "generated files are stale; run: make generate"
}
