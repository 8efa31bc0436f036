"""bench-ingest: syslog-like events into the embedded store: taken in and searchable a second at full speed, then at a steady rate how long
until an event is searchable; memory and disk. The events are made on the same cores."""

import os

from common import close, note_load, run_example

EVENTS = int(os.environ.get("VIGIE_BENCH_EVENTS", "2000000"))
RATE = int(os.environ.get("VIGIE_BENCH_RATE", "60000"))


def main():
    note_load()
    figures = run_example("ingest", EVENTS, RATE)
    close("ingest", figures["searchable_a_second"] / 60_000, **figures)


main()
