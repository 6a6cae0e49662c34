#!/usr/bin/env python3
"""PostgreSQL stands still, is killed, fails over; the program is killed meanwhile. Calls in progress go on and are heard,
none new is begun, and all of it is in the database once."""
import signal
import time

import company
import hj
import pg
import wav

HELD_S = 11
AGENTS = 3


def utc_ms():
    return int(time.time() * 1000)


class Floor:
    """A company on PostgreSQL whose agents are all talking."""

    def __init__(self, url):
        self.c = company.Company(settings={"database": url}, agents=AGENTS)

    def start(self):
        c = self.c
        c.start().staff(phones=True).line().open_hours()
        c.start_practice([str(1001 + i) for i in range(AGENTS)])
        c.import_list([(f"客户{i}", n) for i, n in enumerate(company.numbers(60))], campaign := c.campaign())
        c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/start")
        return self

    def log(self):
        return self.c.server.log_path.read_text()

    def spooled(self):
        path = self.c.folder / "data" / "spool" / "records"
        return path.exists() and path.stat().st_size > 33


def wait_talking(db):
    def talking():
        """an agent talks"""
        return db.one("SELECT COUNT(*) FROM call WHERE state = 'live' AND bridge_utc_ms IS NOT NULL")
    hj.wait_for(talking, 60, 0.3)
    return [int(r[0]) for r in db.sql("SELECT id FROM call WHERE state = 'live' AND bridge_utc_ms IS NOT NULL")]


def wait_new_calls(f, db, since_ms):
    """The supervisor ends what is talked (a dialogue may take minutes); then the next are called."""
    def called():
        """calls are made again"""
        for tile in f.c.supervisor.get("/api/v1/board")[1].get("agents", []):
            if tile["call"] and tile["state"] == "talking":
                f.c.supervisor.post(f"/api/v1/calls/{tile['call']['id']}/end", {"confirm": "结束"})
        return db.one(f"SELECT COUNT(*) FROM attempt WHERE invite_utc_ms > {since_ms}")
    hj.wait_for(called, 300, 1)


def check_all_there_once(f, db):
    """After everything was written: what every call must have, and have once."""
    assert not db.one("SELECT COUNT(*) FROM call WHERE state = 'live'"), "a call is left open"
    assert not db.one("SELECT COUNT(*) FROM attempt WHERE end_utc_ms IS NULL"), "an attempt is left open"
    assert not db.one("SELECT COUNT(*) FROM recording WHERE state = 'live'"), "a recording is left open"
    assert not db.one("SELECT COUNT(*) FROM agent_span WHERE to_utc_ms IS NULL"), "a span is left open"
    twice = db.sql("SELECT subject_id, COUNT(*) FROM outbox WHERE kind = 'call.ended' GROUP BY subject_id HAVING COUNT(*) > 1")
    assert not twice, f"told twice: {twice}"
    untold = db.sql("SELECT id FROM call WHERE id NOT IN (SELECT subject_id FROM outbox WHERE kind = 'call.ended')")
    assert not untold, f"ended untold: {untold}"
    twice = db.sql("SELECT call_id, COUNT(*) FROM result GROUP BY call_id HAVING COUNT(*) > 1")
    assert not twice, f"two results: {twice}"
    bad = db.sql("SELECT c.id, c.answered, COUNT(k.id) FROM customer c JOIN call k ON k.customer_id = c.id "
                 "AND k.answer_utc_ms IS NOT NULL GROUP BY c.id, c.answered HAVING c.answered <> COUNT(k.id)")
    assert not bad, f"counted otherwise than called: {bad}"
    overlap = db.sql("SELECT a.id, b.id FROM agent_span a JOIN agent_span b ON a.person_id = b.person_id AND b.from_utc_ms > a.from_utc_ms "
                     "AND b.from_utc_ms < a.to_utc_ms")
    assert not overlap, f"spans overlap: {overlap}"
    assert not (f.c.folder / "data" / "spool" / "refused").exists(), (f.c.folder / "data" / "spool" / "refused").read_text()
    assert not f.spooled(), "the spool is not empty"


