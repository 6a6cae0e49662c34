#!/usr/bin/env python3
"""Carriers that misbehave, played by SIPp against the real program: what each leaves in the rows, and that no agent is
stuck. All cases run at once, each with a line, a campaign and an agent of its own."""
import socket
import sqlite3
import threading
import time

import hj
from company import Company, numbers
from far_end import FarEnd
from hands import in_parallel
from voice_lib import (Box, alaw_file, answer, ask, expect, finished, free_udp, pause, scenario, sdp, step_send, stream)

BYE_OK = answer(200, "OK", tag="")
INVITE = ('<recv request="INVITE" rrs="true"><action><ereg regexp=".*" search_in="hdr" header="From:" assign_to="9"/>'
          '</action></recv>\n<Reference variables="9"/>')
G729 = sdp(media="m=audio [media_port] RTP/AVP 18\na=rtpmap:18 G729/8000")
SAYS_NO = (486, "Busy Here", "busy"), (404, "Not Found", "empty"), (480, "Gone", "off"), (603, "Decline", "rejected"), \
    (503, "Unavailable", "failed")


def of_callee(method, cseq, body="Content-Length: [len]\n", extra=""):
    """A request of the called side inside the call."""
    return step_send(f"""{method} [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:x@[local_ip]>;tag=[pid]S[call_number]
To: [$9]
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:x@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
{extra}{body}""", retrans=method != "ACK")


