"""Runs a command with a throw-away PostgreSQL: with_pg.py COMMAND ARGS...

The server listens on a Unix socket in a temporary directory only, belongs to an unprivileged user, and does not sync to
the disk. Its address is HJ_TEST_PG; when that is set already, that server is used and left alone."""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
SETTINGS = {"listen_addresses": "", "fsync": "off", "full_page_writes": "off", "max_connections": "200",
            "shared_buffers": "64MB", "logging_collector": "off", "log_min_messages": "fatal"}


def as_user(user):
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"] if os.getuid() == 0 else []


class Server:
    settings = SETTINGS

    def __init__(self):
        user = pwd.getpwnam("postgres") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self.dir = tempfile.mkdtemp(prefix="hjpg.", dir="/tmp")  # short: a socket's path has 107 bytes
        os.chmod(self.dir, 0o755)
        os.chown(self.dir, user.pw_uid, user.pw_gid)
        self.prefix = as_user(user)
        data = f"{self.dir}/data"
        self.make(data)
        self.args = [*self.prefix, BIN / "postgres", "-D", data, "-k", self.dir]
        for k, v in self.settings.items():
            self.args += ["-c", f"{k}={v}"]
        self.start()
        self.url = f"postgres://hj@/postgres?host={self.dir}"

    def make(self, data):
        subprocess.run([*self.prefix, BIN / "initdb", "-D", data, "-U", "hj", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                        "--no-sync"], check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self):
        self.process = subprocess.Popen(self.args, cwd="/", stderr=subprocess.DEVNULL)
        for _ in range(600):
            if subprocess.run([BIN / "pg_isready", "-q", "-h", self.dir, "-p", self.settings.get("port", "5432")], check=False).returncode == 0:
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        sys.exit("the throw-away PostgreSQL does not start")

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        self.process.wait()

    def remove(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


def main():
    if os.environ.get("HJ_TEST_PG"):
        os.execvp(sys.argv[1], sys.argv[1:])
    server = Server()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return subprocess.run(sys.argv[1:], env=os.environ | {"HJ_TEST_PG": server.url}, check=False).returncode
    finally:
        server.remove()


if __name__ == "__main__":
    sys.exit(main())
