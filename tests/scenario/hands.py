"""Real Chromium from Python: web/e2e/hand.mjs does what it is told, also for several threads at once."""
import itertools
import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

import hj

WEB = hj.ROOT / "web"


class Hands:
    """All browsers of a test. `do` raises what went wrong there."""

    def __init__(self, url):
        env = {**os.environ, "HUJIAO_URL": url}
        self.p = subprocess.Popen([str(WEB / "run-node"), "e2e/hand.mjs"], cwd=WEB, env=env, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True, bufsize=1)
        self.ids = itertools.count(1)
        self.waiting = {}
        self.lock = threading.Lock()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.p.stdout:
            m = json.loads(line)
            with self.lock:
                q = self.waiting.pop(m["id"], None)
            if q:
                q.put(m)
        with self.lock:
            for q in self.waiting.values():
                q.put({"ok": False, "error": "the browsers' process ended"})
            self.waiting.clear()

    def do(self, op, seconds=90, **rest):
        n, q = next(self.ids), queue.Queue()
        with self.lock:
            self.waiting[n] = q
            self.p.stdin.write(json.dumps({"id": n, "op": op, **rest}) + "\n")
            self.p.stdin.flush()
        m = q.get(timeout=seconds)
        if not m["ok"]:
            raise AssertionError(f"{op} {rest.get('page', rest.get('browser', ''))}: {m['error']}")
        return m["value"]

    def close(self):
        try:
            self.p.stdin.close()
            self.p.wait(20)
        except (subprocess.TimeoutExpired, OSError):
            self.p.kill()
            self.p.wait()


class Desk:
    """One page of an agent at his desk."""

    def __init__(self, hands, browser, context, page, url, **options):
        self.hands, self.page, self.url = hands, page, url
        self.job_no = None
        hands.do("page", browser=browser, context=context, page=page, **options)

    def do(self, op, **rest):
        return self.hands.do(op, page=self.page, **rest)

    def log_in(self, job_no, password):
        self.job_no = job_no
        self.do("login", url=self.url, job_no=job_no, password=password)
        return self

    def go(self, path="/desk"):
        self.do("goto", url=self.url + path)
        return self

    def fetch(self, method, path, body=None):
        return self.do("eval", js="""
            const r = await fetch(arg.path, {method: arg.method, headers: {'content-type': 'application/json'},
                                             body: arg.body === null ? undefined : JSON.stringify(arg.body)})
            return {status: r.status, value: r.status === 204 ? null : await r.json().catch(() => null)}""",
                       arg={"method": method, "path": path, "body": body})

    def desk(self):
        got = self.fetch("GET", "/api/v1/desk")
        assert got["status"] == 200, got
        return got["value"]

    def until(self, what, ready, seconds=60):
        def look():
            try:
                look.last = got = self.desk()
            except AssertionError as e:  # no network, or the server is away
                look.last = str(e)[:300]
                return None
            return got if ready(got) else None

        look.last = None
        look.__doc__ = f"{self.page}: {what}"
        try:
            return hj.wait_for(look, seconds, 0.2)
        except AssertionError as e:
            raise AssertionError(f"{e}: {json.dumps(look.last, ensure_ascii=False)[:700]}") from e

    def phone(self):
        """What the call bar says of this page's telephone."""
        return self.do("text", selector=".call .phone")

    def seated(self, campaign=None):
        self.go()
        self.until("the browser's telephone is up", lambda d: d["station"]["state"] == "up")
        if campaign:
            hj.wait_for(lambda: self.fetch("POST", "/api/v1/agent/campaign", {"campaign_id": campaign})["status"] == 200)
        return self

    def ready(self):
        assert self.fetch("POST", "/api/v1/agent/status", {"status": "ready"})["status"] == 200

    def talking(self, seconds=60):
        return self.until("talks", lambda d: d["state"] == "talking" and d["call"] and d["call"]["bridged_utc_ms"], seconds)["call"]

    def close(self):
        self.do("close_page")


def chromium_in(folder, name, netns=None):
    """(script in Chromium's place, file its pid is written to). It leads a process group of its own."""
    script, pid = pathlib.Path(folder) / f"{name}.sh", pathlib.Path(folder) / f"{name}.pid"
    enter = f"ip netns exec {netns} " if netns else ""
    script.write_text(f"#!/bin/sh\necho $$ >{pid}\nexec {enter}{os.environ.get('CHROMIUM', '/usr/bin/chromium')} \"$@\"\n")
    script.chmod(0o755)
    return str(script), pid


def kill_all_of(pid_file):
    """As when the power goes: every process of a browser that chromium_in() started, at once."""
    os.killpg(os.getpgid(int(pid_file.read_text())), signal.SIGKILL)


class Cable:
    """A network namespace joined to this machine by a cable that can be pulled."""

    def __init__(self):
        self.ns = f"hj{os.getpid()}"
        n = os.getpid() % 60000
        self.here, self.there = f"10.{n >> 8}.{n & 255}.1", f"10.{n >> 8}.{n & 255}.2"
        self.link = f"v{os.getpid()}"
        self._ip(f"netns add {self.ns}")
        self._ip(f"link add {self.link} type veth peer name eth0 netns {self.ns}")
        self._ip(f"addr add {self.here}/30 dev {self.link}")
        self._ip(f"link set {self.link} up")
        for what in (f"addr add {self.there}/30 dev eth0", "link set eth0 up", "link set lo up"):
            self._ip(f"-n {self.ns} {what}")

    @staticmethod
    def _ip(what):
        subprocess.run(["ip", *what.split()], check=True)

    def pull(self):
        """The browser's machine sees that the cable is out."""
        self._ip(f"link set {self.link} down")

    def plug(self):
        self._ip(f"link set {self.link} up")

    def swallow(self, on):
        """Packets vanish on the way, both ways, and nobody is told: each end writes to a machine that is not there."""
        what = "replace {} lladdr 02:00:00:00:00:99 nud permanent dev {}" if on else "del {} dev {}"
        self._ip(f"neigh {what.format(self.there, self.link)}")
        self._ip(f"-n {self.ns} neigh {what.format(self.here, 'eth0')}")

    def close(self):
        subprocess.run(["ip", "link", "del", self.link], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["ip", "netns", "del", self.ns], check=False)


def in_parallel(*cases):
    """Runs functions in threads; raises the first failure, with the names of all that failed."""
    failed = []

    def one(fn):
        try:
            fn()
        except BaseException as e:  # noqa: BLE001 -- told by the caller
            failed.append((fn.__name__, e, time.monotonic()))

    threads = [threading.Thread(target=one, args=(fn,)) for fn in cases]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return {name: e for name, e, _ in failed}
