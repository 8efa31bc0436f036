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


class Writer(threading.Thread):
    """Makes tags as fast as it can; keeps the names that were confirmed. A cut answer is asked again under its own key."""

    def __init__(self, client, kill):
        super().__init__(daemon=True)
        self.client, self.kill, self.confirmed, self.open, self.over = client, kill, [], None, False

    def run(self):
        number = 0
        while not self.over:
            name = f"tag-{self.kill}-{number}"
            try:
                answer = self.client.ask("POST", "tags", {"name": name}, headers={"Idempotency-Key": name}, limit=5)
            except OSError:
                self.open = name
                return
            if answer.status == 201:
                self.confirmed.append(name)
            number += 1


def agree(proof, admin, kill, confirmed):
    """State, audit and events tell the same."""
    tags = [tag["name"] for tag in admin.rows("tags")]
    lost = set(confirmed) - set(tags)
    proof.expect(not lost, f"kill {kill}: what was confirmed is there", sorted(lost)[:5])
    proof.expect(len(tags) == len(set(tags)), f"kill {kill}: no tag is there twice")
    audited = collections.Counter(e["resource"]["id"] for e in admin.rows("audit?action=tags.create"))
    ids = {tag["id"] for tag in admin.rows("tags")}
    proof.expect(set(audited) == ids and set(audited.values()) <= {1}, f"kill {kill}: one audit entry a tag", len(ids ^ set(audited)))

    devices = list(admin.rows("devices?ordering=id"))
    twice = [a for a, n in collections.Counter(d["address"] for d in devices).items() if n > 1]
    proof.expect(not twice, f"kill {kill}: no device is there twice", twice)
    serials = [s for s, n in collections.Counter(d["serial"] for d in devices if d["serial"]).items() if n > 1]
    proof.expect(not serials, f"kill {kill}: no chassis is there twice", serials)
    added = collections.Counter(e["subject"]["id"] for e in admin.rows("events?type=device.added"))
    proof.expect(set(added) == {d["id"] for d in devices} and set(added.values()) <= {1}, f"kill {kill}: one event for each device added",
                 len(set(added) ^ {d["id"] for d in devices}))


def asked_again(proof, admin, kill, name, confirmed):
    """The write whose answer was cut, under its own key: done once, or still leased to the server that died."""
    again = admin.ask("POST", "tags", {"name": name}, headers={"Idempotency-Key": name})
    if again.status == 409 and again.json()["code"] != "already_exists":
        return False
    proof.expect(again.status == 201, f"kill {kill}: the write that was cut is answered when asked again", again.body[:200])
    confirmed.append(name)
    return True


def main():
    proof = vigie.Proof("kills")
    chance = random.Random(20260923)
    with vigie.Place() as place:
        place.run(vigie.Lab(place.path, PREFIX, devices=DEVICES, port=PORT))
        server = place.run(vigie.Server(place.path, "[polling]\ninterval_seconds = 5\ntimeout_ms = 800\n[discovery]\nrate_per_second = 100\n[limits]\nrequests_per_minute = 1000000\n"))
        admin = server.admin()
        made = admin.post("discoveries", {"name": "campus", "mode": "sweep", "targets": [PREFIX], "port": PORT,
                                          "credentials": [{"name": "campus", "kind": "snmp_v2c", "community": "public"}]})
        confirmed, leased = [], []
        for kill in range(1, KILLS + 1):
            writer = Writer(admin, kill)
            writer.start()
            time.sleep(chance.uniform(0.2, 2.5))  # anywhere in the life of the server: that is the point
            server.kill()
            writer.over = True
            writer.join()
            confirmed += writer.confirmed
            server.launch()
            admin = server.admin()
            if writer.open and not asked_again(proof, admin, kill, writer.open, confirmed):
                leased.append(writer.open)
            agree(proof, admin, kill, confirmed)
            run = vigie.finished(admin, made["id"])["last_run"] if kill % 5 == 0 else admin.get(f"discoveries/{made['id']}")["last_run"]
            proof.expect(run["status"] in ("queued", "running", "succeeded"), f"kill {kill}: the run goes on", run)
            if run["status"] == "succeeded":
                admin.post(f"discoveries/{made['id']}/run", {})
        for name in leased:
            free = vigie.eventually(lambda: asked_again(proof, admin, KILLS, name, confirmed), LEASE + 10, 2)
            proof.expect(free, f"{name}: the write that was cut is answered once its lease is over")
        agree(proof, admin, KILLS, confirmed)
        run = vigie.finished(admin, made["id"])["last_run"]
        proof.expect(run["status"] == "succeeded", "the last run ends well", run)
        devices = list(admin.rows("devices"))
        proof.expect(len(devices) == DEVICES, "every device of the campus is there once", len(devices))
        polled = vigie.eventually(lambda: all(d["status"] == "up" for d in admin.rows("devices")), 60)
        proof.expect(polled, "every device is polled after the last restart")
        proof.say(f"{KILLS} kills, {len(confirmed)} confirmed writes, {len(devices)} devices")
    proof.close()


main()
