#!/usr/bin/env python3
"""Two cells on one PostgreSQL, each run by one process; a stand-by takes over a dead one's; who was replaced without
noticing writes nothing more."""
import signal
import subprocess

import company
import hj
import pg

NODE = "(id / 4096) % 1024"
TWICE = ("SELECT COUNT(*) FROM attempt a JOIN attempt b ON b.number_hash = a.number_hash AND b.id > a.id "
         "WHERE a.verdict = 'ok' AND b.verdict = 'ok' AND b.created_utc_ms < a.created_utc_ms + 60000")


def node(db, cell, first=None, **more):
    """A node for `cell`; `first` has the key and the folder of recordings that all share."""
    settings = {"database": db.url, "cell": cell}
    if first:
        settings["master_key_file"] = first.folder / "data" / "master.key"
    c = company.Company(weights={"answer": 1, "no_answer": 3}, settings=settings, **more)
    if first:
        (c.folder / "data").mkdir()
        (first.folder / "data" / "recordings").mkdir(exist_ok=True, parents=True)
        (c.folder / "data" / "recordings").symlink_to(first.folder / "data" / "recordings")
    return c


def work(c, first_number):
    """A team, a line and a running campaign in the node's cell."""
    c.staff(phones=True).line()
    c.start_practice([str(c.job_no), str(c.job_no + 1)], seed=c.job_no)
    c.import_list([(f"客户{n[-3:]}", n) for n in company.numbers(100, first_number)], campaign := c.campaign(ring_timeout_s=10))
    c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/start")


def attempts(db, cell):
    return db.one(f"SELECT COUNT(*) FROM attempt WHERE cell_id = {cell} AND verdict = 'ok'")


def wait_more(db, cell, n=1, seconds=180):
    before = attempts(db, cell)

    def more():
        return attempts(db, cell) >= before + n
    more.__doc__ = f"cell {cell} makes calls"
    hj.wait_for(more, seconds, 0.3)


def epoch(db, cell):
    return db.one(f"SELECT epoch FROM lease WHERE cell_id = {cell}")


def agents_move(old, new):
    """The cell's agents log in at the node that runs it now; the far end of the line stays where it was."""
    old.stop_practice()
    new.practice_port = old.practice_port
    new.start_practice([str(old.job_no), str(old.job_no + 1)], seed=old.job_no + 1)


def check_scope(db, a, b):
    """A supervisor of the second cell sees at the first cell's node what he sees at his own, and nothing more."""
    away = hj.Http(a.url)
    me = away.log_in(str(b.job_no + 1000), company.PASSWORD)
    assert me["cell"] == {"id": 2, "here": False, "addr": b.url}, me["cell"]
    seen = away.ok("GET", "/api/v1/calls?size=100")["items"]
    assert seen, "nothing of his team is shown at another node"
    units = {u for (u,) in db.sql("SELECT unit_id FROM call WHERE id IN (" + ",".join(x["id"] for x in seen) + ")")}
    assert units == {b.team}, units


def check_standby(c, b):
    assert b.url in c.server.stdout(), c.server.stdout()
    agent = hj.Http(c.url)
    me = agent.log_in(str(b.job_no + 2), company.PASSWORD)
    assert me["cell"]["here"] is False and me["cell"]["addr"] == b.url
    status, problem, _ = agent.post("/api/v1/agent/status", {"status": "ready"})
    assert status == 503 and problem["code"] == "cell_standby", problem


def test_two_cells_on_one_database_and_a_standby():
    db = pg.Postgres()
    a = node(db, 1, agents=3)
    b = node(db, 2, a, agents=3, job_no=1101)
    c = node(db, 2, a, job_no=1101)
    try:
        a.start().open_hours()
        b.join(a)
        c.join(a)
        work(a, 13900000000)
        work(b, 13900001000)
        wait_more(db, 1)
        wait_more(db, 2)
        nodes = db.sql(f"SELECT DISTINCT cell_id, {NODE} FROM attempt ORDER BY cell_id")
        assert len(nodes) == 2 and nodes[0][1] != nodes[1][1], nodes
        check_standby(c, b)
        check_scope(db, a, b)

        b.server.kill()
        wait_more(db, 1)

        def taken_over():
            """the stand-by runs the cell"""
            return epoch(db, 2) == 2
        hj.wait_for(taken_over, 60, 0.3)

        def recovered():
            """nothing of the killed process is left open"""
            return not db.one(f"SELECT COUNT(*) FROM call WHERE cell_id = 2 AND state = 'live' AND {NODE} = {nodes[1][1]}")
        hj.wait_for(recovered, 30, 0.3)
        agents_move(b, c)
        wait_more(db, 2)

        # The replaced one does not know: it stands still until another has taken its cell, then goes on.
        b.restart()
        c.server.process.send_signal(signal.SIGSTOP)
        stopped_at = epoch(db, 2)

        def taken_again():
            """the second node has its cell again"""
            return epoch(db, 2) > stopped_at
        try:
            hj.wait_for(taken_again, 60, 0.3)
            hj.wait_for(lambda: not db.one("SELECT COUNT(*) FROM call WHERE cell_id = 2 AND state = 'live'"), 30, 0.3)
            made = attempts(db, 2)
        finally:
            c.server.process.send_signal(signal.SIGCONT)

        def noticed():
            """who was stopped sees that it was replaced"""
            return "cell_lost" in c.server.log_path.read_text()
        hj.wait_for(noticed, 30)
        agent = hj.Http(c.url)
        agent.log_in(str(b.job_no + 2), company.PASSWORD)

        def nobody_works_there():
            """its agents have no call any more"""
            desk = agent.ok("GET", "/api/v1/desk")
            return desk["call"] is None and desk["status"] == "offline"
        hj.wait_for(nobody_works_there, 30)
        assert attempts(db, 2) == made, "the replaced process still calls"
        assert not db.one("SELECT COUNT(*) FROM call WHERE cell_id = 2 AND state = 'live'")
        agents_move(b_old := c, b)
        assert b_old.practice is None
        wait_more(db, 2)
        assert db.one(TWICE) == 0, "somebody was called twice"
        for x in (a, b, c):
            assert x.server.stop() == 0, x.server.log_path.read_text()[-2000:]
        assert db.one("SELECT COUNT(*) FROM call WHERE state = 'live'") == 0
        assert db.one("SELECT COUNT(*) FROM lease WHERE expires_utc_ms <> 0") == 0, "a lease was not given back"
        assert db.one("SELECT COUNT(*) FROM agent_span WHERE to_utc_ms IS NULL") == 0
    finally:
        for x in (c, b, a):
            if x.server.process and x.server.process.poll() is None:
                x.server.process.send_signal(signal.SIGCONT)
            x.close()
        db.remove()


def test_a_data_folder_has_one_process():
    c = company.Company()
    try:
        c.start()
        args = [str(x) for x in c.server.args]
        args[args.index(f"http_port={c.http_port}")] = f"http_port={hj.free_port()}"
        args[args.index(f"sip_port={c.sip_port}")] = f"sip_port={hj.free_port()}"
        second = subprocess.run(args, capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 1 and "another running hujiao uses the data folder" in second.stderr, second.stderr
    finally:
        c.close()


if __name__ == "__main__":
    hj.run(globals())
