"""Power cuts: `kill -9` during discovery and polling. After each restart the run goes on, no device is there twice, and
whatever the API had confirmed is there: object, audit entry and event agree."""

import collections
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

KILLS = vigie.size(10, 50)
DEVICES = vigie.size(60, 200)
PREFIX = f"{vigie.NET}.32.0/24"
PORT = 1261
LEASE = 60  # seconds that a key stays with a request that gave no answer


class Confirmed:
    """What the API has confirmed so far."""

    def __init__(self):
        self.tags, self.devices, self.notes = [], {}, {}


class Writer(threading.Thread):
    """Makes tags, makes devices and changes them as fast as it can; notes what was confirmed. A cut answer is asked again under its own key."""

    def __init__(self, client, kill, confirmed):
        super().__init__(daemon=True)
        self.client, self.kill, self.confirmed, self.open, self.over = client, kill, confirmed, None, False

    def run(self):
        number = 0
        while not self.over:
            name = f"{self.kill}-{number}"
            try:
                self.write(name, f"{vigie.NET}.{64 + self.kill}.{number % 250 + 1}")
            except OSError:
                return
            number += 1

    def write(self, name, address):
        self.open = name
        if self.client.ask("POST", "tags", {"name": name}, headers={"Idempotency-Key": name}, limit=5).status == 201:
            self.confirmed.tags.append(name)
        self.open = None
        made = self.client.ask("POST", "devices", {"name": f"box {name}", "address": address, "monitored": False}, limit=5)
        if made.status != 201:
            return
        box = made.json()
        self.confirmed.devices[box["id"]] = box["name"]
        changed = self.client.ask("PATCH", f"devices/{box['id']}", {"notes": name}, headers={"If-Match": made.headers["etag"]}, limit=5)
        if changed.status == 200:
            self.confirmed.notes[box["id"]] = name


def agree(proof, admin, kill, confirmed):
    """State, audit and events tell the same."""
    tags = list(admin.rows("tags"))
    lost = set(confirmed.tags) - {tag["name"] for tag in tags}
    proof.expect(not lost, f"kill {kill}: the tags that were confirmed are there", sorted(lost)[:5])
    proof.expect(len(tags) == len({tag["name"] for tag in tags}), f"kill {kill}: no tag is there twice")
    audited = once(admin.rows("audit?action=tags.create"), lambda entry: entry["resource"]["id"])
    proof.expect(audited == {tag["id"] for tag in tags}, f"kill {kill}: one audit entry a tag", audited and len(audited))

    devices = {d["id"]: d for d in admin.rows("devices?ordering=id")}
    lost = set(confirmed.devices) - set(devices)
    proof.expect(not lost, f"kill {kill}: the devices that were confirmed are there", sorted(lost)[:5])
    stale = [i for i, notes in confirmed.notes.items() if i in devices and devices[i]["notes"] != notes]
    proof.expect(not stale, f"kill {kill}: the changes that were confirmed hold", stale[:5])
    twice = [a for a, n in collections.Counter(d["address"] for d in devices.values()).items() if n > 1]
    proof.expect(not twice, f"kill {kill}: no device is there twice", twice)
    serials = [s for s, n in collections.Counter(d["serial"] for d in devices.values() if d["serial"]).items() if n > 1]
    proof.expect(not serials, f"kill {kill}: no chassis is there twice", serials)
    boxes = {i for i, d in devices.items() if d["name"].startswith("box ")}
    audited = once(admin.rows("audit?action=devices.create"), lambda entry: entry["resource"]["id"])
    proof.expect(audited is not None and boxes <= audited, f"kill {kill}: one audit entry for each device that was made", audited and len(boxes - audited))
    changed = once(admin.rows("audit?action=devices.update"), lambda entry: entry["resource"]["id"])
    noted = {i for i in boxes if devices[i]["notes"]}
    proof.expect(changed == noted and noted >= set(confirmed.notes), f"kill {kill}: one audit entry for each change", changed and len(changed ^ noted))
    added = once(admin.rows("events?type=device.added"), lambda event: event["subject"]["id"])
    # the discovery goes on meanwhile: what was there before the events were read has one, what has one is there afterwards
    later = {d["id"] for d in admin.rows("devices?ordering=id")}
    proof.expect(added is not None and set(devices) <= added <= later, f"kill {kill}: one event for each device added", added and len(added ^ later))


def once(rows, key):
    """What the rows are about; None when something is there twice."""
    counts = collections.Counter(key(row) for row in rows)
    return set(counts) if set(counts.values()) <= {1} else None


