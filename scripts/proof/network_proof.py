"""A real network: three routers in namespaces with snmpd and lldpd. What Vigie draws is what lldpd says, a cable that is
cut shows in the topology, the events and a mail within one period, and clears again."""

import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

NS = os.environ.get("VIGIE_NETNS", "vigie-")
RUN = os.environ.setdefault("VIGIE_RUN_DIR", os.path.join(vigie.TARGET, "services"))
SERVICES = os.path.join(vigie.ROOT, "scripts", "services.sh")
ROUTERS = ("r1", "r2", "r3")
PERIOD = 10
INSIDE = "VIGIE_PROOF_INSIDE"


def lldpcli_links():
    """Pairs of (router, port) that lldpd sees, both ways folded into one."""
    links = set()
    for router in ROUTERS:
        socket = os.path.join(RUN, "lldp", f"{router}.lldp")
        said = json.loads(subprocess.run(["lldpcli", "-u", socket, "-f", "json0", "show", "neighbors"], check=True, capture_output=True, text=True).stdout)
        for part in said["lldp"]:
            for port in part.get("interface", []):
                far = port["chassis"][0]["name"][0]["value"], port["port"][0]["id"][0]["value"]
                links.add(frozenset([(router, port["name"]), far]))
    return links


def vigie_links(admin):
    graph = admin.get("topology")
    names = {node["id"]: node["name"] for node in graph["nodes"]}
    ends = {}
    for link in graph["links"]:
        pair = frozenset((names[end["node"]], end["interface_name"]) for end in (link["source"], link["target"]))
        ends[pair] = link
    return ends


def mails():
    path = os.path.join(RUN, "smtp", "smtp.jsonl")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def mails_of(router, word):
    """The mails to the one on duty whose subject names a port of the router and says the word."""
    return [m for m in mails() if m["to"] == ["duty@example.net"] and f"{router} port" in m["subject"] and word in m["subject"]]


def device(admin, name):
    return next(d for d in admin.rows("devices") if d["name"] == name)


def agent_says(router, port):
    """The port's ifOperStatus as the router's own agent tells it."""
    asked = ["-v2c", "-c", "public", "-r", "1", "-t", "2", "-On"]
    address = f"198.51.100.{router[1:]}"

    def ask(tool, oid):
        return subprocess.run([tool, *asked, address, oid], check=True, capture_output=True, text=True, env={**os.environ, "MIBS": ""}).stdout
    index = next(line.split(" ")[0].rsplit(".", 1)[1] for line in ask("snmpwalk", "1.3.6.1.2.1.31.1.1.1.1").splitlines() if line.endswith(f'"{port}"'))
    return {"1": "up", "2": "down", "7": "down"}.get(ask("snmpget", f"1.3.6.1.2.1.2.2.1.8.{index}").split("INTEGER: ")[1].strip())


def turn(near, far, status):
    """Sets the near port, and returns when the agents of both ends tell so: each net-snmp looks at its ports every few seconds."""
    began = time.monotonic()
    subprocess.run(["ip", "-n", f"{NS}{near[0]}", "link", "set", near[1], status], check=True)
    for router, port in (near, far):
        if not vigie.eventually(lambda: agent_says(router, port) == status, 30, 0.1):
            raise RuntimeError(f"the agent of {router} never tells that {port} is {status}")
    return time.monotonic() - began


class Clock:
    """What must be told within one period of the agents' telling, with the fifth that the rhythm may stretch."""

    def __init__(self, proof, what, limit=PERIOD * 1.2):
        self.proof, self.what, self.began, self.limit, self.told = proof, what, time.monotonic(), limit, []

    def sees(self, question, where, more=0):
        """The answer, if it came in time."""
        limit = self.limit + more
        answer = vigie.eventually(question, max(0.2, limit - (time.monotonic() - self.began)), 0.05)
        took = time.monotonic() - self.began
        self.proof.expect(answer and took <= limit + 0.5, f"{self.what}: {where} within {limit:.0f} s", f"{took:.1f} s")
        self.told.append(f"{where} {took:.1f} s")
        return answer

    def say(self):
        self.proof.say(f"{self.what}: " + ", ".join(self.told))


