#!/usr/bin/env bash
# pictures.sh: copies the pictures that the documents show from the last browser run to docs/images/.
source "$(dirname "$0")/lib.sh"

from=$ROOT/e2e/artefacts to=$ROOT/docs/images
declare -A pictures=(
    [overview-dark-desktop]=overview [map-light-wide]=map [device-summary-desktop]=device [port-desktop]=port
    [discovery]=discovery [alert]=alerts [overview-dark-phone]=phone
)
mkdir -p "$to"
for name in "${!pictures[@]}"; do
    [ -f "$from/$name.png" ] || die "no picture $name: run the browser tests first"
    cp "$from/$name.png" "$to/${pictures[$name]}.png"
done
