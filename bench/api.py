"""bench-api: the cached dashboard with authentication on, beside a bare axum handler that returns the same bytes; page 1
and page 400 of 10,000 devices; 1,000 interfaces in one NDJSON request and as ten pages. Plain HTTP on both sides."""

import json
import os
import re
import statistics
import subprocess

from common import LIMITS, BINARY, close, keep_alive, median_ms, note_load, say, vigie

DEVICES = 10_000
CONNECTIONS = 64
SECONDS = int(os.environ.get("VIGIE_BENCH_SECONDS", "20"))
ROUNDS = 5  # ours and theirs in turn: what else the machine does hits both
PREFIX = f"{vigie.NET}.96.0/24"
KEYS = 32  # a caller has a limit of requests; so many callers stay below it


def wrk(base, path, script):
    note_load()
    done = subprocess.run(["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{max(1, SECONDS // ROUNDS)}s", "--latency", "-s", script, base + path], check=True, capture_output=True, text=True)
    errors = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    if errors:
        raise RuntimeError(f"{errors.group(1)} answers were errors:\n{done.stdout}")
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1)), float(tail.group(1)) * {"us": 0.001, "ms": 1, "s": 1000}[tail.group(2)]


def dashboards(place, server, admin):
    path = "/api/v1/dashboards/network"
    keys = [admin.as_key(f"bench {n}", ["dashboards:read"]).token for n in range(KEYS)]
    script = os.path.join(place.path, "keys.lua")
    with open(script, "w", encoding="utf-8") as lua:
        lua.write("local keys = {" + ",".join(f'"Bearer {key}"' for key in keys) + "}\nlocal n = 0\n"
                  "request = function()\n  n = n % #keys + 1\n  wrk.headers[\"Authorization\"] = keys[n]\n  return wrk.format()\nend\n")
    body = os.path.join(place.path, "dashboard.json")
    with open(body, "wb") as file:
        file.write(admin.ask("GET", path).body)
    port = vigie.free_port()
    bare = place.run(vigie.Program("bare", [os.path.join(os.path.dirname(BINARY), "examples", "bare"), f"127.0.0.1:{port}", body], os.path.join(place.path, "bare.log")))
    base = f"http://127.0.0.1:{port}"
    vigie.eventually(lambda: subprocess.run(["curl", "-s", base], capture_output=True).returncode == 0, 10)
    wrk(f"http://127.0.0.1:{server.port}", path, script)  # both warm
    wrk(base, path, script)
    rounds = [(wrk(f"http://127.0.0.1:{server.port}", path, script), wrk(base, path, script)) for _ in range(ROUNDS)]
    bare.stop()
    ratio = statistics.median(ours[0] / theirs[0] for ours, theirs in rounds)
    ours, theirs = (tuple(statistics.median(side[n] for side in sides) for n in (0, 1)) for sides in zip(*rounds))
    say(f"dashboard: {ours[0]:.0f} requests/s, bare handler {theirs[0]:.0f} ({os.path.getsize(body)} bytes), ratio {ratio:.2f}")
    return ratio, ours, theirs, os.path.getsize(body)


def pages(ask):
    first = path = "/api/v1/devices?page_size=25&ordering=name"
    for _ in range(399):
        path = json.loads(ask(path))["next"]
    ask(first), ask(path)
    rounds = [(median_ms(lambda: ask(first), 20), median_ms(lambda: ask(path), 20)) for _ in range(ROUNDS)]
    early, late = (statistics.median(side) for side in zip(*rounds))
    say(f"page 1 in {early:.2f} ms, page 400 in {late:.2f} ms")
    return early, late


def interfaces(admin, ask):
    """Devices whose ports sum up to about a thousand; one request, and ten pages."""
    chosen, total = [], 0
    for device in admin.rows("devices?monitored=true"):
        ports = device["state"]["interfaces_total"]
        if ports and total + ports <= 1000:
            chosen.append(device["id"])
            total += ports
    path = f"/api/v1/interfaces?device_id__in={','.join(chosen)}"

    def stream():
        return ask(path, "application/x-ndjson")

    def walk():
        here, rows = path + "&page_size=100", 0
        while here:
            page = json.loads(ask(here))
            here, rows = page["next"], rows + len(page["results"])
        return rows
    lines = stream().count(b"\n") - 1
    if walk() != lines:
        raise RuntimeError("the pages do not hold what the stream holds")
    one, ten = median_ms(stream, 50), median_ms(walk, 20)
    say(f"{lines} interfaces: one NDJSON request in {one:.1f} ms, as pages in {ten:.1f} ms")
    return lines, one, ten


def main():
    with vigie.Place() as place:
        place.run(vigie.Lab(place.path, PREFIX, devices=120, port=1461, binary=BINARY))
        server = place.run(vigie.Server(place.path, LIMITS, binary=BINARY, tls=False))
        admin = server.admin()
        vigie.discover(admin, [PREFIX], port=1461)
        vigie.seed(admin, DEVICES - 120, lambda n: f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", monitored=False)
        ask = keep_alive(server, admin.token)
        early, late = pages(ask)
        count, one, ten = interfaces(admin, ask)
        ratio, ours, theirs, size = dashboards(place, server, admin)
    close("api", ratio, dashboard_requests_per_second=round(ours[0]), bare_requests_per_second=round(theirs[0]),
          dashboard_p99_ms=round(ours[1], 2), bare_p99_ms=round(theirs[1], 2), dashboard_bytes=size, connections=CONNECTIONS,
          page_1_ms=round(early, 2), page_400_ms=round(late, 2), page_400_ratio=round(late / early, 3),
          interfaces=count, interfaces_ndjson_ms=round(one, 1), interfaces_ten_pages_ms=round(ten, 1))


if __name__ == "__main__":
    main()
