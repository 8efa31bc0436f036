"""docs/proof.md out of what a run of scripts/test.sh left: `document.py LOGS COMMIT SIZE MACHINE TOOK RESULT [BENCH=JSON…]`."""

import ast
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def shows(name):
    """What a proof says it shows: the first words of its program; empty for other suites."""
    path = os.path.join(HERE, f"{name}_proof.py")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as source:
        text = ast.get_docstring(ast.parse(source.read())) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")


def suites(logs):
    with open(os.path.join(logs, "summary.tsv"), encoding="utf-8") as lines:
        return [line.rstrip("\n").split("\t") for line in lines]


def told(logs, name):
    """The lines in which a suite says what it found or what failed."""
    path = os.path.join(logs, f"{name}.log")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", errors="replace") as lines:
        plain = [COLOUR.sub("", line.rstrip()) for line in lines]
    ours = re.compile(rf"(?:{re.escape(name)}: (?!\d+ passed)|FAILED |SKIPPED|test .* FAILED$|error: )")
    return [line for line in plain if ours.match(line)]


def main():
    logs, commit, size, machine, took, result, *benches = sys.argv[1:]
    print(f"# Proof\n\nWritten by `make proof`: every test and every proof at {size} size.\n")
    for name, value in (("Commit", commit), ("Machine", machine), ("Took", took), ("Result", result)):
        print(f"- {name}: {value}")
    print("\n| suite | what it shows | passed | failed | skipped | took |\n|---|---|---|---|---|---|")
    rows = suites(logs)
    for name, passed, failed, skipped, duration in rows:
        print(f"| {name} | {shows(name)} | {passed} | {failed} | {skipped} | {duration} |")
    lines = [line for name, *_ in rows for line in told(logs, name)]
    print("\n```\n" + "\n".join(lines) + "\n```")
    for bench in benches:
        name, figures = bench.split("=", 1)
        print(f"\n## bench-{name}\n\n```json\n{figures}\n```")


main()
