"""Outside judges of the API: Spectral reads the document, Schemathesis sends what the document allows and forbids."""

import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

EXAMPLES = vigie.size(5, 100)
SEEDS = vigie.size([1], [1, 2, 3])
# A stream never ends.
APART = ["/api/v1/events/stream"]
# With these the judge may take its own key from itself, and hear nothing but 401 from then on: they are judged last, by another.
OWN = ["/api/v1/api-keys/{id}", "/api/v1/api-keys/{id}/rotate", "/api/v1/api-keys/bulk"]

# What fits a schema may still be refused: a cursor that is not ours, a reference to nothing, a network that overlaps. And
# what does not fit it may meet a version that is not the one (412) first.
JUDGE = """
[checks]
positive_data_acceptance.enabled = false
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 412, 415, 422, 428]
"""


def spectral(proof, folder, name, document):
    path = os.path.join(folder, name)
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
    proof.expect(not serious, f"Spectral finds no error and no warning in {name}", len(serious))


def schemathesis(proof, server, key, folder, seed, choice):
    tool = os.path.join(vigie.TARGET, "tools", "python", "bin", "schemathesis")
    with open(os.path.join(folder, "schemathesis.toml"), "w", encoding="utf-8") as file:
        file.write(JUDGE)
    command = [tool, "run", f"{server.base}/api/v1/openapi.json", "--header", f"Authorization: Bearer {key}", "--tls-verify", server.ca() or "false",
               "--max-examples", str(EXAMPLES), "--seed", str(seed), "--no-color", "--request-timeout", "20", "--workers", "1",
               "--generation-database", "none", "--suppress-health-check", "all", "--continue-on-failure", *choice]
    log = os.path.join(folder, "schemathesis.log")
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, timeout=vigie.size(1800, 7200), cwd=folder)
    with open(log, encoding="utf-8") as lines:
        text = lines.read()
    if done.returncode != 0:
        print(text[text.find("FAILURES"):][:60000], flush=True)
    said = re.search(r"(\d+) generated", text)
    proof.say(f"Schemathesis sent {said.group(1) if said else 'some'} cases with seed {seed}")
    proof.expect(done.returncode == 0, f"Schemathesis finds nothing with seed {seed}", done.returncode)


def alone():
    """Begins again in a network of its own, of loopback alone: what the judge makes the server reach must reach nobody."""
    if os.environ.get("VIGIE_PROOF_ALONE"):
        return
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    again = ["unshare", "--net", *user, "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", sys.executable, *sys.argv]
    os.execvpe(again[0], again, {**os.environ, "VIGIE_PROOF_ALONE": "1"})


def main():
    alone()
    proof = vigie.Proof("contract")
    with vigie.Place() as place:
        server = place.run(vigie.Server(place.path, "[limits]\nrequests_per_minute = 1000000\n"))
        admin = server.admin()
        document = admin.get("openapi.json")
        spectral(proof, place.path, "openapi.json", document)
        if vigie.FULL:
            spectral(proof, place.path, "openapi-3.0.json", admin.get("openapi-3.0.json"))
        permissions = [row["permission"] for row in admin.get("meta/permissions")["results"]]
        judges = {seed: admin.as_key(f"judge {seed}", permissions) for seed in SEEDS}
        last = admin.as_key("the last judge", permissions)
        for seed, judge in judges.items():
            schemathesis(proof, server, judge.token, place.path, seed, [word for path in APART + OWN for word in ("--exclude-path", path)])
            proof.expect(judge.ask("GET", "auth/me").status == 200, f"the judge was heard to the end with seed {seed}")
        schemathesis(proof, server, last.token, place.path, SEEDS[0], [word for path in OWN for word in ("--include-path", path)])
        proof.expect(server.alive() and server.ready(), "the server still serves")
        with open(server.log, errors="replace") as log:
            panics = [line for line in log if "panicked" in line]
        proof.expect(not panics, "nothing panicked", panics[:2])
    proof.close()


main()
