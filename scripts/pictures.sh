#!/usr/bin/env bash
# pictures.sh: takes the pictures of the documents into docs/images/ from a server that runs, at VIGIE_URL (default
# https://localhost:8000), with the password of admin in VIGIE_ADMIN_PASSWORD_FILE. They are worth taking after a while:
#   make demo, half an hour later: vigie lab fail par-b2-acc-3, a minute later: scripts/pictures.sh
source "$(dirname "$0")/lib.sh"

[ -r "${VIGIE_ADMIN_PASSWORD_FILE:-}" ] || die "VIGIE_ADMIN_PASSWORD_FILE names no readable file: write the password of admin into one"
"$ROOT/scripts/npm.sh" e2e
cd "$ROOT/e2e" && exec node_modules/.bin/playwright test --config pictures.config.ts
