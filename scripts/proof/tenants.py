"""What the proof of tenants is made of: a tenant with devices of the laboratory, every question of the API, and all live channels."""

import datetime
import json
import re
import time

import vigie
from live import Socket, Stream

LAB = f"{vigie.NET}.9"
PORT = 1771
DAY = 86_400
# Figures of the clock; the rest of an answer stands still, as alpha's devices are polled once a day while the questions are asked.
CLOCK = {"computed_at", "checked_at", "response_ms", "age_seconds", "uptime_seconds", "request_id", "timestamp", "last_used_at"}
# The place of an event in the order of all events: opaque, and it tells that something happened between two, not what (ADR 6).
CLOCK |= {"seq", "base_seq"}
NOBODY = "01936f2a-7c1e-7b3a-9d52-3f6e8a1b2c4d"
STREAMS = ("/api/v1/events/stream",)


class Questions:
    """Every GET of the document, with its ids filled."""

    def __init__(self, document, since):
        self.paths = {path: item["get"] for path, item in document["paths"].items() if "get" in item and path not in STREAMS}
        self.since = since

    def filled(self, row_of):
        """Paths with ids: `row_of` names the object of a list, None where there is none."""
        for path, operation in self.paths.items():
            asked = ""
            for part in path.strip("/").split("/"):
                asked += "/" + (row_of(asked) or NOBODY if part.startswith("{") else part)
            yield asked, operation

    def variants(self, path, operation):
        """The question, and the ways to ask it that look elsewhere: other forms, search, everything included, another's name."""
        names = {p["name"] for p in operation.get("parameters", []) if p.get("in") == "query"}
        if "from" in names:
            yield f"{path}?from={iso(self.since - 3600)}&to={iso(self.since)}", None
            return
        yield path, None
        for form in operation["responses"]["200"].get("content", {}):
            if form in ("text/csv", "application/x-ndjson"):
                yield path, form
        if "page_size" in names:
            yield f"{path}?page_size=1", None
        if "search" in names:
            yield f"{path}?search=beta", None
        if path.endswith("/devices"):
            yield f"{path}?include=interfaces,addresses,neighbours,alerts,tags", None
            yield f"{path}?site__name__startswith=b", None
        if "device_id" in names:
            yield f"{path}?device__name__startswith=lyo-b1", None
        if path.endswith("/export"):
            for form in ("graphml", "dot", "mermaid", "svg"):
                yield f"{path}?format={form}", None

    def ask(self, client, row_of):
        told = {}
        for path, operation in self.filled(row_of):
            for question, form in self.variants(path, operation):
                answer = client.ask("GET", question, headers={"Accept": form} if form else None)
                told[question, form] = answer.status, still(answer.body)
        return told


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def still(body):
    """An answer without the clock: the same state gives the same text."""
    try:
        value = json.loads(body)
    except ValueError:
        return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "", body.decode(errors="replace")) if body[:1] == b"<" else body.decode(errors="replace")
    if isinstance(value, dict) and "results" in value:
        value.pop("next", None), value.pop("previous", None)  # cursors are sealed anew each time
    return json.dumps(calm(value), sort_keys=True)


def calm(value):
    if isinstance(value, dict):
        return {name: calm(member) for name, member in value.items() if name not in CLOCK}
    if isinstance(value, list):
        if value and all(isinstance(point, list) and len(point) == 2 and isinstance(point[0], int) for point in value):
            return sorted({json.dumps(point[1]) for point in value})  # a chart moves on with the clock: its values do not
        return [calm(member) for member in value]
    return value


