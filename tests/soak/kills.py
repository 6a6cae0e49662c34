#!/usr/bin/env python3
"""kill -9 of the real program at random moments of a running campaign: kills.py [--n N] [--minutes M].

After each restart: every call, attempt, span and task of before is closed, every recording plays, every INVITE the far end ever got has
its call record, no number was asked for twice, and calls go on."""
import argparse
import random
import sys
import time

import farend
import floor
import hj

AGENTS = 4
LIST = 1000


def plan_for(rnd):
    def plan(_dialog):
        kind = rnd.random()
        ring = rnd.uniform(0.0, 0.2)
        answer = ring + rnd.uniform(0.05, 0.8)
        early = ring + 0.02 if rnd.random() < 0.3 else None
        if kind < 0.75:
            return farend.Plan(ring=ring, early=early, answer=answer, hang=answer + rnd.uniform(0.3, 4.0))
        return farend.Plan(ring=ring, early=early, answer=None, hang=answer, refuse=rnd.choice((480, 486, 603)))
    return plan


def counts(f):
    with f.far.lock:
        mine = f.far.customers()
        return len(mine), sum(d.code == 200 for d in mine)


def soak(kills, minutes, seed):
    rnd = random.Random(seed)
    f = floor.Floor(plan_for(rnd), agents=AGENTS, customers=LIST)
    made, seen, died, began = 0, set(), [], time.monotonic()
    try:
        while made < kills and time.monotonic() - began < minutes * 60:
            before = counts(f)

            def moving(before=before):
                """calls are made"""
                now = counts(f)
                return now[0] >= before[0] + 2 and now[1] > before[1]

            hj.wait_for(moving, 180)
            time.sleep(rnd.uniform(0, 2.5))
            died.append(f.kill_and_restart())
            made += 1
            db = f.db()
            try:
                floor.check_rows(db, died[-1])
                floor.check_recordings(f, db, seen, died[-1])
                floor.check_diary(f, db, died)
                left = floor.one(db, "SELECT COUNT(*) FROM task WHERE state = 'new'")
            finally:
                db.close()
            if left < LIST // 4:
                f.add_customers(LIST)
            if made % 25 == 0:
                print(f"# {made} kills, {counts(f)[0]} calls, {len(seen)} recordings, {time.monotonic() - began:.0f} s", flush=True)
        before = counts(f)

        def again():
            """after the last restart the agents are back and calls go on"""
            return counts(f)[0] > before[0]

        hj.wait_for(again, 180)
        assert f.c.server.stop() == 0, "it did not stop cleanly"
        db = f.db()
        try:
            floor.check_rows(db, int(time.time() * 1000) + 1000)
            floor.check_recordings(f, db, seen, int(time.time() * 1000) + 1000)
            calls = floor.check_diary(f, db, died)
        finally:
            db.close()
        odd = [o for a in f.robots for o in a.odd]
        assert not odd, f"answers of 5xx: {odd[:5]}"
        return f"{made} kills in {(time.monotonic() - began) / 60:.1f} min, {calls} calls at the far end, {len(seen)} recordings"
    except AssertionError:
        floor.keep(f, "kills")
        raise
    finally:
        f.close()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--n", type=int, default=1000)
    p.add_argument("--minutes", type=float, default=180)
    a = p.parse_args()
    print(f"ok kills: {soak(a.n, a.minutes, floor.seed())}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except AssertionError as e:
        print(f"not ok kills: {e}", flush=True)
        sys.exit(1)
