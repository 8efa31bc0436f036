"""Sums what the test runners said: `count.py LOG…` prints four numbers: passed, failed, skipped, and waiting for recordings."""

import re
import sys

COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# Each runner's closing line; the named groups that a line has are added.
LINES = [
    re.compile(r"test result: \w+\. (?P<passed>\d+) passed; (?P<failed>\d+) failed; (?P<waiting>\d+) ignored"),  # cargo
    re.compile(r"\s+Tests\s+(?:(?P<failed>\d+) failed \| )?(?P<passed>\d+) passed(?: \| (?P<skipped>\d+) skipped)?"),  # vitest
    re.compile(r"\s+Tests\s+(?P<failed>\d+) failed"),  # vitest, none passed
    re.compile(r"  (?P<passed>\d+) passed \("),  # playwright
    re.compile(r"  (?P<failed>\d+) (?:failed|flaky|did not run)$"),
    re.compile(r"  (?P<skipped>\d+) skipped$"),
    re.compile(r"(?:\w[\w-]*: )?(?P<passed>\d+) passed, (?P<failed>\d+) failed(?:, (?P<skipped>\d+) skipped)?$"),  # ours
]


# A test of ours that was left out says so in the middle of the runner's lines, and the runner counts it as passed.
LEFT_OUT = re.compile(r"^SKIPPED: ", re.MULTILINE)


def count(text):
    left_out = len(LEFT_OUT.findall(text))
    sums = {"passed": -left_out, "failed": 0, "skipped": left_out, "waiting": 0}
    for line in COLOUR.sub("", text).splitlines():
        match = next((m for m in (pattern.match(line) for pattern in LINES) if m), None)
        for name, value in (match.groupdict() if match else {}).items():
            sums[name] += int(value or 0)
    return sums


def main():
    text = "".join(open(path, encoding="utf-8", errors="replace").read() for path in sys.argv[1:])
    sums = count(text)
    print("{passed} {failed} {skipped} {waiting}".format(**sums))


main()