def asked_again(proof, admin, kill, name, confirmed):
    """The write whose answer was cut, under its own key: done once, or still leased to the server that died."""
    again = admin.ask("POST", "tags", {"name": name}, headers={"Idempotency-Key": name})
    if again.status == 409 and again.json()["code"] != "already_exists":
        return False
    proof.expect(again.status == 201, f"kill {kill}: the write that was cut is answered when asked again", again.body[:200])
    confirmed.tags.append(name)
    return True


class Campus:
    """The discovery that is killed, and the polling."""

    def __init__(self, admin):
        self.id = admin.post("discoveries", {"name": "campus", "mode": "sweep", "targets": [PREFIX], "port": PORT,
                                             "credentials": [{"name": "campus", "kind": "snmp_v2c", "community": "public"}]})["id"]

    def run(self, admin):
        return admin.get(f"discoveries/{self.id}")["last_run"]

    def goes_on(self, proof, admin, kill, before, patient):
        """The run that was killed is the one that goes on: once it is over, the next begins; every few kills its end is waited for."""
        after = self.run(admin)
        proof.expect(after["id"] == before["id"] and after["status"] in ("queued", "running", "succeeded"), f"kill {kill}: the run goes on", after)
        if patient:
            after = vigie.finished(admin, self.id, 300)["last_run"]
            proof.expect(after["status"] == "succeeded" and after["id"] == before["id"], f"kill {kill}: the run ends well", after)
        if after["status"] == "succeeded":
            admin.post(f"discoveries/{self.id}/run", {})

    @staticmethod
    def devices(admin):
        return [d for d in admin.rows(f"devices?primary_ip__cidr={PREFIX}") if not d["name"].startswith("box ")]

    def are_polled(self, admin, since):
        return all((d["state"]["last_polled_at"] or "") > since for d in self.devices(admin))


def answered_polls(admin):
    """Polls that were answered since the server was started: the states they leave are written every five seconds, which few of its lives last."""
    lines = admin.ask("GET", "/metrics").body.decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if "polls_total{" in line and 'outcome="answered"' in line)


def now():
    """As the API writes times."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def main():
    proof = vigie.Proof("kills")
    chance = random.Random(20260923)
    with vigie.Place() as place:
        place.run(vigie.Lab(place.path, PREFIX, devices=DEVICES, port=PORT))
        server = place.run(vigie.Server(place.path, "[polling]\ninterval_seconds = 5\ntimeout_ms = 800\n[discovery]\nrate_per_second = 100\n[limits]\nrequests_per_minute = 1000000\n"))
        admin = server.admin()
        campus, confirmed, leased = Campus(admin), Confirmed(), []
        discovering = polling = 0
        for kill in range(1, KILLS + 1):
            writer = Writer(admin, kill, confirmed)
            writer.start()
            time.sleep(chance.uniform(0.2, 2.5))  # anywhere in the life of the server: that is the point
            run, polls = campus.run(admin), answered_polls(admin)
            server.kill()
            writer.over = True
            writer.join()
            discovering += run["status"] in ("queued", "running")
            server.launch()
            admin = server.admin()
            if writer.open and not asked_again(proof, admin, kill, writer.open, confirmed):
                leased.append(writer.open)
            polling += polls > 0
            agree(proof, admin, kill, confirmed)
            campus.goes_on(proof, admin, kill, run, patient=kill % 5 == 0)
        restarted = now()
        for name in leased:
            free = vigie.eventually(lambda: asked_again(proof, admin, KILLS, name, confirmed), LEASE + 10, 2)
            proof.expect(free, f"{name}: the write that was cut is answered once its lease is over")
        run = vigie.finished(admin, campus.id, 300)["last_run"]
        proof.expect(run["status"] == "succeeded", "the last run ends well", run)
        agree(proof, admin, KILLS, confirmed)
        proof.expect(discovering >= KILLS // 2 and polling >= KILLS // 2, "the kills came during discovery and polling", (discovering, polling))
        devices = campus.devices(admin)
        proof.expect(len(devices) == DEVICES, "every device of the campus is there once", len(devices))
        polled = vigie.eventually(lambda: campus.are_polled(admin, restarted), 60)
        proof.expect(polled and all(d["status"] == "up" for d in campus.devices(admin)), "every device is polled after the last restart, and up")
        proof.say(f"{KILLS} kills, {discovering} during a discovery, {polling} with polls since the restart before; confirmed: "
                  f"{len(confirmed.tags)} tags, {len(confirmed.devices)} devices, {len(confirmed.notes)} changes; {len(devices)} devices of the campus")
    proof.close()


main()
