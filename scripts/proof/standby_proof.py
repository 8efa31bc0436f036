"""Two servers of one PostgreSQL behind a real HAProxy: the one that works is killed again and again while clients write and listen. The other
takes over; whatever was confirmed is there, and a listener that resumes hears each event once, whichever server raised it."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

KILLS = vigie.size(3, 20)
TAKEOVER = vigie.size(60, 15)  # seconds without an answer, at most: at small size others work beside
SETTINGS = """[store]
url = "{url}"
standby = true
[secrets]
master_key_file = "{key}"
[limits]
requests_per_minute = 1000000
"""
PROXY = """defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    option redispatch
frontend vigie
    bind 127.0.0.1:{port}
    default_backend vigie
backend vigie
    option httpchk GET /readyz
    http-check expect status 200
    default-server check inter 200ms fall 1 rise 1 on-marked-down shutdown-sessions
    server a 127.0.0.1:{a}
    server b 127.0.0.1:{b}
"""


class Database:
    """A PostgreSQL of ours."""

    def __init__(self, folder):
        self.environment = {**os.environ, "VIGIE_RUN_DIR": os.path.join(folder, "services")}
        self.order("start")
        with open(os.path.join(folder, "services", "postgresql", "url")) as file:
            self.url = file.read().strip()

    def order(self, verb):
        subprocess.run([os.path.join(vigie.ROOT, "scripts", "services.sh"), verb, "postgresql"], env=self.environment, check=True)

    def stop(self):
        self.order("stop")


class Node(vigie.Server):
    """A server that serves or stands by."""

    def ready(self):
        """Whether it answers at all: one that stands by does."""
        try:
            return self.client().ask("GET", "/healthz", limit=5).status == 200
        except (OSError, ValueError):
            return False

    works = vigie.Server.ready


class Writer(threading.Thread):
    """Makes devices through the proxy as long as it may; notes what was confirmed, and the longest time without an answer."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.confirmed, self.longest, self.over = client, {}, 0.0, False

    def run(self):
        number, answered = 0, time.monotonic()
        while not self.over:
            name, number = f"box {number}", number + 1
            try:
                answer = self.client.ask("POST", "devices", {"name": name, "address": f"198.18.{number // 250}.{number % 250 + 1}", "monitored": False}, limit=10)
            except OSError:
                continue
            if answer.status == 201:
                self.longest = max(self.longest, time.monotonic() - answered)
                answered = time.monotonic()
                self.confirmed[answer.json()["id"]] = name
            else:
                time.sleep(0.05)


class Listener(threading.Thread):
    """Server-sent events through the proxy, resumed after the last one that was heard."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.heard, self.gaps, self.times, self.last, self.over = client, [], 0, 0, None, False

    def run(self):
        while not self.over:
            try:
                self.listen()
            except OSError:
                time.sleep(0.1)

    def listen(self):
        headers = {"Authorization": f"Bearer {self.client.token}"}
        if self.last:
            headers["Last-Event-ID"] = self.last
        request = urllib.request.Request(f"{self.client.base}/api/v1/events/stream?types=device.added", headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            self.times += 1
            event = {}
            for line in answer:
                name, _, value = line.decode().rstrip("\n").partition(":")
                if name:
                    event[name] = value.lstrip()
                elif event:
                    self.take(event)
                    event = {}

    def take(self, event):
        self.last = event.get("id") or self.last
        self.gaps += event.get("event") == "gap"
        if event.get("event") == "device.added":
            self.heard.append(json.loads(event["data"])["subject"]["id"])


def main():
    proof = vigie.Proof("standby")
    if not shutil.which("haproxy"):
        proof.skip("haproxy is not installed")
        proof.close()
    with vigie.Place() as place:
        database = place.run(Database(place.path))
        ports = [vigie.free_port() for _ in range(3)]
        settings = SETTINGS.format(url=database.url, key=os.path.join(place.path, "master.key"))
        nodes = []
        for name, port in zip("ab", ports):
            folder = os.path.join(place.path, name)
            os.mkdir(folder)
            nodes.append(place.run(Node(folder, settings, port=port, tls=False)))
            vigie.eventually(nodes[0].works, 30)
        proof.expect([node.works() for node in nodes] == [True, False], "the first works and the second stands by")
        file = os.path.join(place.path, "haproxy.cfg")
        with open(file, "w") as out:
            out.write(PROXY.format(port=ports[2], a=ports[0], b=ports[1]))
        place.run(vigie.Program("haproxy", ["haproxy", "-db", "-f", file], os.path.join(place.path, "haproxy.log")))
        client = vigie.Client(f"http://127.0.0.1:{ports[2]}")
        # until it has asked, HAProxy holds both to be ready
        vigie.eventually(lambda: all(answers(client) for _ in range(20)), 10)
        client.sign_in()
        client = client.as_key("proof", ["devices:read", "devices:write", "events:read"])
        writer, listener = Writer(client), Listener(client)
        listener.start()
        vigie.eventually(lambda: listener.times, 10)
        writer.start()
        for kill in range(1, KILLS + 1):
            fail_over(proof, nodes, writer, kill)
        writer.over = True
        writer.join()
        check(proof, client, writer, listener)
    proof.close()


def answers(client):
    try:
        return client.ask("GET", "/readyz", limit=2).status == 200
    except OSError:
        return False


def fail_over(proof, nodes, writer, kill):
    """Kills the one that works once some more is confirmed, waits until the other one has confirmed something, and starts the first again."""
    before = len(writer.confirmed)
    vigie.eventually(lambda: len(writer.confirmed) > before + 20, 30)
    worker, other = nodes if nodes[0].works() else reversed(nodes)
    worker.kill()
    took = time.monotonic()
    then = len(writer.confirmed)
    proof.expect(vigie.eventually(lambda: len(writer.confirmed) > then + 1, 60), f"kill {kill}: the other takes over")
    proof.say(f"kill {kill}: confirmed again after {time.monotonic() - took:.1f} s")
    proof.expect(other.works(), f"kill {kill}: the other works")
    worker.launch()
    proof.expect(not worker.works(), f"kill {kill}: who was killed stands by")


def check(proof, client, writer, listener):
    there = [device for device in client.rows("devices?ordering=id") if device["name"].startswith("box ")]
    lost = set(writer.confirmed) - {device["id"] for device in there}
    proof.expect(not lost, "every device that was confirmed is there", sorted(lost)[:5])
    names = [device["name"] for device in there]
    proof.expect(len(names) == len(set(names)), "none is there twice")
    made = {device["id"] for device in there}
    vigie.eventually(lambda: made <= set(listener.heard), 20)
    listener.over = True
    proof.expect(made <= set(listener.heard), "the listener heard of each", len(made - set(listener.heard)))
    proof.expect(len(listener.heard) == len(set(listener.heard)), "and of each once", len(listener.heard) - len(set(listener.heard)))
    proof.expect(listener.gaps == 0, "and was told of no gap", listener.gaps)
    proof.expect(listener.times > KILLS, "it was cut off at each kill", listener.times)
    proof.expect(writer.longest < TAKEOVER, f"no more than {TAKEOVER} s without an answer", round(writer.longest, 1))
    proof.say(f"{KILLS} kills; {len(writer.confirmed)} writes confirmed, {len(listener.heard)} events heard; "
              f"longest time without an answer {writer.longest:.1f} s")


main()