class House:
    """A company whose agents have desk phones; each case takes a line, a campaign and an agent."""

    def __init__(self, box, agents, customers):
        self.box, self.lock = box, threading.Lock()
        self.c = Company(agents=agents)
        self.c.start().staff(phones=True).open_hours().line()
        self.far = FarEnd(self.c.practice_port)
        self.c.import_list([(f"客户{i}", n) for i, n in enumerate(numbers(customers))])
        self.customers = sorted(int(x["id"]) for x in self.c.manager.ok("GET", "/api/v1/customers?size=100")["items"])
        self.free = list(self.c.agents)
        self.tone = alaw_file(box.dir / "tone.al", 700, 3)
        self.sip_no = 0

    def sipp(self, *steps, more=()):
        """(process, port) of a carrier that does these steps."""
        port = free_udp()
        with self.lock:
            self.sip_no += 1
            name = f"s{self.sip_no}"
        return self.box.sipp(scenario(*steps), "-p", str(port), "-mp", str(free_udp()), *more, name=name), port

    def line(self, port, **more):
        made = self.c.admin.ok("POST", "/api/v1/trunks", {
            "name": f"线路{port}", "host": "127.0.0.1", "port": port, "callee_format": "e164", "caller_format": "e164", "options_s": -1,
            "max_calls": 30, "call_id_sent": True, "enabled": True, **more})["id"]
        self.c.admin.ok("POST", f"/api/v1/trunks/{made}/numbers", {"number": f"+8621555{port:05d}", "purpose": "marketing"})
        return made

    def campaign(self, trunk, agents, mode="manual", customers=()):
        own = next(t for t in self.c.admin.ok("GET", "/api/v1/trunks")["items"] if t["id"] == trunk)["numbers"][0]["id"]
        made = self.c.manager.ok("POST", "/api/v1/campaigns", {
            "name": f"任务{trunk}", "mode": mode, "unit_id": self.c.team, "script_key": "annuity", "trunk_id": trunk,
            "caller_number_id": own, "ring_timeout_s": 30, "wrapup_limit_s": 60, "max_attempts": 3, "agents": [a.id for a in agents]})["id"]
        if customers:
            self.c.manager.ok("POST", f"/api/v1/campaigns/{made}/tasks", {"customer_ids": [str(x) for x in customers]})
        self.c.manager.ok("POST", f"/api/v1/campaigns/{made}/start")
        return made

    def take(self, n=1):
        with self.lock:
            got, self.free = self.free[:n], self.free[n:]
        return got

    def whom(self, n=1):
        with self.lock:
            got, self.customers = self.customers[:n], self.customers[n:]
        return got

    def sit(self, agent, campaign):
        hj.wait_for(lambda: agent.post("/api/v1/agent/campaign", {"campaign_id": campaign})[0] == 200)
        agent.ok("POST", "/api/v1/agent/status", {"status": "ready"})
        hj.wait_for(lambda: agent.ok("GET", "/api/v1/desk")["station"]["state"] == "up")

    def dial(self, *steps, port=None, **line):
        """Dials one new customer through a line of its own. Returns (agent, call id, the carrier's process)."""
        p, port = self.sipp(*steps) if port is None else (None, port)
        agent = self.take()[0]
        return agent, self.dial_by(agent, self.line(port, **line)), p

    def dial_by(self, agent, trunk):
        customer = self.whom()[0]
        campaign = self.campaign(trunk, [agent], customers=[customer])
        self.sit(agent, campaign)
        return agent.ok("POST", "/api/v1/calls/dial", {"customer_id": str(customer), "campaign_id": campaign})["call_id"]

    def is_(self, agent, state, seconds=60):
        def look():
            desk = agent.ok("GET", "/api/v1/desk")
            look.__doc__ = f"the desk is {desk['state']}, not {state}"
            return desk if desk["state"] == state else None
        return hj.wait_for(look, seconds)

    def rows(self, sql, *args):
        db = sqlite3.connect(self.c.folder / "data" / "hujiao.db", timeout=10)
        db.row_factory = sqlite3.Row
        try:
            return [dict(r) for r in db.execute(sql, args)]
        finally:
            db.close()

    def ended(self, call, outcome, result=None, **more):
        """The call and its attempt are over, once, as told. Returns the row."""
        def look():
            """the call is over in the rows"""
            got = self.rows("SELECT c.*, a.end_utc_ms AS a_end, a.outcome AS a_outcome, a.verdict FROM call c "
                            "JOIN attempt a ON a.id = c.attempt_id WHERE c.id = ?", int(call))
            return got if got and got[0]["state"] == "ended" and got[0]["a_end"] and (not result or got[0]["result"]) else None

        got = hj.wait_for(look, 60)
        assert len(got) == 1 and got[0]["outcome"] == outcome == got[0]["a_outcome"], got
        assert got[0]["result"] == result, got
        for k, v in more.items():
            assert got[0][k] == v, (k, v, got)
        return got[0]

    def close_form(self, agent):
        self.is_(agent, "wrapup")
        agent.ok("POST", "/api/v1/agent/wrapup/end")
        assert agent.ok("GET", "/api/v1/desk")["state"] == "idle"

    def counts(self):
        return self.rows("SELECT (SELECT COUNT(*) FROM call) AS calls, (SELECT COUNT(*) FROM attempt) AS attempts, "
                         "(SELECT COUNT(*) FROM recording) AS recordings, (SELECT COUNT(*) FROM missed_call) AS missed")[0]


