"""Sums what the test runners said: `count.py LOG…` prints four numbers: passed, failed, skipped, and waiting for recordings.
`count.py --failed LOG…` names what failed instead, a line each, with the first line that says why."""

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

# How each runner names what failed, and where cargo's tests say why.
FAILED = [
    re.compile(r"test (?P<name>\S.*) \.\.\. FAILED$"),  # cargo
    re.compile(r" FAIL  (?P<name>\S.*)"),  # vitest
    re.compile(r"    (?P<name>\[\w[\w-]*\] › .+?) ?─*$"),  # playwright's closing list
    re.compile(r"FAILED (?P<name>\S.*)"),  # ours
]
PANIC = re.compile(r"thread '(?P<name>[^']+)' (?:\(\d+\) )?panicked at (?P<place>\S+?):?$")


def failures(text):
    """Names of what failed, in order, once each; a cargo test with the place and first words of its panic."""
    lines = COLOUR.sub("", text).splitlines()
    why = {}
    for at, line in enumerate(lines):
        if match := PANIC.match(line):
            said = lines[at + 1].strip() if at + 1 < len(lines) else ""
            why.setdefault(match["name"], f"{match['place']}: {said}")
    names = {}
    for line in lines:
        if match := next((m for m in (pattern.match(line) for pattern in FAILED) if m), None):
            name = match["name"]
            names[f"{name} ({why[name]})" if name in why else name] = None
    return list(names)


def count(text):
    left_out = len(LEFT_OUT.findall(text))
    sums = {"passed": -left_out, "failed": 0, "skipped": left_out, "waiting": 0}
    for line in COLOUR.sub("", text).splitlines():
        match = next((m for m in (pattern.match(line) for pattern in LINES) if m), None)
        for name, value in (match.groupdict() if match else {}).items():
            sums[name] += int(value or 0)
    return sums


def main():
    named = sys.argv[1] == "--failed"
    text = "".join(open(path, encoding="utf-8", errors="replace").read() for path in sys.argv[1 + named:])
    if named:
        print(*failures(text), sep="\n")
        return
    sums = count(text)
    print("{passed} {failed} {skipped} {waiting}".format(**sums))


main()
