"""A running Vigie, its API and its laboratory, for proofs and benches: the standard library alone."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
BINARY = os.environ.get("VIGIE_BINARY", os.path.join(TARGET, "debug", "vigie"))
FULL = os.environ.get("VIGIE_PROOF_SIZE") == "full"
PASSWORD = "a lookout for proofs"
NET = os.environ.get("VIGIE_NET", "127.61")


def size(small, full):
    """The figure of this run: small in `make test`, full in `make proof`."""
    return full if FULL else small


def eventually(question, limit=30.0, every=0.1):
    """Asks until the answer is true and returns it; the last answer when the time is over."""
    deadline = time.monotonic() + limit
    while True:
        answer = question()
        if answer or time.monotonic() > deadline:
            return answer
        time.sleep(every)


class Proof:
    """Counts expectations; the closing line is that of a test runner."""

    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped, self.began = name, 0, 0, 0, time.monotonic()

    def expect(self, holds, what, found=None):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {self.name}: {what}" + (f", found {found!r}" if found is not None else ""), flush=True)
        return bool(holds)

    def say(self, text):
        print(f"{self.name}: {text}", flush=True)

    def skip(self, why):
        self.skipped += 1
        print(f"SKIPPED {self.name}: {why}", flush=True)

    def close(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        self.say(f"took {time.monotonic() - self.began:.1f} s")
        print(f"{self.name}: {self.passed} passed, {self.failed} failed{skipped}", flush=True)
        sys.exit(1 if self.failed else 0)


class Answer:
    """What the server answered: status, headers (lower case) and body."""

    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = {name.lower(): value for name, value in headers}

    def json(self):
        return json.loads(self.body)


class Client:
    """One principal; paths are below /api/v1 unless they begin with /api."""

    def __init__(self, base, ca=None, token=None):
        self.base, self.ca, self.token, self.identity = base, ca, token, None
        self.tls = ssl.create_default_context(cafile=ca) if base.startswith("https") else None

    def ask(self, method, path, body=None, headers=None, limit=30):
        answer = self._ask(method, path, body, headers, limit)
        if answer.status == 401 and self.identity and not path.startswith("auth/"):
            self.sign_in(*self.identity)  # access tokens hold for a quarter of an hour
            answer = self._ask(method, path, body, headers, limit)
        return answer

    def _ask(self, method, path, body, headers, limit):
        path = path if path.startswith(("/api", "/metrics", "/readyz", "/healthz")) else f"/api/v1/{path}"
        request = urllib.request.Request(self.base + path, method=method)
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        if body is not None:
            request.data = json.dumps(body).encode()
            if not request.has_header("Content-type"):
                request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=limit, context=self.tls) as answer:
                return Answer(answer.status, answer.getheaders(), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers.items(), error.read())

    def get(self, path, **more):
        answer = self.ask("GET", path, **more)
        if answer.status != 200:
            raise RuntimeError(f"GET {path} answered {answer.status}: {answer.body[:300]!r}")
        return answer.json()

    def post(self, path, body, want=(200, 201, 202), **more):
        answer = self.ask("POST", path, body, **more)
        if answer.status not in want:
            raise RuntimeError(f"POST {path} answered {answer.status}: {answer.body[:500]!r}")
        return answer.json() if answer.body else None

    def rows(self, path):
        """Every row of a list, page by page."""
        joint = "&" if "?" in path else "?"
        here = f"{path}{joint}page_size=100"
        while here:
            page = self.get(here)
            yield from page["results"]
            here = page["next"]

    def sign_in(self, username="admin", password=PASSWORD):
        self.identity = (username, password)
        self.token = self.post("auth/token", {"username": username, "password": password})["access_token"]
        return self

    def as_key(self, name, permissions, scope=None):
        """A client with an API key of its own."""
        body = {"name": name, "permissions": permissions}
        if scope:
            body["scope"] = scope
        return Client(self.base, self.ca, self.post("api-keys", body)["key"])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A process of ours, ended by its id."""

    def __init__(self, name, command, log, env=None):
        self.name, self.log = name, log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **(env or {})})

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        """Without warning, as a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, limit=15):
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(limit)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def tail(self, lines=15):
        with open(self.log, errors="replace") as log:
            return "".join(log.readlines()[-lines:])


class Server(Program):
    """`vigie serve` with a state directory of its own."""

    def __init__(self, folder, configuration="", binary=None, port=None, tls=True, wrapper=(), environment=None):
        self.folder, self.binary, self.tls, self.wrapper, self.environment = folder, binary or BINARY, tls, list(wrapper), environment or {}
        self.port = port or free_port()
        self.state = os.path.join(folder, "state")
        os.makedirs(self.state, mode=0o700, exist_ok=True)
        self.secret = self._write("admin-password", PASSWORD)
        mode = "" if tls else "\n[server.tls]\nmode = \"off\"\n"
        self.file = self._write("vigie.toml", configuration + mode)
        self.base = f"{'https' if tls else 'http'}://localhost:{self.port}"
        self.launch()

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        return path

    def launch(self):
        """Starts it, again after a kill, and waits until it serves."""
        command = [*self.wrapper, self.binary, "serve", "--state-dir", self.state, "--listen", f"127.0.0.1:{self.port}", "--config", self.file]
        super().__init__("serve", command, os.path.join(self.folder, "serve.log"), {"VIGIE_ADMIN_PASSWORD_FILE": self.secret, **self.environment})
        if not eventually(lambda: not self.alive() or self.ready(), 60, 0.02) or not self.alive():
            tail = self.tail()
            self.stop()
            raise RuntimeError(f"vigie serve does not serve:\n{tail}")
        return self

    def ca(self):
        """The certificate of the authority it made."""
        for folder, _, names in os.walk(self.state):
            for name in names:
                if name.startswith("ca") and name.endswith((".pem", ".crt")) and "key" not in name:
                    return os.path.join(folder, name)
        return None

    def ready(self):
        try:
            return self.client().ask("GET", "/readyz", limit=5).status == 200
        except (OSError, ValueError):
            return False

    def client(self):
        return Client(self.base, self.ca() if self.tls else None)

    def admin(self):
        return self.client().sign_in()


class Lab(Program):
    """`vigie lab` on loopback."""

    def __init__(self, folder, prefix, devices=None, port=1161, replay=None, binary=None, extra=()):
        self.binary, self.control, self.prefix, self.port = binary or BINARY, os.path.join(folder, "lab.sock"), prefix, port
        command = [self.binary, "lab", "--listen", prefix, "--port", str(port), "--control", self.control, *extra]
        command += ["--devices", str(devices)] if devices is not None else []
        command += ["--replay", replay] if replay else []
        super().__init__("lab", command, os.path.join(folder, "lab.log"))
        if not eventually(lambda: not self.alive() or os.path.exists(self.control), 60, 0.05) or not self.alive():
            raise RuntimeError(f"vigie lab does not start:\n{self.tail()}")

    def order(self, *words):
        return subprocess.run([self.binary, "lab", *words, "--control", self.control], check=True, capture_output=True, text=True).stdout


    def ask(self, order, **more):
        """An order over the control socket; its reply."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(self.control)
            line.sendall(json.dumps({"order": order, **more}).encode() + b"\n")
            reply = json.loads(line.makefile().readline())
        if reply["reply"] == "refused":
            raise RuntimeError(f"the lab refused {order}: {reply['reason']}")
        return reply


