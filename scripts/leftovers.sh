#!/usr/bin/env bash
# leftovers.sh RUN: names every process and namespace that a test run left behind; fails when there is one. Processes
# are known by VIGIE_TEST_RUN=RUN, which they inherit; namespaces by their prefix.
source "$(dirname "$0")/lib.sh"

run=$1 found=0

parent() { sed -E 's/^.*\) . ([0-9]+) .*/\1/' "/proc/$1/stat" 2>/dev/null || true; }

for environ in /proc/[0-9]*/environ; do
    pid=${environ#/proc/}; pid=${pid%/environ}
    grep -qz "^VIGIE_TEST_RUN=$run$" "$environ" 2>/dev/null || continue
    # The run itself and this check are no leftovers: they are the ancestors of this shell, and its own children.
    [[ " ${KEEP_PIDS:-} $$ $PPID $BASHPID " == *" $pid "* ]] && continue
    # What the run itself waits for right now: what keeps this check's own log.
    [[ " ${KEEP_PIDS:-} " == *" $(parent "$pid") "* ]] && continue
    alive "$pid" || continue
    say "left running: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c1-120)"
    found=1
done
for space in /run/netns/"v$run"-*; do
    [ -e "$space" ] || continue
    say "left namespace: ${space##*/}"
    found=1
done
exit $found
