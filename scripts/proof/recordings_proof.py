"""Recorded devices replayed: inventory, ports and their states are what a mature system concluded from the same walks.
VIGIE_RECORDINGS names the folder of expected.jsonl and walks/*.snmprec.gz."""

import gzip
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

DEVICES = vigie.size(30, 250)
PREFIX = f"{vigie.NET}.48.0/22"
PORT = 1361
# Where what was concluded is not what the device says; why.
DISPUTED = {
    ("alpineoe-tdcmedfa_alpineoe-tdcmedfa", "serial number"): "two numbers are told in hexadecimal: the octets of those of both modules",
    ("hpe-mapdu_pdu3", "sysObjectID"): "it was recorded as text, which it is not (RFC 3418)",
    ("awplus", "serial number"): "that of the controller is told, Vigie takes the first card of the table of boards; the chassis has a third",
}


def chosen(folder):
    """Walks with ports and a description, spread over the makers; the file each stands in."""
    walks = os.path.join(folder, "walks")
    files = {name.split(".snmprec")[0]: os.path.join(walks, name) for name in os.listdir(walks) if ".snmprec" in name}
    with open(os.path.join(folder, "expected.jsonl"), encoding="utf-8") as lines:
        expected = [json.loads(line) for line in lines]
    fit = [e for e in expected if e.get("ports") and (e.get("device") or {}).get("sysDescr") and e["walk"] in files]
    makers = {}
    for entry in fit:
        makers.setdefault(entry["os_label"].split("-")[0], []).append(entry)
    spread = [entry for rank in range(max(map(len, makers.values()))) for entries in makers.values() for entry in entries[rank:rank + 1]]
    return [(entry, files[entry["walk"]]) for entry in spread[:DEVICES]]


def recorded(path):
    """Which instances of ifTable (RFC 2863) the recording holds: column and ifIndex."""
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rb") as lines:
        found = re.findall(rb"^\.?1\.3\.6\.1\.2\.1\.2\.2\.1\.(\d+)\.(\d+)\|", lines.read(), re.MULTILINE)
    return {(int(column), int(index)) for column, index in found}


def compare(proof, admin, entry, path, device):
    name, told = entry["walk"], entry["device"]
    proof.expect(squeezed(device["sys_descr"]) == squeezed(told["sysDescr"]), f"{name}: sysDescr", device["sys_descr"])
    if told.get("sysObjectID"):
        same(proof, name, "sysObjectID", device["sys_object_id"], told["sysObjectID"].lstrip("."))
    if told.get("serial") and device["serial"]:
        same(proof, name, "serial number", plain(device["serial"]), plain(told["serial"]))
    ports = {port["if_index"]: port for port in admin.rows(f"devices/{device['id']}/interfaces")}
    instances = recorded(path)
    # the ports of IF-MIB; a system that reads makers' MIBs too counts more, such as services and those without an ifIndex
    wanted = {port["ifIndex"]: port for port in entry["ports"] if any((column, port["ifIndex"]) in instances for column in range(2, 10))}
    missing = sorted(set(wanted) - set(ports))
    proof.expect(not missing, f"{name}: every port is there", missing[:8])
    for column, (oid, field) in STATES.items():
        # a state that the agent does not tell is unknown, whatever a system makes of the port
        wrong = [(index, port[column], ports[index][field]) for index, port in wanted.items()
                 if index in ports and port.get(column) and (oid, index) in instances and ports[index][field] != snake(port[column])]
        proof.expect(not wrong, f"{name}: {column} of every port", wrong[:4])


def same(proof, name, what, found, told):
    """As told; where that is disputed, it is said why, and nothing is counted."""
    if found != told and (name, what) in DISPUTED:
        proof.say(f"{name}: {what} {told!r} is disputed: {DISPUTED[name, what]}")
    else:
        proof.expect(found == told, f"{name}: {what} {told}", found)


STATES = {"ifAdminStatus": (7, "admin_status"), "ifOperStatus": (8, "oper_status")}


def squeezed(text):
    """One space between words, without the quotes that some recordings were taken with."""
    return " ".join((text or "").split()).strip('\\" ')


def plain(serial):
    """A MAC address is the same however it is written: `ac:cc:8e:c:f:e` is `accc8e0c0f0e`."""
    parts = serial.lower().split(":")
    return "".join(part.zfill(2) for part in parts) if len(parts) == 6 else serial.lower()


def snake(word):
    """`lowerLayerDown` as the API writes it; a number is a state that IF-MIB does not know."""
    if word.isdigit():
        return "unknown"
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in word)


def main():
    proof = vigie.Proof("recordings")
    folder = os.environ.get("VIGIE_RECORDINGS")
    if not folder:
        raise SystemExit("VIGIE_RECORDINGS must name the folder of the recordings")
    with vigie.Place() as place:
        walks = os.path.join(place.path, "walks")
        os.mkdir(walks)
        entries = chosen(folder)
        for _, path in entries:
            os.symlink(os.path.abspath(path), os.path.join(walks, os.path.basename(path)))
        lab = place.run(vigie.Lab(place.path, PREFIX, port=PORT, replay=walks))
        admin = place.run(vigie.Server(place.path, "[limits]\nrequests_per_minute = 1000000\n")).admin()
        listed = json.loads(lab.order("list", "-o", "json"))
        rows = listed if isinstance(listed, list) else listed["devices"]
        places = {row["name"]: row["address"] for row in rows}
        run = vigie.discover(admin, sorted(places.values()), port=PORT, limit=600)["last_run"]
        proof.say(f"{len(entries)} recordings, found {run['found']}")
        devices = {device["address"]: device for device in admin.rows("devices")}
        for entry, path in entries:
            address = places.get(entry["walk"])
            if proof.expect(address in devices, f"{entry['walk']}: is a device", address):
                compare(proof, admin, entry, path, devices[address])
    proof.close()


main()
