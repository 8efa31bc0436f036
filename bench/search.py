"""bench-search: syslog-like events over some days in the embedded store, and beside it in OpenSearch, which Vigie's own store of events over a
cluster fills and asks: the same events, searches and answers. Searches for everything, for up to 5 %, 0.35 % and 0.1 % of the events, each
with three facets and a timeline, and for the newest hundred that match a filter.

VIGIE_BENCH_EVENTS: how many, or several such numbers with commas between; VIGIE_BENCH_DAYS. VIGIE_BENCH_PEER_EVENTS: up to how many OpenSearch
is asked too, 0 for none; VIGIE_BENCH_HEAP: its heap. VIGIE_BENCH_FOLDER: where the embedded store stays for the next run."""

import contextlib
import os
import tempfile

from common import close, note_load, run_example, say
from opensearch import OpenSearch

SIZES = [int(events) for events in os.environ.get("VIGIE_BENCH_EVENTS", "1000000").split(",")]
DAYS = int(os.environ.get("VIGIE_BENCH_DAYS", "3"))
PEER_EVENTS = int(os.environ.get("VIGIE_BENCH_PEER_EVENTS", "1000000"))
FOLDER = os.environ.get("VIGIE_BENCH_FOLDER")


def own(events):
    with tempfile.TemporaryDirectory() if FOLDER is None else contextlib.nullcontext(FOLDER) as folder:
        place = os.path.join(folder, f"{events}-{DAYS}")
        os.makedirs(place, exist_ok=True)
        return run_example("search", events, DAYS, place)


def peer(events):
    with OpenSearch() as server:
        return run_example("search", events, DAYS, server.url)


def compare(ours, theirs):
    """How many times faster, in the median of each sort of search; both must have found the same."""
    for name, group in ours["groups"].items():
        if group["found"] != theirs["groups"][name]["found"]:
            raise RuntimeError(f"{name}: {group['found']} events here, {theirs['groups'][name]['found']} in OpenSearch")
    return {name: round(theirs["groups"][name]["p50_ms"] / group["p50_ms"], 2) for name, group in ours["groups"].items()}


def main():
    note_load()
    figures, ratio = [], None
    for events in SIZES:
        ours = own(events)
        note_load()
        for name, group in ours["groups"].items():
            say(f"{events} events, {name}: {group}")
        figures.append({"embedded": ours})
        if events > PEER_EVENTS:
            continue
        theirs = peer(events)
        note_load()
        for name, group in theirs["groups"].items():
            say(f"{events} events in opensearch, {name}: {group}")
        faster = compare(ours, theirs)
        figures[-1] |= {"opensearch": theirs, "times_faster": faster}
        ratio = min(faster.values())
    slowest = max(group["p95_ms"] for name, group in figures[-1]["embedded"]["groups"].items() if name not in ("everything", "newest"))
    close("search", ratio or 100 / slowest, figures=figures)


main()
