"""bench-cache: a hit in memory, in a Redis on loopback and on disk; a stampede of 1,000 requests on two nodes; the
dashboards of 100 audiences warmed at the start, beside 1,000 devices. The ratio is the goal over the figure, of the worst."""

import json
import os
import re
import subprocess
import urllib.request

from common import BINARY, LIMITS, close, note_load, say, vigie

AUDIENCES = 100
DEVICES = 1_000
GOALS = {"l1_hit_us": 2, "l2_hit_ms": 0.5, "stampede_fetches": 1, "warm_ms": 1_000}


def redis(place):
    port = vigie.free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", place.path]
    place.run(vigie.Program("redis", command, os.path.join(place.path, "redis.log")))
    alive = lambda: subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True, check=False).stdout == b"PONG\n"
    if not vigie.eventually(alive, 10):
        raise RuntimeError("redis did not start")
    return f"redis://127.0.0.1:{port}/0"


def levels(place, url):
    note_load()
    example = os.path.join(os.path.dirname(BINARY), "examples", "cache_figures")
    done = subprocess.run([example, url, os.path.join(place.path, "disk")], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def metric(server, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        found = re.search(rf"^{name} (\S+)$", answer.read().decode(), re.M)
    return float(found.group(1)) if found else None


def audiences(admin):
    """A user for each, who sees another site: none sees the same as another."""
    for number in range(AUDIENCES):
        site = admin.post("sites", {"name": f"site {number}"})["id"]
        grant = {"sites": [site], "device_groups": [], "realms": []}
        admin.post("users", {"username": f"user-{number}", "password": vigie.PASSWORD, "roles": ["viewer"], "scope": grant})


def warm(place, url):
    server = place.run(vigie.Server(place.path, f'{LIMITS}[cache.redis]\nurl = "{url}"\n', binary=BINARY, tls=False))
    admin = server.admin()
    vigie.seed(admin, DEVICES, lambda number: f"198.18.{number >> 8}.{number & 255}", credentials=[], monitored=False)
    audiences(admin)
    server.stop()
    note_load()
    server.launch()
    if not vigie.eventually(lambda: (metric(server, "cache_warmed_total") or 0) > AUDIENCES, 60):
        raise RuntimeError("the dashboards were not warmed")
    return {"warm_dashboards": int(metric(server, "cache_warmed_total")), "warm_ms": round(metric(server, "cache_warming_seconds") * 1000)}


def main():
    with vigie.Place() as place:
        url = redis(place)
        figures = levels(place, url)
        say(f"a hit: {figures['l1_hit_us']} us in memory, {figures['l2_hit_ms']} ms in redis, {figures['l3_hit_ms']} ms on disk")
        say(f"{figures['stampede_requests']} requests on two nodes: {figures['stampede_fetches']} fetch in {figures['stampede_ms']} ms")
        figures.update(warm(place, url))
        say(f"{figures['warm_dashboards']} dashboards warm in {figures['warm_ms']} ms, {DEVICES} devices")
    ratio = min(goal / figures[name] for name, goal in GOALS.items())
    close("cache", ratio, devices=DEVICES, **figures)


main()