class Tenant:
    """Devices of the laboratory with a site, and what people make around them."""

    def __init__(self, admin, name, hosts, realm=None):
        self.admin, self.name = admin, name
        found = vigie.discover(admin, [f"{LAB}.{host}" for host in hosts], PORT, name=f"{name} sweep", create_sites=False,
                               credentials=[{"name": f"{name} v2c", "kind": "snmp_v2c", "community": "public"}], **({"realm": realm} if realm else {}))
        self.discovery = found["id"]
        results = admin.rows(f"discoveries/{found['id']}/runs/{found['last_run']['id']}/results")
        self.devices = sorted(row["device_id"] for row in results if row["device_id"])
        self.site = admin.post("sites", {"name": f"{name} campus"})["id"]
        self.change(site_id=self.site, tags=[f"{name}-tag"])
        self.group = admin.post("device-groups", {"name": f"{name} devices", "device_ids": self.devices})["id"]
        # every device with a processor raises an alert
        admin.post("alert-rules", {"name": f"{name} load", "severity": "critical", "subject": "device", "sites": [self.site], "for_seconds": 0,
                                   "clear_for_seconds": 0, "condition": {"kind": "threshold", "metric": "cpu_ratio", "operator": "gte", "value": 0}})
        admin.post("checks", {"name": f"{name} check", "kind": "ping", "device_id": self.devices[0], "enabled": False})

    def change(self, **fields):
        rows = [{"op": "update", "id": device, "if_match": "*", "data": fields} for device in self.devices]
        done = self.admin.post("devices/bulk", {"operations": rows, "atomic": True})
        assert done["failed"] == 0, done

    def operator(self, scope, name=None):
        """A key with all that a key may do, within this scope."""
        permissions = [row["permission"] for row in self.admin.get("meta/permissions")["results"]]
        return self.admin.as_key(name or f"{self.name} operator", permissions, scope)

    def furnish(self, operator):
        """What its people make within their grant, and the house for them."""
        name, admin = self.name, self.admin
        operator.post("tags", {"name": f"{name}-own-tag"})
        operator.post("credentials", {"name": f"{name} own v2c", "kind": "snmp_v2c", "community": f"{name}-secret"})
        operator.post("alert-rules", {"name": f"{name} own rule", "severity": "info", "subject": "device", "sites": [self.site],
                                      "condition": {"kind": "event", "event": "device.rebooted"}, "for_seconds": 0, "clear_for_seconds": 60})
        operator.post("sites", {"name": f"{name} annex", "parent_id": self.site})
        operator.post("checks", {"name": f"{name} own check", "kind": "ping", "device_id": self.devices[-1], "enabled": False})
        job = operator.post(f"devices/{self.devices[-1]}/identify", {})["job_id"]
        ended(admin, job)
        admin.post("notifications/channels", {"name": f"{name} mail", "kind": "email", "recipients": [f"noc@{name}.example"], "sites": [self.site]})
        admin.post("topology/layouts", {"name": f"{name} layout", "positions": {}})
        admin.post("ignored", {"address": f"192.0.2.{len(name)}", "reason": f"printer of {name}"})
        admin.post("users", {"username": f"{name}-user", "password": f"a long word for {name}", "roles": ["viewer"], "scope": {"sites": [self.site]}})
        return job

    def wait_for_life(self):
        """Samples, alerts and links are there."""
        def lives():
            rows = [self.admin.get(f"devices/{device}") for device in self.devices]
            # access points tell nothing of processors
            return all(row["state"]["last_poll_duration_ms"] and (row["state"]["alerts_active"] or row["role"] == "access_point") for row in rows)
        assert vigie.eventually(lives, 60), f"{self.name} does not come to life"
        assert vigie.eventually(lambda: self.admin.get("topology/links")["results"], 20), "no links"

    def rest(self):
        """Its devices are polled once a day from now on: what is stored of them stands still."""
        self.change(poll_interval_seconds=DAY)
        soon = iso(time.time() + 3600)
        assert vigie.eventually(lambda: all((self.admin.get(f"devices/{d}")["state"]["next_poll_at"] or "") > soon for d in self.devices), 30), "still polled"
        assert vigie.eventually(lambda: all(map(self.is_stored, self.devices)), 30), "the last samples are not stored"

    def is_stored(self, device):
        """Whether the samples of the last poll have come to the store."""
        last = self.admin.get(f"devices/{device}")["state"]["last_polled_at"]
        series = self.admin.get(f"devices/{device}/metrics?metrics=up&from=-10m&step=5")["series"][0]["points"]
        newest = max((at for at, value in series if value is not None), default=0)
        return newest / 1000 + 5 > datetime.datetime.fromisoformat(last).timestamp()


def ended(admin, job):
    assert vigie.eventually(lambda: admin.get(f"jobs/{job}")["status"] in ("succeeded", "failed"), 30), f"job {job} does not end"


def first_of(*clients):
    """The first row of a list, of the first of these clients that sees one."""
    known = {}

    def row(path):
        if path not in known:
            rows = (answer.json()["results"] for client in clients if (answer := client.ask("GET", f"{path}?page_size=1")).status == 200)
            known[path] = next((rows[0]["id"] for rows in rows if rows), None)
        return known[path]
    return row


def all_ids(admin, questions):
    """Ids of every list, as the house sees them."""
    ids = {}
    for path in questions.paths:
        if "{" not in path:
            answer = admin.ask("GET", f"{path}?page_size=1")
            if answer.status == 200 and "results" in (page := answer.json()) and page["results"] and "id" in page["results"][0]:
                ids[path] = [row["id"] for row in admin.rows(path)]
    return ids


def newcomers(before, after, questions):
    """For each list the newest row that was not there before."""
    def row(path):
        fresh = [one for one in after.get(path, ()) if one not in before.get(path, ())]
        return fresh[-1] if fresh else None
    return row


class Listener:
    """All channels that a caller may hear, and the stream of events."""

    def __init__(self, client, channels):
        self.socket, self.stream = Socket(client), Stream(client)
        for channel in channels:
            self.socket.subscribe(channel)
        open_ = set(channels)
        while open_:
            frame = self.socket.until(lambda f: f["type"] in ("subscribed", "error"))[-1]
            open_.discard(frame.get("id"))
        self.stream.until(lambda f: f.get("comment") == "subscribed")

    def window(self, happen, last):
        """What is heard while something happens, until the event that ends it; and one state of map and dashboard after it."""
        happen()
        is_last = lambda data: isinstance(data, dict) and data.get("type") == "interface.changed" and (data.get("data") or {}).get("note") == last
        heard = self.socket.until(lambda f: f["type"] == "event" and is_last(f["data"]))
        states = set()

        def told(frame):
            states.add(frame["channel"] if frame["type"] in ("topology", "topology_patch", "dashboard_update", "dashboard_patch") else None)
            return {"topology", "dashboards.network"} <= states
        heard += self.socket.until(told)
        streamed = self.stream.until(lambda f: is_last(f.get("data")))
        return heard, [frame for frame in streamed if "comment" not in frame]

    def close(self):
        self.socket.close()


def events_of(heard):
    """Events, alerts and jobs in their order, without ids and clock."""
    volatile = {"id", "occurred_at", "version", "updated_at", "changed_at", "at"}
    strip = lambda v: {n: strip(m) for n, m in v.items() if n not in volatile} if isinstance(v, dict) else [strip(m) for m in v] if isinstance(v, list) else v
    return [json.dumps(strip(calm(f)), sort_keys=True) for f in heard if not str(f.get("type", "")).startswith(("topology", "dashboard"))]
