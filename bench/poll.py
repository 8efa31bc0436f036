"""bench-poll: the agents of the lab polled by Vigie, by prometheus-snmp-exporter and by snmpbulkwalk under xargs -P:
values per processor second of the poller. Vigie's are counted in its store, the others' in what they print."""

import os
import re
import statistics
import subprocess
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from common import BINARY, LIMITS, children_seconds, close, cpu_seconds, note_load, say, vigie

DEVICES = int(os.environ.get("VIGIE_BENCH_DEVICES", "200"))
SECONDS = int(os.environ.get("VIGIE_BENCH_SECONDS", "60"))
PERIOD = 5
ROUNDS = 3  # ours and theirs in turn: what else the machine does hits both
TOGETHER = 8  # targets that the exporter may be asked for at a time
PREFIX = f"{vigie.NET}.112.0/22"
PORT = 1561
SERVICES = os.path.join(vigie.ROOT, "scripts", "services.sh")
# The columns of the exporter's module, one subtree after the other as snmpbulkwalk takes them.
COLUMNS = [f"1.3.6.1.2.1.2.2.1.{n}" for n in (7, 8, 13, 14, 19, 20)] + [f"1.3.6.1.2.1.31.1.1.1.{n}" for n in range(6, 14)]


def stored(admin):
    return next(store["values"] for store in admin.get("system/storage")["stores"] if store["name"] == "samples")


def start_vigie(place):
    """The server, with the lab discovered."""
    server = place.run(vigie.Server(place.path, LIMITS + f"[polling]\ninterval_seconds = {PERIOD}\ntimeout_ms = 800\n", binary=BINARY, tls=False))
    admin = server.admin()
    run = vigie.discover(admin, [PREFIX], port=PORT, limit=300)["last_run"]
    if run["found"]["devices"] != DEVICES:
        raise RuntimeError(f"found {run['found']} instead of {DEVICES} devices")
    return server, [device["address"] for device in admin.rows("devices")]


def by_vigie(server):
    """Values in its store a processor second, over some periods in its rhythm."""
    admin = server.admin()
    before = stored(admin)
    vigie.eventually(lambda: stored(admin) > before, 60, 0.5)
    time.sleep(3 * PERIOD)  # what the start and discovery left to do is done
    values, used, began = stored(admin), cpu_seconds(server.pid), time.monotonic()
    time.sleep(SECONDS / ROUNDS)
    values, used, took = stored(admin) - values, cpu_seconds(server.pid) - used, time.monotonic() - began
    note_load()
    say(f"vigie: {values} values stored in {took:.0f} s, {used:.2f} s of processor time")
    return values, used


def by_exporter(exporter, addresses):
    """Values it prints a processor second. Each target is asked for once a period, spread evenly over it as Prometheus does."""
    base = f"http://{vigie.NET}.4.1:9116/snmp?module=vigie&target="
    targets = addresses * max(1, round(SECONDS / PERIOD / ROUNDS))
    gap = PERIOD / len(addresses)
    used, began = cpu_seconds(exporter), time.monotonic()

    def scrape(number):
        wait = began + number * gap - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        with urllib.request.urlopen(f"{base}{targets[number]}:{PORT}", timeout=30) as answer:
            return len(re.findall(rb"^(?:if|sys)", answer.read(), re.M))
    with ThreadPoolExecutor(TOGETHER) as pool:
        values = sum(pool.map(scrape, range(len(targets))))
    used = cpu_seconds(exporter) - used
    note_load()
    say(f"snmp_exporter: {values} values printed in {time.monotonic() - began:.0f} s, {used:.2f} s of processor time")
    return values, used


def in_turn(place):
    """Both by rounds; the other does not run meanwhile."""
    server, addresses = start_vigie(place)
    ours, theirs = [], []
    environment = {**os.environ, "VIGIE_RUN_DIR": os.path.join(vigie.TARGET, "services")}
    for turn in range(ROUNDS):
        if turn:
            server.launch()
        ours.append(by_vigie(server))
        server.stop()
        subprocess.run([SERVICES, "start", "snmp-exporter"], check=True, env=environment)
        try:
            with open(os.path.join(environment["VIGIE_RUN_DIR"], "snmp-exporter", "snmp-exporter.pid"), encoding="utf-8") as file:
                theirs.append(by_exporter(int(file.read()), addresses))
        finally:
            subprocess.run([SERVICES, "stop", "snmp-exporter"], check=False, env=environment)
    return ours, theirs, addresses


def by_bulkwalk(place, addresses):
    """Each device's columns by one process after the other, eight devices at a time."""
    walks = os.path.join(place.path, "walks.txt")
    with open(walks, "w", encoding="utf-8") as file:
        file.writelines(f"{address}:{PORT} {column}\n" for address in addresses for column in COLUMNS)
    used = children_seconds()
    with open(walks, encoding="utf-8") as lines:
        walked = subprocess.run(["xargs", "-P", "8", "-L", "1", "snmpbulkwalk", "-v2c", "-c", "public", "-Oqn", "-Cr25", "-t", "5"], stdin=lines,
                                stdout=subprocess.PIPE, check=False, env={**os.environ, "MIBS": ""})
    used = children_seconds() - used
    values = walked.stdout.count(b"\n")
    say(f"snmpbulkwalk: {values} values printed, {used:.2f} s of processor time")
    return values / used


def rate(rounds):
    return statistics.median(values / used for values, used in rounds)


def main():
    with vigie.Place() as place:
        place.run(vigie.Lab(place.path, PREFIX, devices=DEVICES, port=PORT, binary=BINARY))
        ours, theirs, addresses = in_turn(place)
        bulkwalk = by_bulkwalk(place, addresses)
    ratio = statistics.median(a[0] / a[1] / (b[0] / b[1]) for a, b in zip(ours, theirs))
    close("poll", ratio, devices=DEVICES, period_seconds=PERIOD, values_stored=sum(values for values, _ in ours),
          processor_seconds=round(sum(used for _, used in ours), 2), vigie_values_per_cpu_second=round(rate(ours)),
          snmp_exporter_values_per_cpu_second=round(rate(theirs)), snmpbulkwalk_values_per_cpu_second=round(bulkwalk),
          ratio_to_snmpbulkwalk=round(rate(ours) / bulkwalk, 2))


if __name__ == "__main__":
    main()
