"""What the benches share: the machine, processor time, the closing line."""

import http.client
import json
import os
import resource
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scripts", "proof"))
import vigie  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
BINARY = os.environ.get("VIGIE_BINARY", os.path.join(vigie.TARGET, "release", "vigie"))
LIMITS = "[limits]\nrequests_per_minute = 1000000\n"


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": model, "cores": os.cpu_count(), "memory_bytes": memory, "kernel": os.uname().release}


LOADS = []


def note_load():
    """The machine's load at this moment: who else works on it shows in the figures."""
    LOADS.append(os.getloadavg()[0])


def close(bench, ratio, **figures):
    note_load()
    load = {"load_median": round(statistics.median(LOADS), 2), "load_most": round(max(LOADS), 2)}
    print(json.dumps({"bench": bench, "ratio": round(ratio, 3), **figures, "machine": {**machine(), **load}}))


def run_example(*arguments):
    """The figures that the bench of the event store tells."""
    program = os.path.join(vigie.TARGET, "release", "examples", "event_bench")
    done = subprocess.run([program, *map(str, arguments)], stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def say(text):
    print(text, flush=True)


def cpu_seconds(pid):
    """User and system time of a process, its threads included (proc(5), fields 14 and 15)."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def children_seconds():
    """Processor time of the children that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def keep_alive(server, token):
    """One connection, asked again and again; answers the body."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

    def ask(path, accept="application/json"):
        line.request("GET", path, headers={"Authorization": f"Bearer {token}", "Accept": accept})
        answer = line.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"GET {path} answered {answer.status}: {body[:200]!r}")
        return body
    return ask


def median_ms(act, times):
    took = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)
