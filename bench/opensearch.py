"""A real OpenSearch beside which the store of events is measured, as scripts/services.sh starts it, with a heap of its own size."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from common import say, vigie

HEAP = os.environ.get("VIGIE_BENCH_HEAP", "1g")
SERVICES = os.path.join(vigie.ROOT, "scripts", "services.sh")
# The fields of the events, as OpenSearch keeps them for searches, orders and facets.
MAPPING = {
    "message": {"type": "text", "norms": False},
    "at": {"type": "date", "format": "epoch_millis"},
    "severity": {"type": "byte"},
    "source_ip": {"type": "ip"},
    **{name: {"type": "keyword"} for name in ("kind", "host", "program", "attrs")},
}


class OpenSearch:
    """Runs while it is entered; `url` is its address."""

    def __enter__(self):
        self.run = tempfile.mkdtemp(prefix="vigie-bench-")
        self.environment = {**os.environ, "VIGIE_RUN_DIR": self.run, "VIGIE_SEARCH_HEAP": HEAP, "VIGIE_OPENSEARCH_ADDRESS": f"{vigie.NET}.5.3"}
        try:
            subprocess.run([SERVICES, "start", "opensearch"], env=self.environment, check=True, stdout=subprocess.DEVNULL)
        except BaseException:
            self.__exit__()
            raise
        with open(os.path.join(self.run, "opensearch", "url"), encoding="utf-8") as file:
            self.url = file.read().strip()
        say(f"opensearch {self.ask('GET', '/')['version']['number']}, heap {HEAP}, at {self.url}")
        return self

    def __exit__(self, *_):
        subprocess.run([SERVICES, "stop", "opensearch"], env=self.environment, check=False, stdout=subprocess.DEVNULL)
        shutil.rmtree(self.run, ignore_errors=True)

    def ask(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=300) as answer:
            return json.load(answer)

    def feed(self, folder, workers):
        """Sends the files of a folder as `_bulk` requests, so many at once; seconds until all is searchable, and bytes on disk."""
        settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "1s"}
        self.ask("PUT", "/events", {"settings": {"index": settings}, "mappings": {"dynamic": False, "properties": MAPPING}})
        send = ["curl", "-sf", "-XPOST", "-HContent-Type: application/x-ndjson", f"{self.url}/events/_bulk?filter_path=errors"]

        def one(name):
            done = subprocess.run([*send, "--data-binary", "@" + os.path.join(folder, name)], check=True, capture_output=True)
            if json.loads(done.stdout)["errors"]:
                raise RuntimeError(f"OpenSearch refused events of {name}")

        began = time.monotonic()
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(one, sorted(os.listdir(folder))))
        self.ask("POST", "/events/_refresh")
        took = time.monotonic() - began
        return took, self.ask("GET", "/events/_stats/docs,store")["_all"]["primaries"]
