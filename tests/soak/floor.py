"""What the long runs share: a small company whose line ends at farend.py, agents that work by themselves, and what must hold."""
import os
import pathlib
import random
import shutil
import sqlite3
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))
import company  # noqa: E402
import farend  # noqa: E402
import hj  # noqa: E402

FIRST_NUMBER = 13900000000


class Agent(threading.Thread):
    """One seat: logs in, takes the campaign, is ready, saves a result. `in_call(agent, call)` is asked once for each call and may
    return a list of (seconds after the call appeared, function) to be done in it."""

    def __init__(self, http, campaign, in_call=None, poll_s=0.25):
        super().__init__(daemon=True)
        self.http, self.campaign, self.in_call, self.poll_s = http, campaign, in_call, poll_s
        self.is_stopping = self.is_asleep = False
        self.call, self.todo, self.began = None, [], 0.0
        self.job_no = None
        self.saved = 0
        self.odd = []  # answers that nothing explains

    def post(self, path, body=None):
        status, value, _ = self.http.post(path, body)
        if status >= 500 and status != 503:
            self.odd.append((path, status, value))
        return status, value

    def run(self):
        while not self.is_stopping:
            if not self.is_asleep:
                try:
                    self.step()
                except (OSError, ValueError):
                    pass  # the program is away; so are half-read answers
            time.sleep(self.poll_s)

    def step(self):
        status, desk, _ = self.http.get("/api/v1/desk")
        if status == 401:
            self.http.log_in(self.job_no, company.PASSWORD)
            return
        if status != 200:
            return
        call = (desk.get("call") or {}).get("id") if desk["state"] not in ("idle", "offline", "paused") else None
        if call != self.call:
            self.call, self.began = call, time.monotonic()
            self.todo = sorted(self.in_call(self, call), key=lambda t: t[0]) if call and self.in_call else []
        if desk["state"] == "wrapup":
            self.todo = []
            if self.post(f"/api/v1/calls/{call}/result", {"code": "refused", "then": "next"})[0] == 200:
                self.saved += 1
            else:
                self.post("/api/v1/agent/wrapup/end")
        elif call:
            while self.todo and time.monotonic() - self.began >= self.todo[0][0]:
                self.todo.pop(0)[1](call)
        elif not desk.get("campaign"):
            self.post("/api/v1/agent/campaign", {"campaign_id": self.campaign})
        elif desk["status"] != "ready":
            self.post("/api/v1/agent/status", {"status": "ready"})


class Floor:
    """A company with `agents` desk phones at the far end and a running progressive campaign over `customers` numbers, each to be tried
    once: a second INVITE to a number is a call made twice."""

    def __init__(self, plan_for, agents=4, customers=400, in_call=None, supervisor_phone=False, **campaign):
        self.c = company.Company(agents=agents)
        self.c.caller = None
        phones = [str(1001 + i) for i in range(agents)] + ["2002"]
        self.far = farend.FarEnd(self.c.practice_port, plan_for, phones)
        self.robots = []
        try:
            self.c.start().staff(phones=True).open_hours().line()
            self.helper = None
            if supervisor_phone:
                self.helper = self.c.person("2002", "supervisor", self.c.team, "phone", f"sip:2002@127.0.0.1:{self.c.practice_port}")
            self.campaign = self.c.campaign(max_attempts=1, **campaign)
            self.first = FIRST_NUMBER
            self.add_customers(customers)
            self.c.manager.ok("POST", f"/api/v1/campaigns/{self.campaign}/start")
        except BaseException:
            self.close()
            raise
        for i, http in enumerate(self.c.agents):
            a = Agent(http, self.campaign, in_call)
            a.job_no = str(1001 + i)
            self.robots.append(a)
            a.start()

    def add_customers(self, n):
        rows = [(f"客户{i}", str(self.first + i)) for i in range(n)]
        self.first += n
        self.c.import_list(rows, self.campaign)

    def close(self):
        for a in self.robots:
            a.is_stopping = True
        for a in self.robots:
            a.join(40)
        try:
            self.c.server.close()
        finally:
            self.far.close()

    def db(self):
        # An ordinary connection, not an immutable one: after a kill the newest commits are in the log file.
        db = sqlite3.connect(self.c.folder / "data" / "hujiao.db", timeout=30)
        db.row_factory = sqlite3.Row
        return db

    def kill_and_restart(self):
        """kill -9; the wall clock of the kill in ms."""
        at = int(time.time() * 1000)
        self.c.server.kill()
        self.far.forget_calls()
        self.c.restart()
        return at


def keep(floor, name):
    """Leaves a failed run's folder for whoever looks into it: out/soak/NAME."""
    target = hj.ROOT / "out" / "soak" / f"{name}-{time.strftime('%m%d-%H%M%S')}"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(floor.c.folder, target)
    diary = [f"{d.at:.3f} {d.number[-4:]} {d.cell_call} {d.state} {d.code} by {d.ended_by} {d.plan}" for d in floor.far.diary]
    (target / "diary.txt").write_text("\n".join(diary), encoding="utf-8")
    print(f"# kept in {target}", flush=True)


