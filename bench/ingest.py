"""bench-ingest: syslog-like events into the embedded store: taken in and searchable a second at full speed, then at a steady rate how long
until an event is searchable; memory and disk. The events are made on the same cores. Beside it OpenSearch is fed the same events by `_bulk`,
from files that were made before.

VIGIE_BENCH_EVENTS, VIGIE_BENCH_RATE: how many, and how many a second. VIGIE_BENCH_PEER_EVENTS: how many OpenSearch gets, 0 for none;
VIGIE_BENCH_HEAP: its heap; VIGIE_BENCH_WORKERS: requests at once."""

import os
import tempfile

from common import close, note_load, run_example
from opensearch import OpenSearch

EVENTS = int(os.environ.get("VIGIE_BENCH_EVENTS", "2000000"))
RATE = int(os.environ.get("VIGIE_BENCH_RATE", "60000"))
PEER_EVENTS = int(os.environ.get("VIGIE_BENCH_PEER_EVENTS", "2000000"))
WORKERS = int(os.environ.get("VIGIE_BENCH_WORKERS", "2"))


def peer():
    with tempfile.TemporaryDirectory() as folder, OpenSearch() as server:
        made = run_example("bulk", PEER_EVENTS, folder)["events"]
        took, stored = server.feed(folder, WORKERS)
        if stored["docs"]["count"] != made:
            raise RuntimeError(f"OpenSearch has {stored['docs']['count']} of {made} events")
        note_load()
        return {"events": made, "searchable_a_second": round(made / took), "disk_bytes_an_event": stored["store"]["size_in_bytes"] // made}


def main():
    note_load()
    figures = run_example("ingest", EVENTS, RATE)
    if PEER_EVENTS == 0:
        close("ingest", figures["searchable_a_second"] / 60_000, figures=figures)
        return
    figures["opensearch"] = peer()
    close("ingest", figures["searchable_a_second"] / figures["opensearch"]["searchable_a_second"], figures=figures)


main()
