"""Polling at scale: in one process over few sockets, with some devices silent, no device waits longer than 1.2 periods for its
next poll. Told twice: by Vigie's own lateness, and by the agents, which note from poll to poll how long it took."""

import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

DEVICES = vigie.size(300, 5_000)
PERIOD = vigie.size(10, 60)
CYCLES = vigie.size(2, 5)
SILENT = DEVICES // 50
BOUND = 1.2
PREFIX = f"{vigie.NET}.160.0/19"
PORT = 1761
SOCKETS = 48  # listener, clients, eight lanes of SNMP, echoes; none a device
CONFIGURATION = f"[polling]\ninterval_seconds = {PERIOD}\ntimeout_ms = 800\nretries = 1\n"
RELEASE = os.path.join(vigie.TARGET, "release", "vigie")
BINARY = RELEASE if vigie.FULL and os.path.exists(RELEASE) else vigie.BINARY


def address(number):
    number += 1
    return f"{vigie.NET}.{160 + (number >> 8)}.{number & 255}"


def count(admin, filters):
    return admin.get(f"devices?{filters}&page_size=1")["meta"]["total_estimate"]


def latest(admin):
    """How late the latest poll of the last minute began, seconds: the summary of `/metrics` forgets what is older."""
    text = admin.ask("GET", "/metrics").body.decode()
    found = re.search(r'^poll_lateness_seconds\{quantile="1"\} ([0-9.e+-]+)$', text, re.M)
    return float(found.group(1)) if found else None


def sockets(pid):
    folder = f"/proc/{pid}/fd"
    links = [os.readlink(os.path.join(folder, name)) for name in os.listdir(folder) if os.path.lexists(os.path.join(folder, name))]
    return sum(link.startswith("socket:") for link in links)


def known(admin):
    """Whether every device was read and is polled in its rhythm."""
    return count(admin, "status=up") >= DEVICES - SILENT and count(admin, "status=pending") == 0


def watch(proof, admin, server, lab):
    """Some periods; how late Vigie says it was, and what each agent says."""
    time.sleep(PERIOD)  # what reading them whole left to do is done
    lab.ask("polls", forget=True)
    began, late, most, load = time.monotonic(), 0.0, 0, []
    length = PERIOD * (CYCLES + 1)  # the first poll of each comes within a period
    while time.monotonic() - began < length:
        time.sleep(5)
        late, most = max(late, latest(admin) or 0.0), max(most, sockets(server.pid))
        load.append(os.getloadavg()[0])
    polls = lab.ask("polls", forget=False)["devices"]
    proof.say(f"{DEVICES} devices every {PERIOD} s for {length} s, machine's load {sum(load) / len(load):.1f} on {os.cpu_count()} cores")
    return late, most, polls


def main():
    proof = vigie.Proof("polling")
    with vigie.Place() as place:
        lab = place.run(vigie.Lab(place.path, PREFIX, devices=DEVICES, port=PORT, binary=BINARY))
        server = place.run(vigie.Server(place.path, CONFIGURATION, binary=BINARY))
        admin = server.admin()
        silent = {address(n) for n in range(0, DEVICES, DEVICES // SILENT)}
        for one in silent:
            lab.ask("fail", device=one, port=None, agent_only=True)
        credential = admin.post("credentials", {"name": "lab", "kind": "snmp_v2c", "community": "public"})["id"]
        vigie.seed(admin, DEVICES, address, credentials=[credential], snmp_port=PORT)
        began = time.monotonic()
        read = vigie.eventually(lambda: known(admin), vigie.size(60, 900), 1)
        proof.expect(read, "every device that answers is up", count(admin, "status=up"))
        proof.say(f"{DEVICES} devices read whole {time.monotonic() - began:.0f} s after they were made")
        late, most, polls = watch(proof, admin, server, lab)

        awake = [one for one in polls if one["address"] not in silent]
        longest = max(awake, key=lambda one: one["longest_interval_ms"])
        intervals = sorted(one["longest_interval_ms"] / 1000 / PERIOD for one in awake)
        proof.say(f"latest poll {late * 1000:.0f} ms after it was due; longest interval of a device {intervals[-1]:.3f} periods, "
                  f"of half of them {intervals[len(intervals) // 2]:.3f}; {most} sockets")
        proof.expect(late <= (BOUND - 1) * PERIOD, f"no poll begins more than {BOUND - 1:.1f} periods after it was due", late)
        proof.expect(len(awake) == DEVICES - SILENT, "every agent tells", len(awake))
        proof.expect(longest["longest_interval_ms"] <= BOUND * PERIOD * 1000, f"no agent waits longer than {BOUND} periods for its next poll", longest)
        few = [one for one in awake if one["polls"] < CYCLES]
        proof.expect(not few, f"every agent was polled at least {CYCLES} times", few[:3])
        deaf = [one for one in polls if one["address"] in silent and not one["requests"]]
        proof.expect(not deaf, "silent agents are still looked at", deaf[:3])
        proof.expect(most <= SOCKETS, f"at most {SOCKETS} sockets", most)
    proof.close()


main()
