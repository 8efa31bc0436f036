"""Recorded devices replayed: inventory, ports and their states are what a mature system concluded from the same walks.
VIGIE_RECORDINGS names a folder of *.snmprec(.gz), with expected.jsonl in it or beside it."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

DEVICES = vigie.size(30, 250)
PREFIX = f"{vigie.NET}.48.0/22"
PORT = 1361


def expected(folder):
    for place in (folder, os.path.dirname(folder.rstrip("/"))):
        path = os.path.join(place, "expected.jsonl")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as lines:
                return [json.loads(line) for line in lines]
    raise SystemExit(f"no expected.jsonl in or beside {folder}")


def chosen(folder):
    """Walks with ports and a description, spread over the makers; the file each stands in."""
    files = {name.split(".snmprec")[0]: os.path.join(folder, name) for name in os.listdir(folder) if ".snmprec" in name}
    fit = [e for e in expected(folder) if e.get("ports") and (e.get("device") or {}).get("sysDescr") and e["walk"] in files]
    makers = {}
    for entry in fit:
        makers.setdefault(entry["os_label"].split("-")[0], []).append(entry)
    spread = [entry for rank in range(max(map(len, makers.values()))) for entries in makers.values() for entry in entries[rank:rank + 1]]
    return [(entry, files[entry["walk"]]) for entry in spread[:DEVICES]]


def compare(proof, admin, entry, device):
    name, told = entry["walk"], entry["device"]
    proof.expect(squeezed(device["sys_descr"]) == squeezed(told["sysDescr"]), f"{name}: sysDescr", device["sys_descr"])
    if told.get("sysObjectID"):
        proof.expect(device["sys_object_id"] == told["sysObjectID"].lstrip("."), f"{name}: sysObjectID", device["sys_object_id"])
    if told.get("serial") and device["serial"]:
        proof.expect(device["serial"] == told["serial"], f"{name}: serial number {told['serial']}", device["serial"])
    ports = {port["if_index"]: port for port in admin.rows(f"devices/{device['id']}/interfaces")}
    wanted = {port["ifIndex"]: port for port in entry["ports"] if port.get("ifDescr") or port.get("ifName")}
    missing = sorted(set(wanted) - set(ports))
    proof.expect(not missing, f"{name}: every port is there", missing[:8])
    for column, field in (("ifAdminStatus", "admin_status"), ("ifOperStatus", "oper_status")):
        wrong = [(index, port[column], ports[index][field]) for index, port in wanted.items()
                 if index in ports and port.get(column) and ports[index][field] != snake(port[column])]
        proof.expect(not wrong, f"{name}: {column} of every port", wrong[:4])


def squeezed(text):
    return " ".join((text or "").split())


def snake(word):
    """`lowerLayerDown` as the API writes it; a number is a state that IF-MIB does not know."""
    if word.isdigit():
        return "unknown"
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in word)


def main():
    proof = vigie.Proof("recordings")
    folder = os.environ.get("VIGIE_RECORDINGS")
    if not folder:
        proof.say("VIGIE_RECORDINGS is not set: no recordings to replay")
        proof.expect(True, "no recordings are asked for")
        proof.close()
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
        for entry, _ in entries:
            address = places.get(entry["walk"])
            if proof.expect(address in devices, f"{entry['walk']}: is a device", address):
                compare(proof, admin, entry, devices[address])
    proof.close()


main()
