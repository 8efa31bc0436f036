"""bench-samples: samples of interfaces into both engines, with their rollups: bytes a value on disk, the share of a core that 65,000 values a
second take, and how long the last week of one interface takes to read. The ratio is the goal over the figure, of the worst."""

import os

from common import close, note_load, say
from store import Postgres, figures

SUBJECTS = int(os.environ.get("VIGIE_BENCH_INTERFACES", "13000"))
WEEK = int(os.environ.get("VIGIE_BENCH_WEEK_INTERFACES", "300"))
RATE = 65_000
GOALS = {"core_share": 0.15, "bytes_a_value": 2, "week_of_one_ms": 20, "week_of_one_as_sampled_ms": 20}


def rounded(figures_of):
    return {name: round(figure, 4) if isinstance(figure, float) else figure for name, figure in figures_of.items()}


def take(engine, intake_place=(), week_place=(), server=None):
    note_load()
    before = server.cpu_seconds() if server else 0
    found = figures("sample_figures", "intake", SUBJECTS, *intake_place)
    if server:
        found["core_share_server"] = (server.cpu_seconds() - before) / found["values"] * RATE
        found["core_share"] += found["core_share_server"]
    found.update(figures("sample_figures", "week", WEEK, *week_place))
    say(f"{engine}: {found['core_share'] * 100:.1f} % of a core for {RATE} values a second, {found['bytes_a_value']:.2f} bytes a value "
        f"(rollups {found['rollup_bytes_a_value']:.2f} more), a week of one interface {found['week_of_one_ms']:.1f} ms")
    return rounded(found)


def main():
    engines = {"sqlite": take("sqlite")}
    with Postgres() as server:
        engines["postgresql"] = take("postgresql", [server.database("intake")], [server.database("week")], server)
    worst = min(goal / found[name] for found in engines.values() for name, goal in GOALS.items())
    close("samples", worst, figures={"values_per_second": RATE, **engines})


main()
