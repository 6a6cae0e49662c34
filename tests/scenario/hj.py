"""What scenario tests share: the real program on free ports in a folder of its own, and an HTTP client.

A test file calls run(globals()): each function named test_* is one case; it prints `ok NAME` or
`not ok NAME: why` and the process ends with the number of failures (at most 100)."""
import contextlib
import http.cookiejar
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("HUJIAO_BUILD", ROOT / "build"))
BINARY = BUILD / "src" / "app" / "hujiao"


def free_port(kind=socket.SOCK_STREAM):
    """A port nobody uses now on 127.0.0.1, in UDP and in TCP (SIP needs both), below those the system hands out to
    outgoing connections. UDP ports are even, with the next one free too (RTP and RTCP)."""
    for _ in range(200):
        port = random.randrange(20000, 32000, 2)
        with contextlib.ExitStack() as tried:
            try:
                for k in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    for p in (port, port + 1) if kind == socket.SOCK_DGRAM else (port,):
                        tried.enter_context(socket.socket(socket.AF_INET, k)).bind(("127.0.0.1", p))
            except OSError:
                continue
        return port
    raise RuntimeError("no free port")


def wait_for(what, seconds=20.0, step=0.05):
    """Calls `what` until it returns something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError(f"still not so after {seconds} s: {what.__doc__ or what.__name__}")
        time.sleep(step)


class Http:
    """One browser: cookies, Origin, JSON. Answers are (status, value, headers)."""

    def __init__(self, base, jar=None, ca=None):
        self.base = base
        self.jar = jar if jar is not None else http.cookiejar.CookieJar()
        trust = [urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca))] if ca else []
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), *trust)

    def call(self, method, path, body=None, raw=None, headers=None, timeout=30):
        data = raw if raw is not None else (json.dumps(body).encode() if body is not None else None)
        rq = urllib.request.Request(self.base + path, data=data, method=method)
        rq.add_header("Origin", self.base)
        if body is not None:
            rq.add_header("Content-Type", "application/json")
        elif raw is not None:
            rq.add_header("Content-Type", "application/octet-stream")
        for k, v in (headers or {}).items():
            rq.add_header(k, v)
        try:
            with self.opener.open(rq, timeout=timeout) as r:
                return self._answer(r)
        except urllib.error.HTTPError as e:
            return self._answer(e)

    @staticmethod
    def _answer(r):
        data = r.read()
        kind = r.headers.get("Content-Type", "")
        return r.status if hasattr(r, "status") else r.code, json.loads(data) if "json" in kind and data else data, r.headers

    def get(self, path, **kw):
        return self.call("GET", path, **kw)

    def post(self, path, body=None, **kw):
        return self.call("POST", path, {} if body is None and "raw" not in kw else body, **kw)

    def ok(self, method, path, body=None, **kw):
        """The value of an answer that must be 2xx."""
        status, value, _ = self.call(method, path, body, **kw)
        assert 200 <= status < 300, f"{method} {path}: {status} {value}"
        return value

    def log_in(self, job_no, password):
        return self.ok("POST", "/api/v1/login", {"job_no": job_no, "password": password})


class Server:
    """The real program. `args` is the command line after the binary; `url` is set by whoever knows the port."""

    def __init__(self, args, folder=None, env=None):
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="hujiao-test-"))
        self.owns_folder = folder is None
        self.args = [str(BINARY), *map(str, args)]
        self.env = {**os.environ, **(env or {})}
        self.log_path = self.folder / "server.log"
        self.process = None

    def start(self):
        self.out = open(self.folder / "stdout.txt", "ab")
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(self.args, stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.log, env=self.env)
        return self

    def stdout(self):
        return (self.folder / "stdout.txt").read_text(errors="replace")

    def stop(self, sig=signal.SIGTERM, seconds=30):
        if self.process and self.process.poll() is None:
            self.process.send_signal(sig)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"did not stop within {seconds} s")
        return self.process.returncode if self.process else None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        with contextlib.suppress(AssertionError):
            self.stop()
        if self.owns_folder and not os.environ.get("HUJIAO_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)


def run(found, names=None):
    """Runs every test_* of a file's globals, or those named (on the command line unless given)."""
    failed = 0
    only = sys.argv[1:] if names is None else names
    for name, fn in list(found.items()):
        if not name.startswith("test_") or not callable(fn) or (only and name not in only):
            continue
        try:
            fn()
            print(f"ok {name}", flush=True)
        except Exception as e:  # noqa: BLE001 -- a test may fail in any way
            failed += 1
            traceback.print_exc()
            print(f"not ok {name}: {e}", flush=True)
    sys.exit(min(failed, 100))
