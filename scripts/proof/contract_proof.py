"""Outside judges of the API: Spectral reads the document, Schemathesis sends what the document allows and forbids."""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

EXAMPLES = vigie.size(15, 100)
# Streams never end, sign-out ends the judge's own session, and a password that is changed is lost.
APART = ["/api/v1/events/stream", "/api/v1/auth/logout", "/api/v1/auth/me/password", "/api/v1/auth/token/revoke", "/api/v1/auth/sessions/{id}"]

# What fits a schema may still be refused: a cursor that is not ours, a reference to nothing, a network that overlaps. And
# what does not fit it may meet a version that is not the one (412) first.
JUDGE = """
[checks]
positive_data_acceptance.enabled = false
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429]
"""


def spectral(proof, folder, document):
    path = os.path.join(folder, "openapi.json")
    rules = os.path.join(folder, "spectral.yaml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    with open(rules, "w", encoding="utf-8") as file:
        file.write("extends: spectral:oas\n")
    tool = os.path.join(vigie.ROOT, "scripts", "tools", "node_modules", ".bin", "spectral")
    done = subprocess.run([tool, "lint", path, "--ruleset", rules, "--format", "json", "--quiet", "--fail-severity", "warn"], capture_output=True, text=True)
    try:
        findings = json.loads(done.stdout[done.stdout.index("["):]) if "[" in done.stdout else []
    except ValueError:
        findings = [{"code": "spectral", "message": done.stdout + done.stderr, "path": [], "severity": 0}]
    serious = [f for f in findings if f["severity"] <= 1]
    for finding in serious[:20]:
        proof.say(f"spectral {finding['code']} at {'.'.join(map(str, finding['path']))}: {finding['message']}")
    proof.expect(not serious, "Spectral finds no error and no warning", len(serious))


def schemathesis(proof, server, key, folder):
    tool = os.path.join(vigie.TARGET, "tools", "python", "bin", "schemathesis")
    with open(os.path.join(folder, "schemathesis.toml"), "w", encoding="utf-8") as file:
        file.write(JUDGE)
    command = [tool, "run", f"{server.base}/api/v1/openapi.json", "--header", f"Authorization: Bearer {key}", "--tls-verify", server.ca() or "false",
               "--max-examples", str(EXAMPLES), "--seed", "1", "--no-color", "--request-timeout", "20", "--workers", "1",
               "--generation-database", "none", "--suppress-health-check", "all", "--continue-on-failure"]
    for path in APART:
        command += ["--exclude-path", path]
    log = os.path.join(folder, "schemathesis.log")
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, timeout=vigie.size(900, 7200), cwd=folder)
    with open(log, encoding="utf-8") as lines:
        text = lines.read()
    if done.returncode != 0:
        print(text[-12000:], flush=True)
    said = re.search(r"(\d+) generated", text)
    proof.say(f"Schemathesis sent {said.group(1) if said else 'some'} cases")
    proof.expect(done.returncode == 0, "Schemathesis finds nothing", done.returncode)


def main():
    proof = vigie.Proof("contract")
    with vigie.Place() as place:
        server = place.run(vigie.Server(place.path, "[limits]\nrequests_per_minute = 1000000\n"))
        admin = server.admin()
        document = admin.get("openapi.json")
        spectral(proof, place.path, document)
        permissions = [row["permission"] for row in admin.get("meta/permissions")["results"]]
        schemathesis(proof, server, admin.as_key("judge", permissions).token, place.path)
        proof.expect(server.alive() and server.ready(), "the server still serves")
        with open(server.log, errors="replace") as log:
            panics = [line for line in log if "panicked" in line]
        proof.expect(not panics, "nothing panicked", panics[:2])
    proof.close()


main()
