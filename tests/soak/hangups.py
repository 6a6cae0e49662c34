#!/usr/bin/env python3
"""Hang-ups at random moments of calls, on both sides and in every state: hangups.py [--n N] [--minutes M].

The customer refuses before 180, while it rings, in early media, or hangs up after the answer; a CANCEL meets his 200. The agent hangs up by
page or by telephone while dialing, ringing, talking, on hold, in a hand-over and after one. Afterwards nothing may be left: no dialog at
the far end, no call, no agent reserved, no recording that does not play."""
import argparse
import collections
import random
import sys
import time

import farend
import floor
import hj

AGENTS = 5
LIST = 600


class Moments:
    """Draws what happens to each call, and counts in which state the hang-ups fell."""

    def __init__(self, rnd):
        self.rnd, self.fell = rnd, collections.Counter()
        self.floor = None

    def customer(self, _dialog):
        r = self.rnd
        kind = r.random()
        if kind < 0.12:  # before 180
            return farend.Plan(ring=None, answer=None, hang=r.uniform(0, 0.3), refuse=r.choice((404, 480, 486, 603)))
        ring = r.uniform(0, 0.2)
        early = ring + r.uniform(0, 0.2) if r.random() < 0.5 else None
        if kind < 0.3:  # rings, early media
            return farend.Plan(ring=ring, early=early, answer=None, hang=ring + r.uniform(0.1, 1.5), refuse=r.choice((480, 486, 487, 603)),
                               crosses=r.random() < 0.5)
        answer = ring + r.uniform(0.05, 1.2)
        hang = answer + r.choice((r.uniform(0, 0.1), r.uniform(0, 1.0), r.uniform(0.5, 5.0)))
        if kind < 0.45:  # lets it be cancelled, with a 200 on the way
            return farend.Plan(ring=ring, early=early, answer=answer + 1.5, hang=answer + 4, crosses=True)
        return farend.Plan(ring=ring, early=early, answer=answer, hang=hang if r.random() < 0.6 else answer + 8,
                           crosses=r.random() < 0.5, silent=r.random() < 0.1)

    def agent(self, agent, _call):
        """What the agent does in a call: (seconds, action)."""
        r, todo = self.rnd, []
        at = r.choice((r.uniform(0, 0.5), r.uniform(0, 1.5), r.uniform(0.5, 5.0)))
        if r.random() < 0.35:
            todo.append((r.uniform(0.3, 2.0), lambda c: agent.post(f"/api/v1/calls/{c}/hold", {"on": True})))
            if r.random() < 0.5:
                todo.append((r.uniform(1.0, 3.0), lambda c: agent.post(f"/api/v1/calls/{c}/hold", {"on": False})))
        if r.random() < 0.3:
            todo.append((r.uniform(0.5, 2.0), lambda c: agent.post(f"/api/v1/calls/{c}/transfer", {"to": "supervisor"})))
            if r.random() < 0.3:
                todo.append((r.uniform(1.0, 3.0), lambda c: agent.post(f"/api/v1/calls/{c}/transfer/cancel")))
        if r.random() < 0.7:
            phone = r.random() < 0.15
            todo.append((at, (lambda _: self.by_phone(agent)) if phone else (lambda c: self.by_page(agent, c))))
        return todo

    def by_page(self, agent, call):
        status, desk, _ = agent.http.get("/api/v1/desk")
        state = desk["state"] if status == 200 else "?"
        if status == 200 and state == "talking":
            c = desk.get("call") or {}
            state = "handover" if c.get("transfer") else "held" if c.get("held") or c.get("state") == "held" else state
        if agent.post(f"/api/v1/calls/{call}/hangup")[0] < 300:
            self.fell[f"agent, {state}"] += 1

    def by_phone(self, agent):
        if self.floor.far.hang_up_phone(agent.job_no):
            self.fell["agent, by telephone"] += 1


def count_customers(far, fell):
    """In which state each customer's call ended, and by whom."""
    n = 0
    for d in far.customers():
        if d.state != "ended":
            continue
        n += 1
        if d.ended_by == "us":
            fell["customer, " + ("after the answer" if d.code == 200 else "early media" if d.plan.early is not None else
                                 "ringing" if d.plan.ring is not None else "before 180")] += 1
        elif d.code == 487:
            fell["agent, CANCEL taken"] += 1
        elif d.plan.crosses and d.code == 200:
            fell["agent, CANCEL met a 200 or BYE"] += 1
    return n


