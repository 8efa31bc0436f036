#!/usr/bin/env bash
# cargo.sh ARGUMENT…: cargo at the root of the tree, wherever it was installed.
source "$(dirname "$0")/lib.sh"
cd "$ROOT"
exec cargo "$@"
