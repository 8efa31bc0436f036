#!/usr/bin/env bash
# npm.sh FOLDER…: `npm ci` in each, only where the lock is not the one that was installed.
source "$(dirname "$0")/lib.sh"

for folder in "$@"; do
    cd "$ROOT/$folder"
    sum=$(sha256sum package-lock.json package.json | sha256sum)
    stamp=node_modules/.installed
    [ -f $stamp ] && [ "$(cat $stamp)" = "$sum" ] && continue
    say "npm ci in $folder"
    npm ci --no-audit --no-fund --loglevel=error >&2 || die "npm ci failed in $folder"
    printf '%s\n' "$sum" >$stamp
done
