"""Real agents: net-snmp with v1, v2c and v3, and snmpsim with its own recordings. Each way in works, each way of being
refused is told apart as far as the protocol lets anyone."""

import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

SERVICES = os.path.join(vigie.ROOT, "scripts", "services.sh")
AGENT = f"{vigie.NET}.1.1"
NOBODY = f"{vigie.NET}.1.9"
SILENT = f"{vigie.NET}.1.8"
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
# Each fault of a credential, how it is told, and what the likeliest cause says. On a wrong community an agent is silent (RFC 1157, 3.2.5);
# that its SNMPv3 engine answers tells it from a dead one.
REFUSALS = [
    ({"name": "wrong community", "kind": "snmp_v2c", "community": "nonsense"}, "no_answer", "the community is wrong"),
    ({"name": "wrong community, v1", "kind": "snmp_v1", "community": "nonsense"}, "no_answer", "the community is wrong"),
    (v3("wrong user", "nobody", "sha256", "aes128"), "wrong_credentials", "does not know this user"),
    (v3("wrong secret", "sha256aes", "sha256", "aes128", secret="wrong-wrong"), "wrong_credentials", "authentication passphrase is wrong"),
    (v3("wrong protocol", "sha256aes", "sha512", "aes128"), "wrong_credentials", "authentication passphrase is wrong"),
    (v3("wrong key", "sha256aes", "sha256", "aes128", key="wrong-wrong"), "wrong_privacy_key", "privacy passphrase is wrong"),
    (v3("level too low", "sha256aes", "sha256"), "authorization_denied", "higher security level"),
    (v3("level too high", "authonly", "sha256", "aes128"), "wrong_credentials", "no privacy key"),
    (v3("wrong context", "sha256aes", "sha256", "aes128", context="elsewhere"), "authorization_denied", "no context elsewhere"),
    ({"name": "denied view, v2c", "kind": "snmp_v2c", "community": "narrow"}, "authorization_denied", "view of this credential"),
    (v3("denied view, v3", "narrow", "sha256", "aes128"), "authorization_denied", "view of this credential"),
]
LIKELIHOODS = ["likely", "possible", "unlikely"]


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


def told(proof, name, access, state, cause):
    """The state, the likeliest cause first, and a remedy."""
    causes = (access or {}).get("causes") or [{"cause": "", "likelihood": "none"}]
    ranks = [c["likelihood"] for c in causes]
    proof.expect(access and access["state"] == state, f"{name}: told as {state}", access)
    proof.expect(cause in causes[0]["cause"], f"{name}: the likeliest cause says {cause!r}", causes)
    proof.expect(set(ranks) <= set(LIKELIHOODS) and ranks == sorted(ranks, key=LIKELIHOODS.index), f"{name}: causes are ranked", ranks)
    proof.expect(access and access["solution"], f"{name}: a remedy is named", access)
    return access["solution"] if access else None


def refusals(proof, admin):
    remedies = {}
    for credential, state, cause in REFUSALS:
        remedies[credential["name"]] = told(proof, credential["name"], snmp_access(watch(admin, AGENT, credential)), state, cause)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind((SILENT, PORT))  # takes what comes and never answers
        for kind in ("snmp_v2c", "snmp_v3"):
            credential = {"name": f"silence, {kind}", "kind": kind, "community": "public"} if kind == "snmp_v2c" else v3(f"silence, {kind}", "sha256aes", "sha256", "aes128")
            cause = "the community is wrong: agents are silent on that" if kind == "snmp_v2c" else "a firewall drops the packets"
            remedies["silence"] = told(proof, credential["name"], snmp_access(watch(admin, SILENT, credential)), "no_answer", cause)
    refused = snmp_access(watch(admin, NOBODY, WAYS_IN[1] | {"name": "refusal"}))
    remedies["refusal"] = told(proof, "refusal", refused, "refused", "no SNMP agent listens")
    apart = ["wrong community", "wrong user", "wrong secret", "wrong key", "level too low", "level too high", "denied view, v2c", "silence", "refusal"]
    proof.expect(len({remedies[name] for name in apart}) == len(apart), "each has a remedy of its own", {n: remedies[n] for n in apart})


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
            admin = place.run(vigie.Server(place.path, "[polling]\ntimeout_ms = 1500\nretries = 1\n")).admin()
            ways_in(proof, admin)
            refusals(proof, admin)
            recordings(proof, admin)
    finally:
        subprocess.run([SERVICES, "stop", "snmpd", "snmpsim"], check=False)
    proof.close()


main()
