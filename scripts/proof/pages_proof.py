"""A walk through every page of 10,000 devices while rows come and go and change: a row that stays appears exactly once,
forwards and backwards, and page 400 is as quick as page 1."""

import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vigie  # noqa: E402

DEVICES = 10_000
ORDERINGS = vigie.size(("id", "name"), ("id", "name", "-name", "-created_at", "created_at"))


def address(number):
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def fill(admin, first, count):
    """Devices that nobody polls, a thousand at a time; their ids."""
    ids = []
    for start in range(first, first + count, 1000):
        operations = [{"op": "create", "data": {"name": f"walk-{n:06d}", "address": address(n), "monitored": False}}
                      for n in range(start, min(start + 1000, first + count))]
        results = admin.post("devices/bulk", {"operations": operations, "atomic": True}, limit=120)["results"]
        ids += [result["data"]["id"] if "data" in result else result["id"] for result in results]
    return ids


class Traffic(threading.Thread):
    """Adds, changes and removes rows while others walk."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.over, self.rounds, self.trouble = client, False, 0, None

    def run(self):
        number = 900_000
        while not self.over:
            try:
                ids = fill(self.client, number, 20)
                removal = [{"op": "delete", "id": one, "if_match": "\"1\""} for one in ids[:15]]
                self.client.post("devices/bulk", {"operations": removal, "atomic": False})
            except (OSError, RuntimeError, KeyError) as error:
                self.trouble = str(error)
                return
            number += 20
            self.rounds += 1


def walk(admin, path, link="next"):
    pages, seen = 0, []
    while path:
        page = admin.get(path)
        seen += [row["id"] for row in page["results"]]
        path, pages = page[link], pages + 1
    return pages, seen


def main():
    proof = vigie.Proof("pages")
    with vigie.Place() as place:
        server = place.run(vigie.Server(place.path, "[limits]\nrequests_per_minute = 1000000\n"))
        admin = server.admin()
        began = time.monotonic()
        stay = set(fill(admin, 0, DEVICES))
        proof.say(f"{DEVICES} devices made in {time.monotonic() - began:.1f} s")
        proof.expect(len(stay) == DEVICES, "every device is made", len(stay))
        first = admin.get("devices?page_size=25")
        proof.expect(first["meta"]["total_estimate"] == DEVICES, "the count is right", first["meta"])
        traffic = Traffic(admin)
        traffic.start()
        for ordering in ORDERINGS:
            pages, seen = walk(admin, f"devices?page_size=100&ordering={ordering}&fields=id")
            counted = {one: 0 for one in stay}
            for one in seen:
                if one in counted:
                    counted[one] += 1
            wrong = [one for one, times in counted.items() if times != 1]
            proof.expect(not wrong, f"ordering {ordering}: rows that stay appear exactly once on {pages} pages", len(wrong))
            proof.expect(len(seen) == len(set(seen)), f"ordering {ordering}: no row appears twice", len(seen) - len(set(seen)))
        traffic.over = True
        traffic.join()
        proof.expect(traffic.rounds > 3 and not traffic.trouble, "rows came and went meanwhile", (traffic.rounds, traffic.trouble))
        back_and_forth(proof, admin)
        late_pages(proof, admin)
    proof.close()


def back_and_forth(proof, admin):
    path, pages = "devices?page_size=25&ordering=name&fields=id", []
    for _ in range(5):
        page = admin.get(path)
        pages.append(page)
        path = page["next"]
    back = pages[-1]
    for earlier in reversed(pages[:-1]):
        back = admin.get(back["previous"])
        same = [row["id"] for row in back["results"]] == [row["id"] for row in earlier["results"]]
        if not proof.expect(same, "previous leads back over the same rows"):
            return
    proof.expect(not back["meta"]["has_previous"] and back["previous"] is None, "the first page has no previous", back["meta"])


def late_pages(proof, admin):
    """Page 400 within 1.5 times of page 1: the bench holds the finer figure."""
    path = "devices?page_size=25&ordering=name"
    first = path
    for _ in range(399):
        path = admin.get(path)["next"]

    def quickest(where):
        times = []
        for _ in range(15):
            began = time.perf_counter()
            admin.get(where)
            times.append(time.perf_counter() - began)
        return min(times)
    early, late = quickest(first), quickest(path)
    proof.say(f"page 1 in {early * 1000:.1f} ms, page 400 in {late * 1000:.1f} ms")
    proof.expect(late < early * 1.5, "page 400 is as quick as page 1", late / early)


main()
