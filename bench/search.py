"""bench-search: the embedded store with syslog-like events over some days: a text query with three facets and a timeline, and the newest
hundred that match a filter."""

import os

from common import close, note_load, run_example

EVENTS = int(os.environ.get("VIGIE_BENCH_EVENTS", "2000000"))
DAYS = int(os.environ.get("VIGIE_BENCH_DAYS", "3"))


def main():
    note_load()
    figures = run_example("search", EVENTS, DAYS)
    close("search", 100 / figures["facets_p95_ms"], **figures)


main()
