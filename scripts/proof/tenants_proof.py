"""Two tenants on one Vigie. What one of them is answered, by every GET, channel and stream, is the same with and without the other: its
devices that hang on the first one's cables, their polls, links, events and alerts, and all that its people make.

Alpha owns the cores of the laboratory, beta what hangs below them. Alpha is asked three times: as a site, as a device group, and as a
realm (where the same agents were found once more)."""

import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402
from tenants import LAB, NOBODY, PORT, Listener, Questions, Tenant, all_ids, ended, events_of, first_of, newcomers, still  # noqa: E402


def difference(old, new):
    if old[0] != new[0]:
        return old[0], new[0], new[1][:200]
    at = next((n for n, (a, b) in enumerate(zip(old[1], new[1])) if a != b), min(len(old[1]), len(new[1])))
    return old[1][max(0, at - 60):at + 100], new[1][max(0, at - 60):at + 100]


def last_states(client):
    return {path: still(client.ask("GET", path).body) for path in ("topology", "dashboards/network")}


def strangers(admin, beta):
    """Names and ids of beta that nobody of alpha may read."""
    names = [f"{beta.name} campus", f"{beta.name} devices", f"{beta.name} load", f"{beta.name}-tag", f"{beta.name} v2c", f"{beta.name} sweep", "lyo-b1-acc"]
    return names + beta.devices + [beta.site, beta.group, beta.discovery]


def main():
    proof = vigie.Proof("tenants")
    with vigie.Place() as place:
        place.run(vigie.Lab(place.path, f"{LAB}.0/24", devices=12, port=PORT))
        server = place.run(vigie.Server(place.path, "[limits]\nrequests_per_minute = 1000000\n[polling]\ninterval_seconds = 5\ntimeout_ms = 1000\nretries = 1\n", tls=False))
        admin = server.admin()
        admin.post("realms", {"name": "gamma"})
        alpha = Tenant(admin, "alpha", [1, 2, 3])
        gamma = Tenant(admin, "gamma", [1, 2], realm="gamma")
        realm = next(row["id"] for row in admin.rows("realms") if row["name"] == "gamma")
        askers = {
            "site": alpha.operator({"sites": [alpha.site]}),
            "group": alpha.operator({"device_groups": [alpha.group]}, "alpha group operator"),
            "realm": gamma.operator({"realms": [realm]}),
        }
        job = alpha.furnish(askers["site"])
        for tenant in (alpha, gamma):
            tenant.wait_for_life()
        for tenant in (alpha, gamma):
            tenant.rest()
        proof.say("alpha lives")

        questions = Questions(admin.get("openapi.json"), int(time.time()))
        seen = {name: first_of(client, admin) for name, client in askers.items()}
        before = {name: questions.ask(client, seen[name]) for name, client in askers.items()}
        proof.expect(all(len(told) > 100 for told in before.values()), "the document has questions to ask", {n: len(t) for n, t in before.items()})
        answered = [path for path, (status, _) in before["site"].items() if status == 200]
        for path in ("devices", "interfaces", "addresses", "alerts", "events", "topology/links", "tags", "credentials", "alert-rules", "checks", "jobs"):
            told = json.loads(before["site"][f"/api/v1/{path}", None][1])
            proof.expect(told["results"], f"alpha has {path}, so that the comparison says something", told)
        proof.expect(askers["realm"].get("discoveries")["results"], "a realm has discoveries")
        for name, client in askers.items():
            again = questions.ask(client, seen[name])
            restless = [(path, difference(before[name][path], again[path])) for path in again if before[name][path] != again[path]]
            proof.expect(not restless, f"asked twice by {name}, the answers are the same bytes", restless[:3])
        ids_before = all_ids(admin, questions)
        proof.say(f"{sum(map(len, before.values()))} questions, {len(answered)} answered to the site")

        beta = Tenant(admin, "beta", range(4, 13))
        beta_operator = beta.operator({"sites": [beta.site]})
        beta_job = beta.furnish(beta_operator)
        beta.wait_for_life()
        across = [link for link in admin.get("topology")["links"] if {link["source"]["node"], link["target"]["node"]} & set(alpha.devices)
                  and {link["source"]["node"], link["target"]["node"]} & set(beta.devices)]
        proof.expect(across, "links lead from alpha to beta")
        proof.say("beta lives")
        foreign = strangers(admin, beta)
        for name, client in askers.items():
            after = questions.ask(client, seen[name])
            for path, told in before[name].items():
                proof.expect(after[path] == told, f"{path} is the same with beta's data, asked by {name}", difference(told, after[path]))
            leaks = [(path, word) for path, (_, text) in after.items() for word in foreign if word in text and word not in before[name][path][1]]
            proof.expect(not leaks, f"nothing of beta is told to {name}", leaks[:5])
        hidden_ends(proof, askers["site"], across)
        hidden_ends(proof, beta_operator, across)
        appeared = [event["data"] for event in askers["site"].rows("events?type=link.appeared")]
        proof.expect({"kind": "hidden"} in [data[end] for data in appeared for end in ("source", "target")], "an event of a link across has a hidden end", appeared[:2])

        fresh = newcomers(ids_before, all_ids(admin, questions), questions)
        reached(proof, questions, fresh, askers)
        written(proof, beta, fresh, askers["site"], alpha)
        heard_alike(proof, admin, askers["site"], alpha, beta, beta_operator, job, beta_job)
    proof.close()


