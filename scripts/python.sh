#!/usr/bin/env bash
# python.sh: the Python environment of the tests in target/tools/python, rebuilt when requirements.txt changes.
source "$(dirname "$0")/lib.sh"

venv=$TOOLS/python
sum=$(sha256sum "$ROOT/scripts/requirements.txt")
[ -f "$venv/.installed" ] && [ "$(cat "$venv/.installed")" = "$sum" ] && exit 0
say "installing the Python tools of the tests"
mkdir -p "$TOOLS"
python3 -m venv --clear "$venv" || die "python cannot make an environment; install python3-venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$ROOT/scripts/requirements.txt" >&2 ||
    die "pip cannot install scripts/requirements.txt"
printf '%s\n' "$sum" >"$venv/.installed"