def cut_and_mend(proof, admin, cable):
    (near, port), (far, far_port) = sorted(cable)
    ends = {i["id"] for router, name in cable for i in admin.rows(f"devices/{device(admin, router)['id']}/interfaces") if i["name"] == name}
    rule = next(r for r in admin.rows("alert-rules") if r["name"] == "Interface down")
    before = {event["id"] for event in admin.rows("events")}

    def events(status):
        """The ends of which an event says so: both."""
        told = {e["subject"]["id"] for e in admin.rows("events?type=interface.status_changed")
                if e["id"] not in before and e["data"]["oper_status"] == status}
        return told >= ends

    def alerts():
        return [a for a in admin.rows("alerts") if a["subject"]["id"] in ends]

    def link():
        return vigie_links(admin).get(cable, {}).get("status")
    what = f"the cable between {near} and {far}"
    proof.expect(link() == "up" and not alerts(), f"{what} is whole before", link())
    slow = turn((near, port), (far, far_port), "down")
    cut = Clock(proof, f"{what} is cut")
    cut.sees(lambda: link() == "down", "on the map")
    cut.sees(lambda: events("down"), "events of both ends")
    # the near port is off by the will of a person, which is no fault; the far one should be up and is not
    cut.sees(lambda: [a["status"] for a in alerts()] == ["active"], "an alert")
    cut.sees(lambda: mails_of(far, "is down"), "a mail")
    cut.say()
    proof.say(f"the agents told of it after {slow:.1f} s")
    proof.expect(len(mails_of(far, "is down")) == 1, "one mail, not several", mails())

    before |= {event["id"] for event in admin.rows("events")}
    turn((near, port), (far, far_port), "up")
    mended = Clock(proof, f"{what} is mended")
    mended.sees(lambda: link() == "up", "on the map")
    mended.sees(lambda: events("up"), "events of both ends")
    # an alert ends when its cause has been away for so long
    hold = rule["clear_for_seconds"]
    mended.sees(lambda: [a["status"] for a in alerts()] == ["resolved"], "the alert ends", hold)
    mended.sees(lambda: mails_of(far, "[resolved]"), "a mail", hold)
    mended.say()
    proof.expect(set(vigie_links(admin)) == lldpcli_links(), "the links are those of lldpd again")


def prove():
    proof = vigie.Proof("network")
    with vigie.Place() as place:
        configuration = (f"[polling]\ninterval_seconds = {PERIOD}\ntimeout_ms = 800\n[discovery]\nallow_local = \"auto\"\n[notifications.smtp]\n"
                         f"host = \"127.0.0.1\"\nport = 1025\nsecurity = \"none\"\nfrom = \"vigie@example.net\"\n")
        server = place.run(vigie.Server(place.path, configuration))
        admin = server.admin()
        admin.post("notifications/channels", {"name": "duty", "kind": "email", "recipients": ["duty@example.net"], "minimum_severity": "info", "send_resolved": True})
        run = vigie.discover(admin, [f"198.51.100.{n}" for n in (1, 2, 3)])["last_run"]
        proof.expect(run["status"] == "succeeded", "the sweep succeeds", run)
        proof.expect(run["found"]["devices"] == 3, "three routers are found", run["found"])
        wanted = lldpcli_links()
        proof.expect(len(wanted) == 3, "lldpd sees the triangle", wanted)
        seen = vigie.eventually(lambda: set(vigie_links(admin)) == wanted, 30)
        proof.expect(seen, "the links are those of lldpd", set(vigie_links(admin)) ^ wanted)
        again = vigie.finished(admin, rerun(admin))["last_run"]["found"]
        proof.expect((again["new"], again["changed"]) == (0, 0), "a second sweep changes nothing", again)
        crawl = vigie.discover(admin, ["198.51.100.1"], mode="crawl", name="crawl")["last_run"]
        proof.expect(crawl["found"]["devices"] == 3 and crawl["found"]["new"] == 0, "a crawl from r1 finds the same three", crawl["found"])
        cut_and_mend(proof, admin, min(wanted, key=lambda link: sorted(link)))
    proof.close()


def rerun(admin):
    discovery = next(iter(admin.rows("discoveries")))["id"]
    admin.post(f"discoveries/{discovery}/run", {})
    return discovery


def main():
    if os.environ.get(INSIDE):
        return prove()
    environment = {**os.environ, "VIGIE_SMTP_ADDRESS": "127.0.0.1"}
    subprocess.run([SERVICES, "start", "lldp"], check=True, env=environment)
    # The mail server listens where the server is: in the namespace of the management network.
    inside = ["ip", "netns", "exec", f"{NS}nms"]
    try:
        subprocess.run([*inside, SERVICES, "start", "smtp"], check=True, env=environment)
        code = subprocess.run([*inside, sys.executable, os.path.abspath(__file__)], env={**environment, INSIDE: "1"}).returncode
    finally:
        subprocess.run([SERVICES, "stop", "smtp", "lldp"], check=False, env=environment)
    sys.exit(code)


main()
