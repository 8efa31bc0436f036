"""A time of day that jumps, a year forward and back again, while devices are polled: no device seems rebooted, no rate is off, nothing is
forgotten, and what was confirmed is there, also after a kill. The time is that of the server alone (libfaketime)."""

import glob
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

PREFIX = f"{vigie.NET}.36.0/24"
PORT = 1361
DEVICES = vigie.size(5, 50)
LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"
EVERY = 5  # seconds between polls
# Retention looks every two minutes.
STAY = vigie.size(3, 150)
JUMPS = [("a year ahead", "+365d"), ("back again", "+0"), *vigie.size([], [("a day behind", "-1d"), ("right", "+0")])]


class Clock:
    """What the server believes the time to be."""

    def __init__(self, folder):
        self.file = os.path.join(folder, "time")
        self.set("+0")

    def set(self, offset):
        with open(self.file + ".new", "w", encoding="ascii") as file:
            file.write(offset + "\n")
        os.replace(self.file + ".new", self.file)

    def environment(self, library):
        return {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": self.file, "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_DONT_RESET": "1"}


def polled(admin):
    lines = admin.ask("GET", "/metrics").body.decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if "polls_total{" in line and 'outcome="answered"' in line)


def goes_on(proof, admin, when):
    """Each device is polled three times more, and rates are those of a network."""
    before = polled(admin)
    proof.expect(vigie.eventually(lambda: polled(admin) >= before + 3 * DEVICES, 20 * EVERY), f"{when}: devices are polled")
    ports = [port for port in admin.rows("interfaces?oper_status=up") if port["state"]["in_bps"] is not None]
    proof.expect(ports, f"{when}: ports have rates")
    fast = [port["name"] for port in ports if port["speed_bps"] and port["state"]["in_bps"] > 1.01 * port["speed_bps"]]
    idle = [port["name"] for port in ports if port["state"]["in_bps"] > 0]
    proof.expect(not fast and len(idle) > len(ports) / 2, f"{when}: rates are those of their ports", (len(ports), fast[:3], len(idle)))
    tag = admin.post("tags", {"name": when})
    audited = [entry["resource"]["id"] for entry in admin.rows("audit?action=tags.create")]
    proof.expect(audited.count(tag["id"]) == 1, f"{when}: what is written is audited once")


def quiet(proof, admin, when):
    """Nothing happened to the network."""
    kinds = {event["type"] for event in admin.rows("events")}
    wrong = kinds & {"device.rebooted", "device.status_changed.down", "collector.dropped"}
    proof.expect(not wrong, f"{when}: no device seems rebooted", wrong)
    down = [device["name"] for device in admin.rows("devices") if device["status"] != "up"]
    proof.expect(not down, f"{when}: every device is up", down)


class Memory:
    """What must not be forgotten: events, audit entries, and the samples of a port while the time was right."""

    def __init__(self, admin, since):
        self.port = next(port["id"] for port in admin.rows("interfaces?oper_status=up") if port["state"]["in_bps"] is not None)
        self.since, self.until = since, now()
        self.events, self.audit, self.samples = self.held(admin)

    def held(self, admin):
        events, audit = ({row["id"] for row in admin.rows(path)} for path in ("events", "audit"))
        found = admin.get(f"interfaces/{self.port}/metrics?metrics=in_bps&from={self.since}&to={self.until}&step={EVERY}")
        return events, audit, sum(point[1] is not None for one in found["series"] for point in one["points"])

    def is_whole(self, proof, admin, when):
        events, audit, samples = self.held(admin)
        # a year later they would be told from what they were rolled up into
        known = self.samples if when != "a year ahead" else 0
        lost = (len(self.events - events), len(self.audit - audit), max(0, known - samples))
        proof.expect(lost == (0, 0, 0), f"{when}: no event, audit entry or sample is forgotten", lost)
        self.events, self.audit = events, audit


def now():
    """As the API writes times."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def main():
    proof = vigie.Proof("clock")
    library = next(iter(glob.glob(LIBRARY)), None)
    if library is None:
        proof.skip("libfaketime is not installed: scripts/setup.sh test installs it")
        proof.close()
    with vigie.Place() as place:
        place.run(vigie.Lab(place.path, PREFIX, devices=DEVICES, port=PORT))
        clock = Clock(place.path)
        configuration = f"[polling]\ninterval_seconds = {EVERY}\ntimeout_ms = 800\n[limits]\nrequests_per_minute = 1000000\n"
        server = place.run(vigie.Server(place.path, configuration, tls=False, environment=clock.environment(library)))
        admin = server.admin()
        found = vigie.discover(admin, [PREFIX], port=PORT)
        proof.expect(found["last_run"]["status"] == "succeeded", "the campus is discovered", found["last_run"])
        known = vigie.eventually(lambda: all(d["status"] == "up" for d in admin.rows("devices")), 60)
        proof.expect(known, "every device is up")
        since = now()
        goes_on(proof, admin, "before")
        memory = Memory(admin, since)
        proof.expect(memory.samples > 0, "samples are kept")

        for when, offset in JUMPS:
            clock.set(offset)
            time.sleep(STAY)  # nothing tells that it was looked for what is old
            admin = server.admin()
            goes_on(proof, admin, when)
            quiet(proof, admin, when)
            memory.is_whole(proof, admin, when)

        server.kill()
        server.launch()
        admin = server.admin()
        memory.is_whole(proof, admin, "after a kill")
        goes_on(proof, admin, "after a kill")
        quiet(proof, admin, "after a kill")
    proof.close()


main()