class Place:
    """A folder for one proof; removed at its end, kept when it failed."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="vigie-proof-")
        self.programs = []
        return self

    def run(self, program):
        self.programs.append(program)
        return program

    def __exit__(self, kind, _value, _trace):
        for program in reversed(self.programs):
            program.stop()
        if kind and kind is not SystemExit:
            print(f"state and logs are kept in {self.path}", flush=True)
        else:
            shutil.rmtree(self.path, ignore_errors=True)


def seed(admin, count, address, name="seed", **more):
    """Devices by `POST devices/bulk`, a thousand at a time: `address(n)` is that of the n-th."""
    for start in range(0, count, 1000):
        operations = [{"op": "create", "data": {"name": f"{name}-{n:05d}", "address": address(n), **more}} for n in range(start, min(start + 1000, count))]
        answer = admin.post("devices/bulk", {"operations": operations, "atomic": True}, limit=300)
        if answer["failed"]:
            raise RuntimeError(f"seeding failed: {answer['results'][0]}")


def discover(admin, targets, port=161, credentials=("public",), mode="sweep", limit=120, name="proof", **more):
    """Runs a discovery to its end; answers it."""
    made = admin.post("discoveries", {
        "name": name, "mode": mode, "targets": list(targets), "port": port,
        "credentials": [c if isinstance(c, dict) else {"name": c, "kind": "snmp_v2c", "community": c} for c in credentials], **more})
    return finished(admin, made["id"], limit)


def finished(admin, discovery, limit=120):
    over = ("succeeded", "failed", "cancelled")

    def ended():
        found = admin.get(f"discoveries/{discovery}")
        return found if found["last_run"] and found["last_run"]["status"] in over else None
    found = eventually(ended, limit, 0.2)
    if not found:
        raise RuntimeError(f"discovery {discovery} is not over after {limit} s: {admin.get(f'discoveries/{discovery}')['last_run']}")
    return found
