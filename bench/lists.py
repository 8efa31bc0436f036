"""bench-lists: a list of a million interfaces in both engines, through the port that the REST lists use: the median of page 10,000 over that
of page 1, in several orders. The ratio is that of the worst order."""

import os

from common import close, note_load, say
from store import Postgres, figures

INTERFACES = int(os.environ.get("VIGIE_BENCH_INTERFACES", "1000000"))
PAGE = int(os.environ.get("VIGIE_BENCH_PAGE", str(INTERFACES // 100)))
GOAL = 1.2


def take(engine, *place):
    note_load()
    found = figures("list_figures", INTERFACES, PAGE, *place)
    say(f"{engine}: page {PAGE} of {INTERFACES} interfaces takes at most {found['worst_ratio']:.2f} times what page 1 takes")
    return found


def main():
    engines = {"sqlite": take("sqlite")}
    with Postgres() as server:
        engines["postgresql"] = take("postgresql", server.database("lists"))
    worst = max(found["worst_ratio"] for found in engines.values())
    close("lists", worst, figures={"goal": GOAL, **engines})


main()
