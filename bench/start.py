"""bench-start: with 10,000 devices, how long from the start until the first device list and topology are answered and the
first poll is sent; memory idle and after five minutes of polling with one page open; size of the stripped binary."""

import os
import time

from common import BINARY, LIMITS, close, note_load, resident_bytes, say, vigie

DEVICES = int(os.environ.get("VIGIE_BENCH_DEVICES", "10000"))
MINUTES = float(os.environ.get("VIGIE_BENCH_MINUTES", "5"))
PREFIX = f"{vigie.NET}.128.0/18"
PORT = 1661


def address(number):
    number += 1
    return f"{vigie.NET}.{128 + (number >> 8)}.{number & 255}"


def received(lab):
    """Requests that the lab has heard, over its control socket."""
    return lab.ask("status")["received"]


def start(server, lab, token):
    """Starts it; seconds until each first thing."""
    note_load()
    heard, began, first = received(lab), time.monotonic(), {}
    server.launch()
    first["ready"] = time.monotonic() - began
    reader = vigie.Client(server.base, server.ca(), token)
    for name, path in (("device_list", "devices?page_size=25"), ("topology", "topology")):
        if not vigie.eventually(lambda: reader.ask("GET", path).status == 200, 60, 0.01):
            raise RuntimeError(f"{path} was not answered within 60 s of the start")
        first[name] = time.monotonic() - began
    if not vigie.eventually(lambda: received(lab) > heard, 30, 0.005):
        raise RuntimeError("no poll was sent within 30 s of the start")
    first["poll"] = time.monotonic() - began
    return first


def page_open(server):
    """A real browser that is signed in and looks at the overview."""
    script = os.path.join(vigie.ROOT, "bench", "page.mjs")
    return vigie.Program("page", ["node", script, server.base, "admin", vigie.PASSWORD], os.path.join(server.folder, "page.log"))


def main():
    with vigie.Place() as place:
        lab = place.run(vigie.Lab(place.path, PREFIX, devices=DEVICES, port=PORT, binary=BINARY))
        server = place.run(vigie.Server(place.path, LIMITS, binary=BINARY))
        admin = server.admin()
        time.sleep(5)
        empty = resident_bytes(server.pid)
        credential = admin.post("credentials", {"name": "lab", "kind": "snmp_v2c", "community": "public"})["id"]
        began = time.monotonic()
        vigie.seed(admin, DEVICES, address, credentials=[credential], snmp_port=PORT, monitored=False)
        say(f"{DEVICES} devices made in {time.monotonic() - began:.1f} s")
        key = admin.as_key("bench", ["devices:read", "topology:read", "dashboards:read"])

        server.stop()
        server.launch()
        time.sleep(10)
        idle = resident_bytes(server.pid)
        say(f"memory: {empty / 1e6:.1f} MB empty, {idle / 1e6:.1f} MB idle with {DEVICES} devices")

        watch_all(server.admin())
        page = place.run(page_open(server))
        time.sleep(MINUTES * 60)
        if not page.alive():
            raise RuntimeError(f"the page did not stay open:\n{page.tail()}")
        polling = resident_bytes(server.pid)
        note_load()
        with open(f"/proc/{server.pid}/status", encoding="utf-8") as status:
            peak = int(next(line for line in status if line.startswith("VmHWM:")).split()[1]) * 1024
        page.stop()
        up = server.admin().get("devices?status=up&page_size=1")["meta"]["total_estimate"]
        say(f"memory after {MINUTES:g} min of polling {DEVICES} devices ({up} up) with a page open: {polling / 1e6:.1f} MB, peak {peak / 1e6:.1f} MB")

        server.stop()
        first = start(server, lab, key.token)
        say("first after the start: " + ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in first.items()))
    size = os.path.getsize(BINARY)
    slowest = max(first.values())
    close("start", 1 / slowest, devices=DEVICES, devices_up=up, **{f"first_{name}_ms": round(seconds * 1000) for name, seconds in first.items()},
          memory_empty_bytes=empty, memory_idle_bytes=idle, memory_polling_bytes=polling, memory_peak_bytes=peak, polling_minutes=MINUTES, binary_bytes=size)


def watch_all(admin):
    rows = list(admin.rows("devices?fields=id,version"))
    for at in range(0, len(rows), 1000):
        operations = [{"op": "update", "id": row["id"], "if_match": f"\"{row['version']}\"", "data": {"monitored": True}} for row in rows[at:at + 1000]]
        answer = admin.post("devices/bulk", {"operations": operations, "atomic": True}, limit=300)
        if answer["failed"]:
            raise RuntimeError(f"cannot watch: {answer['results'][0]}")


main()
