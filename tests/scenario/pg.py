"""A PostgreSQL of a test's own, over TCP: stopped, killed, started again, with a replica that can be promoted."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import hj

sys.path.insert(0, str(hj.ROOT / "tools"))
import with_pg  # noqa: E402

NAME = "hujiao"


class Postgres(with_pg.Server):
    """`of`: another one whose replica this is."""

    def __init__(self, of=None):
        self.port = hj.free_port()
        self.settings = {**with_pg.SETTINGS, "listen_addresses": "127.0.0.1", "port": str(self.port), "wal_level": "replica",
                         "max_wal_senders": "4", "hot_standby": "on", "fsync": "on"}
        self.of = of
        super().__init__()
        if not of:
            self.sql(f"CREATE DATABASE {NAME}", "postgres")

    def make(self, data):
        if not self.of:
            super().make(data)
            return
        subprocess.run([*self.prefix, with_pg.BIN / "pg_basebackup", "-h", "127.0.0.1", "-p", str(self.of.port), "-U", "hj", "-D", data,
                        "-R", "-X", "stream", "--no-sync", "-c", "fast"], check=True, cwd="/")

    @property
    def addr(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"postgres://hj@{self.addr}/{NAME}"

    @url.setter
    def url(self, _):
        pass

    def sql(self, text, database=NAME):
        """Lines of answers, columns parted by '|'."""
        p = subprocess.run([with_pg.BIN / "psql", "-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-p", str(self.port), "-U", "hj", "-d",
                            database, "-v", "ON_ERROR_STOP=1", "-c", text], capture_output=True, text=True, check=False)
        assert p.returncode == 0, p.stderr
        return [line.split("|") for line in p.stdout.splitlines()]

    def one(self, text):
        return int(self.sql(text)[0][0] or 0)

    def everyone(self):
        """Its processes: the server and all it forked."""
        top = self.process.pid
        children = pathlib.Path(f"/proc/{top}/task/{top}/children").read_text().split()
        return [top, *map(int, children)]

    def signal_all(self, sig):
        for pid in self.everyone():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sig)

    def kill(self):
        self.signal_all(signal.SIGKILL)
        self.process.wait()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self.dir}/data/postmaster.pid")

    def promote(self):
        subprocess.run([*self.prefix, with_pg.BIN / "pg_ctl", "promote", "-D", f"{self.dir}/data", "-w"], check=True,
                       stdout=subprocess.DEVNULL, cwd="/")

    def remove(self):
        if self.process.poll() is None:
            self.signal_all(signal.SIGCONT)
            self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


def caught_up(primary, replica):
    """Waits until the replica has what the primary has."""
    at = primary.sql("SELECT pg_current_wal_lsn()")[0][0]
    end = time.monotonic() + 30
    while replica.sql(f"SELECT pg_last_wal_replay_lsn() >= '{at}'")[0][0] != "t":
        assert time.monotonic() < end, "the replica does not follow"
        time.sleep(0.1)
