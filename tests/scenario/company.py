"""A small company on the real program: people, a line to simulated customers, a list, a campaign."""
import json
import pathlib
import re
import socket
import subprocess
import tempfile

import hj

PASSWORD = "correct horse 7"
CALLER = "+862155550000"


def numbers(n, first=13900000000):
    """Fictitious numbers: the middle four digits are 0000."""
    return [str(first + i) for i in range(n)]


class Company:
    """`weights` are the simulated customers' (practice/customers.json). `settings` are of hujiao.conf. `job_no` is
    that of the first agent."""

    def __init__(self, weights=None, ring_ms=(200, 400), agents=1, extra=(), settings=None, job_no=1001):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hujiao-company-"))
        self.http_port = hj.free_port()
        self.sip_port = hj.free_port(socket.SOCK_DGRAM)
        self.practice_port = hj.free_port(socket.SOCK_DGRAM)
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.weights = weights or {"answer": 1}
        self.ring_ms = ring_ms
        self.n_agents = agents
        self.extra = extra
        self.settings = settings or {}
        self.job_no = job_no
        self.practice = None
        self.ca = None  # of an https address: the company's root certificate
        self.people = {}
        self.server = hj.Server(self.args(), folder=self.folder)
        self.server.owns_folder = True

    def args(self):
        pairs = {
            "data_dir": self.folder / "data",
            "http_port": self.http_port,
            "sip_port": self.sip_port,
            "log_level": "info",
            "company": "测试公司",
            **self.settings,
        }
        out = ["serve"]
        for k, v in pairs.items():
            out += ["--set", f"{k}={v}"]
        return out + ["--drain", "2", *self.extra]

    # ---- starting ----

    def start(self):
        self.server.start()

        def link():
            """the administrator's one-time link is printed"""
            if self.server.process.poll() is not None:
                raise AssertionError("the server ended: " + self.server.log_path.read_text()[-2000:])
            return re.search(r"/link\?token=(\S+)", self.server.stdout())

        token = hj.wait_for(link)[1]
        self.admin = hj.Http(self.url, ca=self.ca)
        self.admin.ok("POST", "/api/v1/link", {"token": token, "password": PASSWORD})
        self.admin.log_in("admin", PASSWORD)
        return self

    def restart(self):
        """Starts the server again on the same data."""
        self.server.start()
        self.wait_up()
        return self

    def join(self, first):
        """Starts one more node of a company; its administrator is logged in at the first."""
        self.restart()
        self.admin = hj.Http(self.url, first.admin.jar, self.ca)
        return self

    def wait_up(self):
        def up():
            """the page answers"""
            try:
                return hj.Http(self.url, ca=self.ca).get("/api/v1/me")[0] == 401
            except OSError:
                return False

        hj.wait_for(up)

    def person(self, job_no, role, unit, station="web", uri=None):
        body = {"job_no": job_no, "name": f"测试{job_no}", "role": role, "unit_id": unit, "station_kind": station}
        if uri:
            body["station_uri"] = uri
        made = self.admin.ok("POST", "/api/v1/people", body)
        path = self.admin.ok("POST", f"/api/v1/people/{made['id']}/link")["path"]
        browser = hj.Http(self.url, ca=self.ca)
        browser.ok("POST", "/api/v1/link", {"token": path.split("token=")[1], "password": PASSWORD})
        browser.log_in(job_no, PASSWORD)
        browser.id = made["id"]
        self.people[job_no] = browser
        return browser

    def staff(self, phones=False):
        """A team with agents 1001…, a supervisor, an inspector and a manager."""
        units = self.admin.ok("GET", "/api/v1/units")["items"]
        self.team = self.admin.ok("POST", "/api/v1/units", {"name": "一组", "kind": "team", "parent_id": units[0]["id"]})["id"]
        self.agents = []
        for i in range(self.n_agents):
            no = str(self.job_no + i)
            uri = f"sip:{no}@127.0.0.1:{self.practice_port}" if phones else None
            self.agents.append(self.person(no, "agent", self.team, "phone" if phones else "web", uri))
        self.supervisor = self.person(str(self.job_no + 1000), "supervisor", self.team)
        self.inspector = self.person(str(self.job_no + 2000), "inspector", self.team)
        self.manager = self.person(str(self.job_no + 3000), "manager", units[0]["id"])
        return self

    def line(self):
        """A line whose other end is the practice process."""
        made = self.admin.ok("POST", "/api/v1/trunks", {
            "name": "模拟线路", "host": "127.0.0.1", "port": self.practice_port, "callee_format": "e164", "caller_format": "e164",
            "options_s": -1, "max_calls": 30, "call_id_sent": True, "enabled": True})
        self.trunk = made["id"]
        self.admin.ok("POST", f"/api/v1/trunks/{self.trunk}/numbers", {"number": CALLER, "purpose": "marketing"})
        listed = [t for t in self.admin.ok("GET", "/api/v1/trunks")["items"] if t["id"] == self.trunk]
        self.caller = listed[0]["numbers"][0]["id"]
        return self

    def start_practice(self, agents=(), seed=7):
        mix = self.folder / "customers.json"
        mix.write_text(json.dumps({"seed": seed, "ring_ms": self.ring_ms, "pause_ms": [400, 700], "weights": self.weights}))
        orders = {"port": self.practice_port, "server_url": self.url, "voices": str(hj.BUILD / "voices"), "mix": str(mix),
                  "agents": [{"job_no": a, "password": PASSWORD, "wrapup_min_ms": 500, "wrapup_max_ms": 1500} for a in agents]}
        self.practice_log = open(self.folder / "practice.log", "ab")
        self.practice = subprocess.Popen([str(hj.BINARY), "practice"], stdin=subprocess.PIPE,
                                         stdout=open(self.folder / "transcripts.jsonl", "ab"), stderr=self.practice_log)
        self.practice.stdin.write(json.dumps(orders).encode() + b"\n")
        self.practice.stdin.flush()
        return self

    def stop_practice(self):
        if self.practice:
            self.practice.stdin.close()
            self.practice.wait(10)
            self.practice = None

    # ---- a list and a campaign ----

    def open_hours(self):
        """Calls may be made at any hour: tests run at night too."""
        body = json.loads((hj.ROOT / "practice/policy.json").read_text())
        self.admin.ok("PUT", "/api/v1/policy", {"body": body, "reason": "tests run at any hour"})
        return self

    def import_list(self, rows, campaign=None):
        """rows: (name, number). Returns the batch when it is applied."""
        text = "姓名,手机号\n" + "".join(f"{n},{p}\n" for n, p in rows)
        m = self.manager
        batch = m.ok("POST", "/api/v1/imports?file_name=list.csv", raw=text.encode("utf-8-sig"))["id"]
        facts = {"source": "官网留资", "supplier": "自有", "basis": "web", "purpose": "marketing",
                 "responsible_id": m.id}
        body = {"mapping": {"0": "name", "1": "phone"}, "facts": facts}
        if campaign:
            body["campaign_id"] = campaign
        m.ok("PUT", f"/api/v1/imports/{batch}", body)

        def state(wanted):
            def look():
                got = m.ok("GET", f"/api/v1/imports/{batch}")
                if got["state"] == "failed":
                    raise AssertionError(f"import failed: {got['error']}")
                return got if got["state"] == wanted else None
            look.__doc__ = f"the import is {wanted}"
            return look

        hj.wait_for(state("classified"))
        m.ok("POST", f"/api/v1/imports/{batch}/apply")
        done = hj.wait_for(state("done"))
        if campaign:
            done["added"] = m.ok("POST", f"/api/v1/campaigns/{campaign}/tasks", {"batch_id": batch})["added"]
        return done

    def campaign(self, mode="progressive", script="annuity", **more):
        body = {"name": f"{mode} 测试", "mode": mode, "unit_id": self.team, "script_key": script, "trunk_id": self.trunk,
                "ring_timeout_s": 30, "wrapup_limit_s": 60, "max_attempts": 3, "agents": [a.id for a in self.agents], **more}
        if self.caller:
            body["caller_number_id"] = self.caller
        return self.manager.ok("POST", "/api/v1/campaigns", body)["id"]

    def close(self):
        try:
            self.stop_practice()
        finally:
            self.server.close()