def check_heard(f, db, calls, from_ms, to_ms):
    """The recordings of calls that went on through the gap go on through it, and there is speech in them: not in each, as
    somebody may be thinking."""
    heard = sound = 0
    for call in calls:
        path, start, end = db.sql(f"SELECT r.path, r.started_utc_ms, k.end_utc_ms FROM recording r JOIN call k ON k.id = r.call_id "
                                  f"WHERE k.id = {call}")[0]
        if int(end) < to_ms:
            continue
        rate, sides = wav.read((f.c.folder / "data" / "recordings" / path).read_bytes())
        cut = slice((from_ms - int(start)) * rate // 1000, (to_ms - int(start)) * rate // 1000)
        there = len(sides[0][cut]) / rate
        assert there > (to_ms - from_ms) / 1000 - 0.2, f"call {call}: {there} s of the gap are in its recording"
        sound += sum(wav.seconds_of_sound(side[cut], rate) for side in sides)
        heard += 1
    assert not heard or sound > (to_ms - from_ms) / 1000 * 0.1, f"{sound} s of speech in the gap, in {heard} calls"
    return heard


def none_begun(db, from_ms, to_ms):
    begun = db.sql(f"SELECT id FROM attempt WHERE invite_utc_ms > {from_ms} AND invite_utc_ms < {to_ms}")
    assert not begun, f"begun without a database: {begun}"


def calls_end(f, db):
    """Everybody hangs up and the program stops."""
    assert f.c.server.stop(seconds=60) == 0
    check_all_there_once(f, db)


def test_a_database_that_stands_still_loses_nothing():
    db = pg.Postgres()
    f = Floor(db.url)
    try:
        f.start()
        calls = wait_talking(db)
        db.signal_all(signal.SIGSTOP)
        stopped_ms = utc_ms()
        try:
            time.sleep(HELD_S)
            assert f.c.server.process.poll() is None
        finally:
            db.signal_all(signal.SIGCONT)
        back_ms = utc_ms()
        wait_new_calls(f, db, back_ms)
        none_begun(db, stopped_ms + 500, back_ms)
        calls_end(f, db)
        print("calls heard through it:", check_heard(f, db, calls, stopped_ms, back_ms), "of", len(calls))
    finally:
        f.c.close()
        db.remove()


def test_a_killed_database_and_a_killed_program_lose_nothing():
    db = pg.Postgres()
    f = Floor(db.url)
    try:
        f.start()
        calls = wait_talking(db)
        db.kill()
        killed_ms = utc_ms()

        def kept():
            """facts of calls in progress wait in the spool"""
            return f.spooled() and "spool_begun" in f.log()
        hj.wait_for(kept, 300)
        time.sleep(3)
        f.c.server.kill()
        assert f.spooled()
        db.start()
        back_ms = utc_ms()
        none_begun(db, killed_ms + 500, back_ms)
        f.c.restart()

        def entered():
            """the spool is entered"""
            return not f.spooled()
        hj.wait_for(entered, 120)
        wait_new_calls(f, db, back_ms)
        left = db.sql(f"SELECT id, state FROM call WHERE id IN ({','.join(map(str, calls))}) AND state = 'live'")
        assert not left, left
        calls_end(f, db)
    finally:
        f.c.close()
        db.remove()


def test_a_fail_over_loses_nothing():
    first = pg.Postgres()
    second = None
    f = None
    try:
        second = pg.Postgres(of=first)
        f = Floor(f"postgres://hj@{first.addr},{second.addr}/{pg.NAME}?target_session_attrs=read-write").start()
        calls = wait_talking(first)
        pg.caught_up(first, second)
        first.kill()
        killed_ms = utc_ms()
        time.sleep(6)
        second.promote()
        back_ms = utc_ms()
        wait_new_calls(f, second, back_ms)
        none_begun(second, killed_ms + 500, back_ms)
        calls_end(f, second)
        print("calls heard through it:", check_heard(f, second, calls, killed_ms, back_ms), "of", len(calls))
    finally:
        if f:
            f.c.close()
        for x in (second, first):
            if x:
                x.remove()


if __name__ == "__main__":
    hj.run(globals())