def hidden_ends(proof, client, across):
    """A link that leads out of the scope is listed, and its other end is hidden, whichever end the source is."""
    told = {link["id"]: link for link in client.rows("topology/links")}
    for link in across:
        seen = told.get(link["id"])
        proof.expect(seen and seen["target"].get("kind") == "hidden" and seen["target"]["interface_name"] is None and seen["source"].get("kind") == "device",
                     "a link across has one hidden end", seen)


def reached(proof, questions, fresh, askers):
    """By the ids of beta nothing is reached: it is answered as what does not exist."""
    for name, client in askers.items():
        for (path, operation), (nowhere, _) in zip(questions.filled(fresh), questions.filled(lambda _: None)):
            if path == nowhere:
                continue
            ids = [part for part in path.split("/") if part not in nowhere.split("/")]
            answer, nothing = client.ask("GET", path), client.ask("GET", nowhere)
            told, expected = still(answer.body), still(nothing.body)
            for one in ids:
                told = told.replace(one, NOBODY)
            proof.expect(answer.status in (403, 404) and (answer.status, told) == (nothing.status, expected), f"{path} is as if it did not exist, asked by {name}", (answer.status, told))


def written(proof, beta, fresh, client, alpha):
    """Bodies that name what beta has are answered as for what does not exist; what others have is not changed."""
    device = client.get(f"devices/{alpha.devices[0]}")
    for field, theirs in (("site_id", beta.site), ("credentials", [fresh("/api/v1/credentials")]), ("realm_id", fresh("/api/v1/realms") or NOBODY)):
        nobody = [NOBODY] if isinstance(theirs, list) else NOBODY
        told = [client.ask("PATCH", f"devices/{device['id']}", {field: value}, {"If-Match": "*", "Content-Type": "application/merge-patch+json"}) for value in (theirs, nobody)]
        texts = [still(answer.body).replace(theirs[0] if isinstance(theirs, list) else theirs, NOBODY) for answer in told]
        proof.expect(told[0].status == 422 and texts[0] == texts[1], f"{field} of beta in a body is as if it did not exist", texts)
    for path in ("sites", "tags", "credentials", "device-groups", "alert-rules", "checks", "devices"):
        theirs = fresh(f"/api/v1/{path}")
        for method in ("PATCH", "DELETE"):
            body = {"description": "mine now"} if method == "PATCH" else None
            answer = client.ask(method, f"{path}/{theirs}", body, {"If-Match": "*", "Content-Type": "application/merge-patch+json"})
            proof.expect(answer.status in (403, 404), f"{method} {path} of beta is refused", (answer.status, answer.body[:200]))


