#!/usr/bin/env python3
"""kill -9 of the real program at random moments of a running campaign: no call record is missing, no
recording unreadable, nobody stays stuck, nobody is called twice. --kills N: other than three."""
import os
import random
import sqlite3
import struct
import sys
import time

import company
import hj

AGENTS = 4
KILLS = int(sys.argv[sys.argv.index("--kills") + 1]) if "--kills" in sys.argv else 3
CUSTOMERS = max(60, KILLS * 20)
SEED = int(os.environ.get("HUJIAO_SEED", "20261122"))


# The latest conversation of an agent: he finds its form again.
FORM_GIVEN_BACK = ("(call.answer_utc_ms IS NOT NULL AND NOT EXISTS (SELECT 1 FROM call n WHERE n.agent_id = call.agent_id "
                   "AND n.id > call.id AND n.answer_utc_ms IS NOT NULL))")


def one(db, sql):
    return db.execute(sql).fetchone()[0]


def rows(c):
    # An ordinary connection, not an immutable one: after a kill the newest commits are in the log file.
    db = sqlite3.connect(c.folder / "data" / "hujiao.db", timeout=10)
    db.row_factory = sqlite3.Row
    return db


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


def check_after_restart(c, killed_utc_ms):
    """The state a kill must leave once the program is back."""
    db = rows(c)
    try:
        bad = [dict(r) for r in db.execute(
            "SELECT id, state, outcome, start_utc_ms FROM call WHERE start_utc_ms < ? AND (state <> 'ended' OR outcome IS NULL "
            "OR end_utc_ms IS NULL OR (result IS NULL AND NOT " + FORM_GIVEN_BACK + "))", (killed_utc_ms,))]
        assert not bad, f"calls left open: {bad}"
        assert one(db, f"SELECT COUNT(*) FROM attempt WHERE end_utc_ms IS NULL AND created_utc_ms < {killed_utc_ms}") == 0
        assert one(db, f"SELECT COUNT(*) FROM agent_span WHERE to_utc_ms IS NULL AND from_utc_ms < {killed_utc_ms}") == 0
        assert one(db, "SELECT COUNT(*) FROM attempt a WHERE a.verdict = 'ok' AND NOT EXISTS "
                       "(SELECT 1 FROM call k WHERE k.attempt_id = a.id)") == 0
        assert one(db, "SELECT COUNT(*) FROM task t WHERE t.state = 'live' AND NOT EXISTS (SELECT 1 FROM call k WHERE "
                       f"k.task_id = t.id AND (k.start_utc_ms >= {killed_utc_ms} OR k.result IS NULL))") == 0, "a task is claimed by nobody"
        twice = [dict(r) for r in db.execute(
            "SELECT a.customer_id, a.created_utc_ms FROM attempt a JOIN attempt b ON b.number_hash = a.number_hash AND b.id > a.id "
            "WHERE a.verdict = 'ok' AND b.verdict = 'ok' AND b.created_utc_ms < a.created_utc_ms + 60000")]
        assert not twice, f"called twice: {twice}"
        for r in db.execute("SELECT r.path, r.state, r.duration_ms, k.answer_utc_ms, k.bridge_utc_ms, k.end_utc_ms FROM recording r "
                            "JOIN call k ON k.id = r.call_id WHERE k.state = 'ended'"):
            path = c.folder / "data" / "recordings" / r["path"]
            assert r["state"] in ("closed", "cut"), f"{r['path']} is {r['state']} of a call answered at {r['answer_utc_ms']}"
            ms = playable_ms(path)
            assert abs(ms - r["duration_ms"]) <= 40, f"{r['path']}: {ms} ms of sound, the row says {r['duration_ms']}"
    finally:
        db.close()


def answered_and_recorded(c):
    db = rows(c)
    try:
        return (one(db, "SELECT COUNT(*) FROM call WHERE answer_utc_ms IS NOT NULL"),
                one(db, "SELECT COUNT(*) FROM attempt WHERE verdict = 'ok'"))
    finally:
        db.close()


def test_a_killed_floor_loses_nothing_and_calls_nobody_twice():
    rnd = random.Random(SEED)
    c = company.Company(weights={"answer": 6, "no_answer": 1, "busy": 1, "rejected": 1}, agents=AGENTS)
    c.caller = None
    try:
        c.start().staff(phones=True).open_hours().line()
        c.start_practice([str(1001 + i) for i in range(AGENTS)])
        c.import_list([(f"客户{i}", n) for i, n in enumerate(company.numbers(CUSTOMERS))], campaign := c.campaign())
        tasks = c.manager.ok("GET", f"/api/v1/campaigns/{campaign}")["tasks"]
        if not tasks["new"]:
            c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/tasks",
                         {"customer_ids": [x["id"] for x in c.manager.ok("GET", "/api/v1/customers?size=100")["items"]]})
        c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/start")
        for kill in range(KILLS):
            assert c.practice.poll() is None, f"practice ended: {c.practice.returncode}"
            before = answered_and_recorded(c)

            def moving():
                """calls are made"""
                now = answered_and_recorded(c)
                return now[1] >= before[1] + 2 and now[0] > before[0]

            hj.wait_for(moving, 60)
            time.sleep(rnd.uniform(0, 3))
            killed_utc_ms = int(time.time() * 1000)
            c.server.kill()
            c.restart()
            check_after_restart(c, killed_utc_ms)
        assert c.practice.poll() is None, f"practice ended: {c.practice.returncode}"
        before = answered_and_recorded(c)

        def moving_again():
            """after the last restart the agents are back and calls go on"""
            return answered_and_recorded(c)[1] > before[1]

        hj.wait_for(moving_again, 60)
        assert c.server.stop() == 0
        check_after_restart(c, int(time.time() * 1000) + 1000)
    finally:
        c.close()


if __name__ == "__main__":
    hj.run(globals(), names=[])
