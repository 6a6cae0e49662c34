"""A database with a million customers (or none), for the benches: SQLite files and databases of a PostgreSQL of our own.

Made once by the real program (people, units, settings) and `bench_import fill` (customers, numbers, consents, calls), kept
under build/crowd and copied for each measurement. PostgreSQL syncs to the disk here, as it would at work."""
import contextlib
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
for folder in ("tests/scenario", "tools"):
    sys.path.insert(0, str(ROOT / folder))

import company  # noqa: E402
import hj  # noqa: E402
import with_pg  # noqa: E402

CUSTOMERS, CALLS, TEAMS, AGENTS = 1_000_000, 200_000, 6, 60
KEPT = hj.BUILD / "crowd"
TOOL = hj.BUILD / "bench" / "bench_import"


def tool(*args):
    got = subprocess.run([str(TOOL), *map(str, args)], capture_output=True, text=True, check=False)
    if got.returncode:
        sys.exit(f"bench_import {args[0]}: {got.stderr.strip()}")
    return json.loads(got.stdout)


class Firm(company.Company):
    """The company on an engine, in a folder that stays."""

    def __init__(self, url, data):
        self.database = url
        self.data = data
        super().__init__()

    def args(self):
        pairs = {"data_dir": self.data, "http_port": self.http_port, "sip_port": self.sip_port, "log_level": "warn",
                 "company": "测试公司", "database": self.database}
        return ["serve", *[a for k, v in pairs.items() for a in ("--set", f"{k}={v}")], "--drain", "0"]

    def people_of_teams(self):
        units = self.admin.ok("GET", "/api/v1/units")["items"]
        for t in range(TEAMS):
            team = self.admin.ok("POST", "/api/v1/units", {"name": f"{t + 1} 组", "kind": "team", "parent_id": units[0]["id"]})["id"]
            for i in range(AGENTS // TEAMS):
                self.person(str(1001 + t * 100 + i), "agent", team)
            self.person(str(2001 + t * 100), "supervisor", team)
        self.person("4001", "manager", units[0]["id"])


class Engine:
    """Databases of one engine: template(size) makes the kept one, copy(size) a fresh copy of it."""

    def __init__(self, name):
        self.name = name

    def template(self, size):
        done = self.done(size)
        if not done.exists():
            self.forget(size)
            data = self.data(size)
            data.mkdir(parents=True)
            firm = Firm(self.url(size), data)
            try:
                firm.start().people_of_teams()
            finally:
                firm.close()
            if size == "million":
                print(f"making a million customers on {self.name}", file=sys.stderr)
                tool("fill", self.url(size), data / "master.key", CUSTOMERS, CALLS)
            done.write_text("")
        return self.url(size)

    def data(self, size):
        return KEPT / self.name / size

    def done(self, size):
        return KEPT / self.name / f"{size}.done"

    def forget(self, size):
        shutil.rmtree(self.data(size), ignore_errors=True)

    def close(self):
        pass


class Sqlite(Engine):
    def __init__(self):
        super().__init__("sqlite")

    def url(self, size):
        return f"sqlite:{self.data(size) / 'hujiao.db'}"

    def copy(self, size, name):
        """A copy of the template; gives its URL. The folder beside it holds the key."""
        to = KEPT / self.name / f"copy-{name}"
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.data(size), to)
        os.sync()
        return f"sqlite:{to / 'hujiao.db'}", to / "master.key"

    def drop(self, name):
        shutil.rmtree(KEPT / self.name / f"copy-{name}", ignore_errors=True)


class Postgres(Engine):
    """A server of our own on a Unix socket, its data kept under build/crowd."""

    SETTINGS = {"listen_addresses": "", "max_connections": "100", "shared_buffers": "1GB", "logging_collector": "off",
                "max_wal_size": "4GB", "log_min_messages": "fatal", "autovacuum": "on", "effective_cache_size": "8GB"}

    def __init__(self):
        super().__init__("postgres")
        user = pwd.getpwnam("postgres") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self.dir = pathlib.Path(f"/tmp/hjbench.{os.getpid()}")
        self.dir.mkdir()
        os.chown(self.dir, user.pw_uid, user.pw_gid)
        base = KEPT / self.name
        base.mkdir(parents=True, exist_ok=True)
        cluster = base / "cluster"
        prefix = with_pg.as_user(user)
        if not (cluster / "PG_VERSION").exists():
            for f in base.glob("*.done"):
                f.unlink()
            shutil.rmtree(cluster, ignore_errors=True)
            cluster.mkdir()
            os.chown(cluster, user.pw_uid, user.pw_gid)
            subprocess.run([*prefix, with_pg.BIN / "initdb", "-D", cluster, "-U", "hj", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
                           check=True, stdout=subprocess.DEVNULL, cwd="/")
        args = [*prefix, with_pg.BIN / "postgres", "-D", cluster, "-k", self.dir]
        for k, v in self.SETTINGS.items():
            args += ["-c", f"{k}={v}"]
        self.process = subprocess.Popen(args, cwd="/", stderr=subprocess.DEVNULL)

        def ready():
            """PostgreSQL answers"""
            return subprocess.run([with_pg.BIN / "pg_isready", "-q", "-h", self.dir], check=False).returncode == 0

        hj.wait_for(ready, 60)

    def sql(self, text):
        subprocess.run(["psql", "-q", "-h", self.dir, "-U", "hj", "-d", "postgres", "-c", text], check=True,
                       stdout=subprocess.DEVNULL)

    def url(self, size):
        return f"postgres://hj@/{size}?host={self.dir}"

    def forget(self, size):
        super().forget(size)
        self.sql(f"DROP DATABASE IF EXISTS {size}")
        self.sql(f"CREATE DATABASE {size}")

    def copy(self, size, name):
        self.drop(name)
        self.sql(f"CREATE DATABASE copy_{name} TEMPLATE {size} STRATEGY file_copy")
        self.sql("CHECKPOINT")
        return f"postgres://hj@/copy_{name}?host={self.dir}", self.data(size) / "master.key"

    def drop(self, name):
        self.sql(f"DROP DATABASE IF EXISTS copy_{name} WITH (FORCE)")

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


@contextlib.contextmanager
def engine(name):
    e = {"sqlite": Sqlite, "postgres": Postgres}[name]()
    try:
        yield e
    finally:
        e.close()
