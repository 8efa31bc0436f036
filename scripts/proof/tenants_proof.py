"""Two tenants: every GET of the OpenAPI document, asked by tenant A, answers the same bytes with and without the data of
tenant B, and nothing of B can be reached by its id."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

# Time passes between two questions: figures of the clock and of this host are not data of a tenant.
MOVING = re.compile(r'"(computed_at|checked_at|response_ms|from|to|uptime_seconds|at|now|age_seconds|request_id|last_used_at|expires_at|instance|next|previous|duration_ms|started_at)": ?("[^"]*"|[-\d.eE]+|null)')
HOST = ("/api/v1/dashboards/system", "/api/v1/system/", "/api/v1/cache/", "/api/v1/auth/", "/metrics", "/healthz", "/readyz", "/api/v1/events/stream", "/api/v1/ws")


def operations(document):
    """Paths of all GETs with their required query parameters filled."""
    for path, item in document["paths"].items():
        if "get" not in item:
            continue
        yield path, item["get"]


def with_parameters(path, operation, ids):
    for name in re.findall(r"{(\w+)}", path):
        kind = path.split("/{" + name)[0].rsplit("/", 1)[-1]
        one = ids.get(kind)
        if one is None:
            return None
        path = path.replace("{" + name + "}", one)
    query = [p for p in operation.get("parameters", []) if p.get("in") == "query" and p.get("required")]
    filled = "&".join(f"{p['name']}={p.get('example') or p['schema'].get('example') or 'x'}" for p in query)
    return path + ("?" + filled if filled else "")


def still(body):
    return MOVING.sub("", body.decode(errors="replace"))


def answers(client, document, ids):
    told = {}
    for path, operation in operations(document):
        if path.startswith(HOST):
            continue
        asked = with_parameters(path, operation, ids)
        if asked is None:
            continue
        answer = client.ask("GET", asked)
        told[asked] = (answer.status, still(answer.body))
    return told


def tenant(admin, name, octet, devices):
    """A site with devices, a tag, and a user who sees only the site."""
    site = admin.post("sites", {"name": f"{name} campus"})
    tag = admin.post("tags", {"name": f"{name}-tag"})
    operations = [{"op": "create", "data": {"name": f"{name}-{n}", "address": f"10.{octet}.0.{n}", "site_id": site["id"], "tags": [tag["name"]], "monitored": False}}
                  for n in range(1, devices + 1)]
    made = admin.post("devices/bulk", {"operations": operations, "atomic": True})["results"]
    return site, [m["data"]["id"] if "data" in m else m["id"] for m in made]


def main():
    proof = vigie.Proof("tenants")
    with vigie.Place() as place:
        server = place.run(vigie.Server(place.path, "[limits]\nrequests_per_minute = 1000000\n"))
        admin = server.admin()
        site, devices = tenant(admin, "alpha", 11, 5)
        reader = scoped(admin, site["id"])
        document = admin.get("openapi.json")
        ids = {"devices": devices[0], "sites": site["id"]}
        before = answers(reader, document, ids)
        proof.expect(len(before) > 20, "the document has operations to ask", len(before))
        again = answers(reader, document, ids)
        restless = [path for path in before if before[path] != again[path]]
        proof.expect(not restless, "asked twice, the answers are the same bytes", restless[:5])

        other, strangers = tenant(admin, "beta", 12, 7)
        after = answers(reader, document, ids)
        for path, told in before.items():
            proof.expect(after[path] == told, f"{path} is the same with beta's data", difference(told, after[path]))
        for path in (f"devices/{strangers[0]}", f"devices/{strangers[0]}/interfaces", f"sites/{other['id']}"):
            status = reader.ask("GET", path).status
            proof.expect(status in (403, 404), f"{path.split('/')[0]} of beta cannot be reached by its id", status)
        listed = [row["name"] for row in reader.rows("devices")]
        proof.expect(sorted(listed) == [f"alpha-{n}" for n in range(1, 6)], "alpha sees its own devices alone", listed)
        counted = reader.get("devices")["meta"]["total_estimate"]
        proof.expect(counted == 5, "alpha counts its own devices alone", counted)
    proof.close()


def scoped(admin, site):
    """A key with every permission to read that a key may have, within one site."""
    names = [row["permission"] for row in admin.get("meta/permissions")["results"]]
    return admin.as_key("alpha reader", [name for name in names if name.endswith(":read")], {"sites": [site]})


def difference(old, new):
    if old[0] != new[0]:
        return old[0], new[0]
    at = next((n for n, (a, b) in enumerate(zip(old[1], new[1])) if a != b), min(len(old[1]), len(new[1])))
    return json.dumps([old[1][max(0, at - 40):at + 60], new[1][max(0, at - 40):at + 60]])


main()