def helper_step(f):
    """The supervisor takes most hand-overs, and hangs up in them."""
    status, desk, _ = f.helper.get("/api/v1/desk")
    call = (desk.get("call") or {}).get("id") if status == 200 else None
    if status == 200 and call and random.random() < 0.7:
        f.helper.post(f"/api/v1/calls/{call}/{'answer' if random.random() < 0.6 else 'hangup'}")
    elif status == 200 and desk["station"]["state"] != "up":
        f.helper.post("/api/v1/agent/status", {"status": "ready"})
        f.helper.post("/api/v1/agent/status", {"status": "paused", "reason": "meeting"})


def settle(f):
    """Everything ends: the campaign pauses, calls run out."""
    f.c.manager.ok("POST", f"/api/v1/campaigns/{f.campaign}/pause")

    def over():
        """all customers' calls are over at the far end"""
        return not [d for d in f.far.open_dialogs() if d.number not in f.far.phones]

    hj.wait_for(over, 120)

    def closed():
        """all calls, their tasks and recordings are closed in the database"""
        db = f.db()
        try:
            return floor.one(db, "SELECT (SELECT COUNT(*) FROM call WHERE state <> 'ended' OR end_utc_ms IS NULL) + "
                                 "(SELECT COUNT(*) FROM task WHERE state = 'live') + "
                                 "(SELECT COUNT(*) FROM recording WHERE state = 'live')") == 0
        finally:
            db.close()

    hj.wait_for(closed, 120)

    def nobody():
        """no agent has a call"""
        tiles = f.c.supervisor.ok("GET", "/api/v1/board")["agents"]
        return all(t["state"] in ("idle", "offline", "paused", "wrapup") for t in tiles)

    hj.wait_for(nobody, 120)


def check(f, seen):
    now = int(time.time() * 1000) + 1000
    db = f.db()
    try:
        assert floor.one(db, "SELECT COUNT(*) FROM attempt WHERE end_utc_ms IS NULL") == 0, "attempts open"
        assert floor.one(db, "SELECT COUNT(*) FROM task WHERE state = 'live'") == 0, "a task is claimed by nobody"
        floor.check_recordings(f, db, seen, now)
        n = floor.check_diary(f, db)
    finally:
        db.close()
    log = f.c.server.log_path.read_text(errors="replace")
    bad = [line for line in log.splitlines() if '"level":"error"' in line]
    assert not bad, f"errors in the log: {bad[:5]}"
    lost = [d.call_id for d in f.far.customers() if d.wants_bye > 1 and not d.bye_answered]
    assert not lost, f"BYEs nobody answered: {lost[:5]}"
    odd = [o for a in f.robots for o in a.odd]
    assert not odd, f"answers of 5xx: {odd[:5]}"
    return n


def soak(n, minutes, seed):
    rnd, began = random.Random(seed), time.monotonic()
    random.seed(seed)
    m = Moments(rnd)
    f = floor.Floor(m.customer, agents=AGENTS, customers=LIST, in_call=m.agent, supervisor_phone=True)
    m.floor = f
    seen, told = set(), 0
    try:
        while time.monotonic() - began < minutes * 60:
            helper_step(f)
            time.sleep(0.3)
            made = len(f.far.customers())
            if made >= n:
                break
            if made >= f.first - floor.FIRST_NUMBER - LIST // 4:
                f.add_customers(LIST)
            if made >= told + 100:
                told = made
                print(f"# {made} calls, {time.monotonic() - began:.0f} s", flush=True)
        settle(f)
        calls = check(f, seen)
        over = count_customers(f.far, m.fell)
        assert f.c.server.stop() == 0, "it did not stop cleanly"
        assert not [d for d in f.far.open_dialogs()], "a dialog is still open after the program stopped"
        for k in sorted(m.fell):
            print(f"#   {k}: {m.fell[k]}")
        return f"{over} calls ended at random moments in {(time.monotonic() - began) / 60:.1f} min, {calls} call records, {len(seen)} recordings"
    except AssertionError:
        floor.keep(f, "hangups")
        raise
    finally:
        f.close()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--n", type=int, default=1000)
    p.add_argument("--minutes", type=float, default=120)
    a = p.parse_args()
    print(f"ok hangups: {soak(a.n, a.minutes, floor.seed())}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except AssertionError as e:
        print(f"not ok hangups: {e}", flush=True)
        sys.exit(1)
