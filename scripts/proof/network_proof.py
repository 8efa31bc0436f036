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
PERIOD = 5
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


def cut_and_mend(proof, admin, cable):
    port = next(name for router, name in cable if router == "r1")
    events_before = {event["id"] for event in admin.rows("events")}
    alerts_before = {alert["id"] for alert in admin.rows("alerts")}
    subprocess.run(["ip", "-n", f"{NS}r1", "link", "set", port, "down"], check=True)
    cut = time.monotonic()
    limit = PERIOD * 1.2 + 3  # the period with its jitter, and what reading, deciding and mailing take

    def left():
        return max(0.5, limit - (time.monotonic() - cut))
    shown = vigie.eventually(lambda: vigie_links(admin).get(cable, {}).get("status") != "up", left())
    proof.expect(shown, f"{port} of r1 is cut: the topology shows it within {limit:.0f} s", vigie_links(admin).get(cable, {}).get("status"))

    def told():
        return [e for e in admin.rows("events") if e["id"] not in events_before and e["type"].startswith(("interface.", "link."))]
    proof.expect(vigie.eventually(told, left()), f"{port} of r1 is cut: an event says so")
    raised = vigie.eventually(lambda: [a for a in admin.rows("alerts") if a["id"] not in alerts_before and a["status"] == "active"], left())
    proof.expect(raised, f"{port} of r1 is cut: an alert is raised")
    mailed = vigie.eventually(lambda: [m for m in mails() if port in m["subject"] + m["body"]], left())
    proof.expect(mailed, f"{port} of r1 is cut: a mail says so", [m["subject"] for m in mails()])
    proof.say(f"all was told {time.monotonic() - cut:.1f} s after the cut")

    subprocess.run(["ip", "-n", f"{NS}r1", "link", "set", port, "up"], check=True)
    proof.expect(vigie.eventually(lambda: vigie_links(admin).get(cable, {}).get("status") == "up", limit), f"{port} of r1 is mended: the topology shows it")
    ids = {alert["id"] for alert in raised or []}
    cleared = vigie.eventually(lambda: all(a["status"] == "resolved" for a in admin.rows("alerts") if a["id"] in ids), limit + 60)
    proof.expect(cleared, f"{port} of r1 is mended: the alert ends")
    proof.expect(vigie.eventually(lambda: len([m for m in mails() if port in m["subject"] + m["body"]]) > len(mailed or []), 60), "the end is mailed too")


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
