"""What the benches share: the machine, the seed of 10,000 devices, processor time, the closing line."""

import json
import os
import resource
import statistics
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


def close(bench, ratio, **figures):
    print(json.dumps({"bench": bench, "ratio": round(ratio, 3), **figures, "machine": machine()}))


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


def median_ms(act, times):
    took = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def seed(admin, count, address, **more):
    """Devices by `POST devices/bulk`, a thousand at a time."""
    for start in range(0, count, 1000):
        operations = [{"op": "create", "data": {"name": f"seed-{n:05d}", "address": address(n), **more}} for n in range(start, min(start + 1000, count))]
        answer = admin.post("devices/bulk", {"operations": operations, "atomic": True}, limit=300)
        if answer["failed"]:
            raise RuntimeError(f"seeding failed: {answer['results'][0]}")
