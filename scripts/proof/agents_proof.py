"""Real agents: net-snmp with v1, v2c and v3, and snmpsim with its own recordings. Each way in works, each way of being
refused is told apart as far as the protocol lets anyone."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

SERVICES = os.path.join(vigie.ROOT, "scripts", "services.sh")
AGENT = f"{vigie.NET}.1.1"
NOBODY = f"{vigie.NET}.1.9"
PORT = 1161


def v3(name, user, auth=None, privacy=None, secret="authpass1", key="privpass1", context=None):
    body = {"name": name, "kind": "snmp_v3", "username": user}
    if auth:
        body |= {"auth_protocol": auth, "auth_secret": secret}
    if privacy:
        body |= {"privacy_protocol": privacy, "privacy_secret": key}
    return body | ({"context": context} if context else {})


WAYS_IN = [
    {"name": "v1", "kind": "snmp_v1", "community": "public"},
    {"name": "v2c", "kind": "snmp_v2c", "community": "public"},
    v3("no auth", "noauth"),
    v3("auth alone", "authonly", "sha256"),
    v3("md5 des", "md5des", "md5", "des"),
    v3("sha aes", "shaaes", "sha1", "aes128"),
    v3("sha256 aes", "sha256aes", "sha256", "aes128"),
    v3("sha512 aes256", "sha512aes256", "sha512", "aes256"),
]
# What the agent lets anyone tell: an unknown community is silence, a wrong key too.
REFUSALS = [
    ({"name": "wrong community", "kind": "snmp_v2c", "community": "nonsense"}, {"no_answer"}),
    (v3("unknown user", "nobody", "sha256", "aes128"), {"wrong_credentials"}),
    (v3("wrong secret", "sha256aes", "sha256", "aes128", secret="wrong-wrong"), {"wrong_credentials"}),
    (v3("wrong key", "sha256aes", "sha256", "aes128", key="wrong-wrong"), {"wrong_privacy_key", "no_answer"}),
    (v3("level too low", "sha256aes", "sha256"), {"authorization_denied", "wrong_credentials"}),
]


def snmp_access(device):
    return next((a for a in device["access"] if a["protocol"] == "snmp"), None)


def watch(admin, address, credential):
    """A device with this one credential, after its first poll."""
    key = admin.post("credentials", credential)["id"]
    device = admin.post("devices", {"name": credential["name"], "address": address, "credentials": [key], "snmp_port": PORT, "poll_interval_seconds": 5})

    def polled():
        found = admin.get(f"devices/{device['id']}")
        return found if snmp_access(found) and found["state"]["last_polled_at"] else None
    found = vigie.eventually(polled, 40) or admin.get(f"devices/{device['id']}")
    answer = admin.ask("DELETE", f"devices/{device['id']}", headers={"If-Match": f"\"{found['version']}\""})
    if answer.status != 204:
        answer = admin.ask("DELETE", f"devices/{device['id']}", headers={"If-Match": admin.ask("GET", f"devices/{device['id']}").headers["etag"]})
    return found


def ways_in(proof, admin):
    for credential in WAYS_IN:
        device = watch(admin, AGENT, credential)
        access = snmp_access(device)
        proof.expect(access and access["state"] == "ok", f"{credential['name']}: the agent answers", access)
        proof.expect(device["sys_name"] == "agent.test", f"{credential['name']}: sysName is read", device["sys_name"])


def refusals(proof, admin):
    for credential, states in REFUSALS:
        access = snmp_access(watch(admin, AGENT, credential))
        proof.expect(access and access["state"] in states, f"{credential['name']}: told as {' or '.join(sorted(states))}", access and access["state"])
        proof.expect(access and access["causes"] and access["solution"], f"{credential['name']}: causes and a remedy are named", access)
    access = snmp_access(watch(admin, NOBODY, WAYS_IN[1] | {"name": "nobody there"}))
    proof.expect(access and access["state"] in ("refused", "no_answer"), "a closed port is told", access)


def recordings(proof, admin):
    with open(os.path.join(os.environ["VIGIE_RUN_DIR"], "snmpsim", "devices"), encoding="utf-8") as lines:
        places = dict(line.split() for line in lines)
    run = vigie.discover(admin, sorted(places), port=PORT)["last_run"]
    proof.expect(run["found"]["devices"] == len(places), "snmpsim: every recorded device is found", run["found"])
    devices = {device["address"]: device for device in admin.rows("devices")}
    for address, recording in places.items():
        device = devices.get(address)
        if not proof.expect(device, f"snmpsim {recording}: is a device"):
            continue
        asked = subprocess.run(["snmpget", "-v2c", "-c", "public", "-Oqv", f"{address}:{PORT}", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.2.1.0"],
                               check=True, capture_output=True, text=True, env={**os.environ, "MIBS": ""}).stdout.split("\n")
        proof.expect(device["sys_name"] == asked[0].strip('"'), f"snmpsim {recording}: sysName as snmpget says", (device["sys_name"], asked[0]))
        ports = list(admin.rows(f"devices/{device['id']}/interfaces"))
        proof.expect(len(ports) == int(asked[1]), f"snmpsim {recording}: as many ports as ifNumber", (len(ports), asked[1]))


def main():
    os.environ.setdefault("VIGIE_RUN_DIR", os.path.join(vigie.TARGET, "services"))
    proof = vigie.Proof("agents")
    subprocess.run([SERVICES, "start", "snmpd", "snmpsim"], check=True)
    try:
        with vigie.Place() as place:
            admin = place.run(vigie.Server(place.path, "[polling]\ntimeout_ms = 500\nretries = 1\n")).admin()
            ways_in(proof, admin)
            refusals(proof, admin)
            recordings(proof, admin)
    finally:
        subprocess.run([SERVICES, "stop", "snmpd", "snmpsim"], check=False)
    proof.close()


main()