def cases(h):
    def a_refusal_becomes_its_result_and_frees_the_agent():
        agent = h.take()[0]
        for code, reason, result in SAYS_NO:
            p, port = h.sipp(INVITE, answer(code, reason), expect("ACK"))
            call = h.dial_by(agent, h.line(port))
            h.ended(call, result, result, sip_code=code)
            h.is_(agent, "idle")
            assert finished(p), code

    def an_answer_without_our_codec():
        agent, call, p = h.dial(INVITE, answer(200, "OK", G729), expect("ACK"), expect("BYE"), BYE_OK)
        h.ended(call, "failed", "failed")
        h.is_(agent, "idle")
        assert finished(p)

    def a_line_that_stays_silent_for_30_s():
        agent, call, p = h.dial(INVITE, answer(200, "OK", sdp()), expect("ACK"), expect("INVITE"),
                                answer(200, "OK", sdp(version=2), tag=""), expect("ACK"), expect("BYE"), BYE_OK)
        h.close_form(agent)
        row = h.ended(call, "answered", "unsaved", ended_by="system")
        assert 29000 < row["talk_ms"] < 45000, row
        assert finished(p)

    def a_line_whose_process_dies_in_the_call():
        agent, call, p = h.dial(INVITE, answer(200, "OK", sdp()), expect("ACK"), stream(h.tone), pause(60000))
        h.is_(agent, "talking")
        time.sleep(2)
        p.kill()
        h.close_form(agent)
        h.ended(call, "answered", "unsaved", ended_by="system")

        def closed():
            """the recording is closed"""
            return h.rows("SELECT duration_ms FROM recording WHERE call_id = ? AND state = 'closed'", int(call))
        rec = hj.wait_for(closed, 30)[0]
        assert rec["duration_ms"] > 1500, rec

    def a_bye_that_was_lost():
        agent, call, p = h.dial(INVITE, answer(200, "OK", sdp()), expect("ACK"), expect("INVITE"),
                                answer(481, "Call Does Not Exist", tag=""), expect("ACK"))
        h.close_form(agent)
        h.ended(call, "answered", "unsaved", ended_by="system")
        assert finished(p)

    def what_is_sent_twice_counts_once():
        far = FarEnd(free_udp(), plan=lambda party: {"deaf_ms": 1800, "is_twice": True})
        try:
            agent = h.take()[0]
            call = h.dial_by(agent, h.line(far.port))
            h.is_(agent, "talking")
            party = far.of(call=call)
            hj.wait_for(lambda: sum(w == "ACK" for _, w in party.events) == 2)
            assert party.has("INVITE again") and len(far.parties) == 1, party.events
            party.hang_up()
            h.close_form(agent)
            h.ended(call, "answered", "unsaved", ended_by="customer")
            assert len(h.rows("SELECT id FROM attempt WHERE call_id = ?", int(call))) == 1
        finally:
            far.close()

    def an_answer_that_crosses_our_cancel():
        late = answer(200, "OK", sdp()).replace("[last_CSeq:]", "CSeq: [cseq] INVITE")
        agent, call, p = h.dial(INVITE, answer(180, "Ringing"), expect("CANCEL"), late, expect("ACK"), expect("BYE"), BYE_OK)
        h.is_(agent, "ringing")
        agent.ok("POST", f"/api/v1/calls/{call}/hangup")
        h.ended(call, "cancelled", "cancelled", ended_by="agent")
        h.is_(agent, "idle")
        assert finished(p), "the carrier wants an ACK and a BYE"

    def the_carrier_refreshes_the_session():
        agent, call, p = h.dial(
            INVITE, answer(200, "OK", sdp()), expect("ACK"), stream(h.tone), pause(500), of_callee("INVITE", 1, sdp(version=2)),
            expect("100", True), expect("200"), of_callee("ACK", 1), pause(500),
            of_callee("UPDATE", 2, extra="Session-Expires: 1800;refresher=uac\n"), expect("200"), pause(500),
            of_callee("BYE", 3), expect("200"))
        h.close_form(agent)
        h.ended(call, "answered", "unsaved", ended_by="customer")
        assert finished(p)

    def a_line_never_carries_more_than_it_may():
        agents, customers, far = h.take(4), h.whom(8), FarEnd(free_udp())
        try:
            far.plan = lambda party: {"ring_ms": 1500, "status": 486}
            trunk = h.line(far.port, max_calls=2, max_cps=1)
            campaign = h.campaign(trunk, agents, "progressive", customers)
            for a in agents:
                h.sit(a, campaign)
            hj.wait_for(lambda: len([p for p in far.parties if p.state == "over"]) == 8, 60)
            starts = sorted(p.events[0][0] for p in far.parties)
            spans = [(p.events[0][0], p.over_at) for p in far.parties]
            most = max(sum(a <= t < b for a, b in spans) for t, _ in spans)
            assert most <= 2, f"{most} calls at once"
            assert min(b - a for a, b in zip(starts, starts[1:])) > 0.8, starts
            hj.wait_for(lambda: not h.rows("SELECT id FROM call WHERE campaign_id = ? AND (state <> 'ended' OR result <> 'busy')", int(campaign)))
            assert len(h.rows("SELECT id FROM attempt WHERE campaign_id = ? AND verdict = 'ok'", int(campaign))) == 8
        finally:
            far.close()

    def a_password_the_carrier_does_not_take():
        for code, head in ((401, "WWW-Authenticate"), (407, "Proxy-Authenticate")):
            challenge = answer(code, "Who are you", extra=f'{head}: Digest realm="carrier", nonce="abc{code}", algorithm=MD5, qop="auth"\n')
            p, port = h.sipp(expect("REGISTER"), challenge, expect("REGISTER"), answer(403, "Forbidden"))
            trunk = h.line(port, registered=True, user="acme", secret="wrong")

            def down():
                """the line says that its password is wrong"""
                t = next(t for t in h.c.admin.ok("GET", "/api/v1/trunks")["items"] if t["id"] == trunk)
                return t["status"] if t["status"] and t["status"]["state"] == "down" else None

            got = hj.wait_for(down)
            assert got["last_sip_code"] == 403 and "wrong" not in str(got), got
            assert finished(p), code

    def a_caller_whose_codec_we_do_not_speak():
        p = h.box.sipp(scenario(ask("INVITE", 1, G729, in_dialog=False), expect("100", True), expect("488"), ask("ACK", 1)),
                       f"127.0.0.1:{h.c.sip_port}", "-s", "4008001234", "-p", str(free_udp()), "-mp", str(free_udp()), name="g729")
        assert finished(p)
        assert not h.rows("SELECT id FROM call WHERE direction = 'in'")

    return [v for v in list(locals().values()) if callable(v)]