def heard_alike(proof, admin, client, alpha, beta, beta_operator, job, beta_job):
    """Channels and stream tell the same while beta is busy as while it is not."""
    channels = ["events", "alerts", "topology", "dashboards.network", f"jobs.{job}"]
    port = next(row["id"] for row in client.rows(f"devices/{alpha.devices[0]}/interfaces"))
    alert = next(row["id"] for row in client.rows("alerts"))

    def note(text):
        admin.ask("PATCH", f"interfaces/{port}", {"note": text}, {"Content-Type": "application/merge-patch+json"})

    def own():
        client.post(f"alerts/{alert}/comment", {"text": "seen"})
        note("first")
        note(None)

    def quiet():
        own()
        note("last")

    def busy():
        note(None)
        made = beta_operator.post("devices", {"name": "beta busy", "address": "10.99.0.1", "site_id": beta.site, "tags": ["beta-busy"], "monitored": False})
        own()
        for row in list(beta_operator.rows("alerts"))[:1]:
            beta_operator.post(f"alerts/{row['id']}/comment", {"text": "beta is on it"})
        vigie.finished(admin, admin.post(f"discoveries/{beta.discovery}/run", {})["discovery_id"])
        ended(admin, beta_operator.post(f"devices/{beta.devices[0]}/poll", {})["job_id"])
        beta_operator.ask("DELETE", f"devices/{made['id']}", headers={"If-Match": "*"})
        note("last")

    states = last_states(client)
    listener = Listener(client, channels)
    heard, streamed = listener.window(quiet, "last")
    house = Listener(admin, ["events"])
    listener_again = Listener(client, channels)
    heard_busy, streamed_busy = listener_again.window(busy, "last")
    everything = house.socket.until(lambda f: f["type"] == "event" and f["data"]["type"] == "interface.changed" and f["data"]["data"]["note"] == "last")
    proof.expect(any("beta busy" in json.dumps(frame) for frame in everything), "the house hears of beta meanwhile")
    # the busy window begins with the note of the quiet one being taken away
    quiet_events, busy_events = events_of(heard), events_of(heard_busy)
    quiet_stream, busy_stream = events_of(streamed), events_of(streamed_busy)
    own_events = [line for line in quiet_events if '"event"' in line or '"alert"' in line]
    proof.expect(len(own_events) >= 4, "alpha hears of itself", quiet_events)
    for what, calm_ones, busy_ones in (("the channels", quiet_events, busy_events), ("the stream", quiet_stream, busy_stream)):
        extra = [line for line in busy_ones if line not in calm_ones and '"last"' not in line]
        missing = [line for line in calm_ones if line not in busy_ones and "comments" not in line]
        proof.expect(not [line for line in extra if "comments" not in line], f"{what} tell nothing more while beta is busy", extra[:3])
        proof.expect(not missing, f"{what} tell nothing less while beta is busy", missing[:3])
    words = strangers(admin, beta) + ["beta"]
    leaks = [(word, json.dumps(frame)[:200]) for frame in (*heard, *streamed, *heard_busy, *streamed_busy) for word in words if word in json.dumps(frame)]
    proof.expect(not leaks, "no frame names anything of beta", leaks[:5])
    proof.expect(last_states(client)["topology"] == states["topology"], "the map of alpha is the same after it", difference((0, states["topology"]), (0, last_states(client)["topology"])))
    for channel in (f"discoveries.{beta.discovery}", f"jobs.{beta_job}", "dashboards.system"):
        frame = listener_again.socket.subscribe(channel).until(lambda f, c=channel: f.get("id") == c)[-1]
        proof.expect(frame["type"] == "error" and frame["error"]["status"] in (403, 404), f"{channel.split('.')[0]} of others are not heard", frame)
    for one in (listener, house, listener_again):
        one.close()


main()
