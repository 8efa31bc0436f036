#!/usr/bin/env bash
# web.sh: builds the web application into web/dist, unless what is there is newer than every source.
source "$(dirname "$0")/lib.sh"

"$ROOT/scripts/npm.sh" web
cd "$ROOT/web"
sources=(src public index.html package-lock.json vite.config.ts tsconfig.json)
if [ -f dist/index.html ] && [ -z "$(find "${sources[@]}" -newer dist/index.html -print -quit)" ]; then exit 0; fi
say "building the web application"
node_modules/.bin/vue-tsc --noEmit >&2 && node_modules/.bin/vite build --logLevel error >&2 || die "the web application does not build"
touch dist/index.html