def strangers_get_nothing(h):
    """Nobody's address: not a byte comes back, not a row is written, no call leaves, no agent rings."""
    before = h.counts(), len(h.far.parties)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.9", 0))
        s.settimeout(1.5)
        port = s.getsockname()[1]
        for method in ("OPTIONS", "INVITE", "REGISTER", "BYE", "SUBSCRIBE"):
            text = (f"{method} sip:4008001234@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.9:{port};branch=z9hG4bK{method}\r\n"
                    f"From: <sip:13900000001@x>;tag=1\r\nTo: <sip:4008001234@127.0.0.1>\r\nCall-ID: {method}-x\r\nCSeq: 1 {method}\r\n"
                    f"Contact: <sip:x@127.0.0.9:{port}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
            s.sendto(text.encode(), ("127.0.0.1", h.c.sip_port))
        try:
            raise AssertionError(f"a stranger was answered: {s.recv(2000)[:200]}")
        except TimeoutError:
            pass
    with socket.socket() as t:
        t.bind(("127.0.0.9", 0))
        t.settimeout(3)
        t.connect(("127.0.0.1", h.c.sip_port))
        t.sendall(b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.9:9;branch=z9hG4bKt\r\nFrom: <sip:a@b>;tag=1\r\n"
                  b"To: <sip:x@127.0.0.1>\r\nCall-ID: tcp-x\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
        try:
            got = t.recv(2000)
        except (TimeoutError, ConnectionError):
            got = b""
        assert got == b"", f"a stranger was answered over TCP: {got[:200]}"
    assert (h.counts(), len(h.far.parties)) == before


def test_whatever_a_carrier_does_rows_are_right_and_nobody_is_stuck():
    with Box() as box:
        h = House(box, agents=13, customers=40)
        try:
            strangers_get_nothing(h)
            failed = in_parallel(*cases(h))
            assert not failed, "; ".join(f"{k}: {v!r}" for k, v in failed.items())
            board = h.c.supervisor.ok("GET", "/api/v1/board")["agents"]
            stuck = [t for t in board if t["state"] != "idle"]
            assert not stuck, stuck
            assert not h.rows("SELECT id FROM attempt WHERE end_utc_ms IS NULL")
            assert not h.rows("SELECT id FROM call WHERE state <> 'ended' OR result IS NULL")
            assert not h.rows("SELECT id FROM task WHERE state = 'live'")
            assert '"repaired"' not in h.c.server.log_path.read_text(), "the watchdog had to repair something"
        finally:
            h.far.close()
            h.c.close()


if __name__ == "__main__":
    hj.run(globals())
