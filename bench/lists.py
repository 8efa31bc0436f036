"""bench-lists: the list endpoint with a million interfaces in both engines: the median of page 10,000 over that of page 1, of 100 rows each,
in several orders, over plain HTTP on one connection. The ratio is that of the worst order."""

import json
import os
import statistics
import time

from common import BINARY, LIMITS, close, keep_alive, median_ms, note_load, say, vigie
from store import Postgres, run

INTERFACES = int(os.environ.get("VIGIE_BENCH_INTERFACES", "1000000"))
PAGE = int(os.environ.get("VIGIE_BENCH_PAGE", str(INTERFACES // 100)))
GOAL = 1.2
FILE = "vigie.db"  # of SQLite, in the state directory
ROUNDS, TIMES = 20, 10  # both pages in turn: what else the machine does hits both

# As the list is first shown, by its own columns in either direction, and with a filter; and the share of rows that pass.
ORDERS = {
    "id": ("ordering=id", 1),
    "name": ("ordering=name", 1),
    "-name": ("ordering=-name", 1),
    "-if_index": ("ordering=-if_index", 1),
    "oper_status": ("ordering=oper_status", 1),
    "-oper_status": ("ordering=-oper_status", 1),
    "down by name": ("ordering=name&oper_status=down", 0.5),
}


def walk(ask, path, page):
    """The path of a page, come by as a reader comes by it: page after page."""
    for _ in range(page - 1):
        path = json.loads(ask(path))["next"]
    return path


def compare(ask, order, share):
    first = f"/api/v1/interfaces?page_size=100&{order}"
    began = time.monotonic()
    far = walk(ask, first, int(PAGE * share))
    walked = time.monotonic() - began
    for path in (first, far):
        if len(json.loads(ask(path))["results"]) != 100:
            raise RuntimeError(f"{path} is not full")
    rounds = [(median_ms(lambda: ask(first), TIMES), median_ms(lambda: ask(far), TIMES)) for _ in range(ROUNDS)]
    near, far = (statistics.median(side) for side in zip(*rounds))
    return {"first_ms": round(near, 3), "far_ms": round(far, 3), "ratio": round(far / near, 3), "walked_s": round(walked, 1)}


def take(place, engine, configuration, state):
    """The figures of one engine, filled before it is served."""
    began = time.monotonic()
    run("fill_interfaces", INTERFACES, state)
    filled = time.monotonic() - began
    note_load()
    server = place.run(vigie.Server(place.path, LIMITS + configuration, binary=BINARY, tls=False))
    ask = keep_alive(server, server.admin().as_key("bench", ["devices:read"]).token)
    orders = {name: compare(ask, *order) for name, order in ORDERS.items()}
    server.stop()
    note_load()
    worst = max(order["ratio"] for order in orders.values())
    say(f"{engine}: page {PAGE} of {INTERFACES} interfaces takes at most {worst:.2f} times what page 1 takes")
    return {"worst_ratio": worst, "filled_s": round(filled, 1), "orders": orders}


def main():
    engines = {}
    with vigie.Place() as place:
        os.makedirs(os.path.join(place.path, "state"), mode=0o700)
        engines["sqlite"] = take(place, "sqlite", "", os.path.join(place.path, "state", FILE))
    with Postgres() as server, vigie.Place() as place:
        url = server.database("lists")
        engines["postgresql"] = take(place, "postgresql", f"[store]\nurl = \"{url}\"\n", url)
    close("lists", max(found["worst_ratio"] for found in engines.values()), figures={"goal": GOAL, "interfaces": INTERFACES, "page": PAGE, **engines})


main()