def seed():
    n = int(os.environ.get("HUJIAO_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
    print(f"# HUJIAO_SEED={n}", flush=True)
    return n


# ---- what must hold ----

def one(db, sql, *args):
    return db.execute(sql, args).fetchone()[0]


def playable_ms(path):
    """Milliseconds of sound in a WAV file; fails when it is not one."""
    data = path.read_bytes()
    assert data[:4] == b"RIFF" and data[8:12] == b"WAVE", f"{path.name} is no WAV file"
    at, rate = 12, 0
    while at + 8 <= len(data):
        kind, size = data[at:at + 4], struct.unpack("<I", data[at + 4:at + 8])[0]
        if kind == b"fmt ":
            rate = struct.unpack("<I", data[at + 16:at + 20])[0]
        if kind == b"data":
            assert rate, f"{path.name} has no format"
            return (len(data) - at - 8) * 1000 // rate
        at += 8 + size + (size & 1)
    raise AssertionError(f"{path.name} has no sound")


def check_rows(db, before_utc_ms):
    """Nobody and nothing is left over from before that moment."""
    bad = [dict(r) for r in db.execute(
        "SELECT id, state, outcome, start_utc_ms FROM call WHERE start_utc_ms < ? AND (state <> 'ended' OR outcome IS NULL "
        "OR end_utc_ms IS NULL OR (result IS NULL AND answer_utc_ms IS NULL))", (before_utc_ms,))]  # a form waits for its agent
    assert not bad, f"calls left open: {bad}"
    assert one(db, "SELECT COUNT(*) FROM attempt WHERE end_utc_ms IS NULL AND created_utc_ms < ?", before_utc_ms) == 0, "attempts open"
    assert one(db, "SELECT COUNT(*) FROM agent_span WHERE to_utc_ms IS NULL AND from_utc_ms < ?", before_utc_ms) == 0, "spans open"
    assert one(db, "SELECT COUNT(*) FROM attempt a WHERE a.verdict = 'ok' AND NOT EXISTS "
                   "(SELECT 1 FROM call k WHERE k.attempt_id = a.id)") == 0, "an attempt without its call"
    # One whose call waits for its form is claimed by that.
    assert one(db, "SELECT COUNT(*) FROM task t WHERE t.state = 'live' AND NOT EXISTS (SELECT 1 FROM call k WHERE k.task_id = t.id AND "
                   "(k.start_utc_ms >= ? OR (k.answer_utc_ms IS NOT NULL AND k.result IS NULL)))", before_utc_ms) == 0, "a task is claimed by nobody"


def check_recordings(floor, db, seen, before_utc_ms):
    """Every ended call's file plays and is as long as its row says. `seen`: paths that were fine already."""
    for r in db.execute("SELECT r.path, r.state, r.duration_ms, k.answer_utc_ms, k.id FROM recording r JOIN call k ON k.id = r.call_id "
                        "WHERE k.state = 'ended' AND k.end_utc_ms < ?", (before_utc_ms,)):
        if r["path"] in seen:
            continue
        path = floor.c.folder / "data" / "recordings" / r["path"]
        assert r["state"] in ("closed", "cut"), (f"{r['path']} is {r['state']} of a call answered at {r['answer_utc_ms']}, and on the disk: "
                                                 f"{path.stat().st_size if path.exists() else 'nothing'}")
        ms = playable_ms(path)
        assert abs(ms - r["duration_ms"]) <= 40, f"{r['path']}: {ms} ms of sound, the row says {r['duration_ms']}"
        seen.add(r["path"])


def check_diary(floor, db, kills_utc_ms=()):
    """The far end's own list of INVITEs against the program's calls: none is missing, nobody was called twice. Returns how many."""
    customers = floor.far.customers()
    numbers = [d.number for d in customers]
    twice = sorted({n for n in numbers if numbers.count(n) > 1}) if len(set(numbers)) != len(numbers) else []
    assert not twice, f"called twice: {twice}"
    calls = {str(r["id"]): r for r in db.execute("SELECT id, outcome, answer_utc_ms, start_utc_ms, end_utc_ms FROM call")}
    missing = [d.cell_call for d in customers if d.cell_call not in calls]
    assert not missing, f"INVITEs without a call: {missing}"
    told = {d.cell_call: d for d in floor.far.customers()}  # read again: calls go on meanwhile
    for cid, r in calls.items():
        d = told.get(cid)
        if r["outcome"] is None:
            continue  # it goes on
        if r["answer_utc_ms"] is not None:
            assert d and d.code == 200, f"call {cid} is answered in the database and was not at the far end ({d and d.code})"
        if d is None and r["outcome"] not in ("unknown", "failed", "cancelled"):
            raise AssertionError(f"call {cid} is '{r['outcome']}' and no INVITE ever came")
        if d is None and r["outcome"] == "unknown":
            assert any(r["start_utc_ms"] <= k for k in kills_utc_ms), f"call {cid} is unknown without a kill"
    return len(customers)
