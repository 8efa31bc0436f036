"""bench-poll: the agents of the lab polled by Vigie, by prometheus-snmp-exporter and by snmpbulkwalk under xargs -P:
values per processor second of the poller. Vigie's are counted in its store, the others' in what they print."""

import os
import re
import subprocess
import time
import urllib.request

from common import BINARY, LIMITS, children_seconds, close, cpu_seconds, say, vigie

DEVICES = int(os.environ.get("VIGIE_BENCH_DEVICES", "200"))
SECONDS = int(os.environ.get("VIGIE_BENCH_SECONDS", "60"))
PERIOD = 5
PREFIX = f"{vigie.NET}.112.0/22"
PORT = 1561
SERVICES = os.path.join(vigie.ROOT, "scripts", "services.sh")
# The columns of the exporter's module, one subtree after the other as snmpbulkwalk takes them.
COLUMNS = [f"1.3.6.1.2.1.2.2.1.{n}" for n in (7, 8, 13, 14, 19, 20)] + [f"1.3.6.1.2.1.31.1.1.1.{n}" for n in range(6, 14)]


def stored(admin):
    return next(store["values"] for store in admin.get("system/storage")["stores"] if store["name"] == "samples")


def by_vigie(place):
    server = place.run(vigie.Server(place.path, LIMITS + f"[polling]\ninterval_seconds = {PERIOD}\ntimeout_ms = 800\n", binary=BINARY, tls=False))
    admin = server.admin()
    run = vigie.discover(admin, [PREFIX], port=PORT, limit=300)["last_run"]
    if run["found"]["devices"] != DEVICES:
        raise RuntimeError(f"found {run['found']} instead of {DEVICES} devices")
    addresses = [device["address"] for device in admin.rows("devices")]
    vigie.eventually(lambda: stored(admin) > 0, 60, 0.5)
    time.sleep(3 * PERIOD)  # into the rhythm: what discovery left to do is done
    values, used, began = stored(admin), cpu_seconds(server.pid), time.monotonic()
    time.sleep(SECONDS)
    values, used, took = stored(admin) - values, cpu_seconds(server.pid) - used, time.monotonic() - began
    server.stop()
    say(f"vigie: {values} values stored in {took:.0f} s, {used:.2f} s of processor time")
    return values / used, values, used, addresses


def by_exporter(addresses):
    environment = {**os.environ, "VIGIE_RUN_DIR": os.path.join(vigie.TARGET, "services")}
    subprocess.run([SERVICES, "start", "snmp-exporter"], check=True, env=environment)
    try:
        with open(os.path.join(environment["VIGIE_RUN_DIR"], "snmp-exporter", "snmp-exporter.pid"), encoding="utf-8") as file:
            pid = int(file.read())
        base = f"http://{vigie.NET}.4.1:9116/snmp?module=vigie&target="
        values, used = 0, cpu_seconds(pid)
        for _ in range(max(1, SECONDS // PERIOD // 3)):
            for address in addresses:
                with urllib.request.urlopen(f"{base}{address}:{PORT}", timeout=30) as answer:
                    values += len(re.findall(rb"^(?:if|sys)", answer.read(), re.M))
        used = cpu_seconds(pid) - used
    finally:
        subprocess.run([SERVICES, "stop", "snmp-exporter"], check=False, env=environment)
    say(f"snmp_exporter: {values} values printed, {used:.2f} s of processor time")
    return values / used


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


def main():
    with vigie.Place() as place:
        place.run(vigie.Lab(place.path, PREFIX, devices=DEVICES, port=PORT, binary=BINARY))
        ours, values, used, addresses = by_vigie(place)
        exporter = by_exporter(addresses)
        bulkwalk = by_bulkwalk(place, addresses)
    close("poll", ours / exporter, devices=DEVICES, period_seconds=PERIOD, values_stored=values, processor_seconds=round(used, 2),
          vigie_values_per_cpu_second=round(ours), snmp_exporter_values_per_cpu_second=round(exporter),
          snmpbulkwalk_values_per_cpu_second=round(bulkwalk), ratio_to_snmpbulkwalk=round(ours / bulkwalk, 2))


main()
