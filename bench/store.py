"""What the benches of the SQL store share: a PostgreSQL of their own, and the programs that take figures in either engine."""

import json
import os
import subprocess
import tempfile

from common import TICK, vigie

SERVICES = os.path.join(vigie.ROOT, "scripts", "services.sh")


def run(example, *arguments):
    """What an example of the store prints."""
    program = os.path.join(vigie.TARGET, "release", "examples", example)
    return subprocess.run([program, *map(str, arguments)], stdout=subprocess.PIPE, check=True).stdout


def figures(example, *arguments):
    """The figures that it tells."""
    return json.loads(run(example, *arguments))


class Postgres:
    """A server on loopback, whose data are removed with it; each database is new and empty."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="vigie-bench-")
        self.environment = {**os.environ, "VIGIE_RUN_DIR": self.folder.name, "VIGIE_POSTGRES_ADDRESS": f"127.{os.getpid() >> 8 & 255}.{os.getpid() & 255}.9"}
        self._services("start")
        with open(os.path.join(self.folder.name, "postgresql", "url"), encoding="utf-8") as url:
            self.url = url.read().strip()
        return self

    def __exit__(self, *_):
        self._services("stop")
        self.folder.cleanup()

    def _services(self, order):
        subprocess.run([SERVICES, order, "postgresql"], env=self.environment, check=True)

    def database(self, name):
        subprocess.run(["psql", "-XAtqc", f"CREATE DATABASE {name}", self.url], check=True)
        return f"{self.url.rpartition('/')[0]}/{name}"

    def cpu_seconds(self):
        """Of the server and of all processes that it has or had (proc(5), fields 14 to 17)."""
        with open(os.path.join(self.folder.name, "postgresql", "postgresql.pid"), encoding="utf-8") as pid:
            server = pid.read().strip()
        ticks = 0
        for process in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{process}/stat", encoding="utf-8") as stat:
                    fields = stat.read().rpartition(")")[2].split()
            except OSError:
                continue
            if process == server:
                ticks += sum(map(int, fields[11:15]))
            elif fields[1] == server:
                ticks += sum(map(int, fields[11:13]))
        return ticks / TICK
