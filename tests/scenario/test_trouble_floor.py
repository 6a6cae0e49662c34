#!/usr/bin/env python3
"""The floor on real voice: two agents and a supervisor are WebRTC legs in real Chromium, each saying a tone of its own,
customers are a scripted telephone. Who hears whom is measured at every ear and in the recording."""
import sqlite3
import time

import hj
import wav
from company import PASSWORD, Company, numbers
from far_end import FarEnd
from hands import Desk, Hands

CUSTOMER, ANN, BEN, BOSS = 440, 600, 800, 1300
# In the page: a leg whose microphone is a tone, and an ear that tells how loud tones are. dB of full scale.
LEG = """
const ctx = new AudioContext()
const osc = ctx.createOscillator(), gain = ctx.createGain(), out = ctx.createMediaStreamDestination()
osc.frequency.value = arg.hz; gain.gain.value = 0.3; osc.connect(gain).connect(out); osc.start()
const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' })
const tr = pc.addTransceiver(out.stream.getAudioTracks()[0], { direction: 'sendrecv' })
tr.setCodecPreferences(RTCRtpReceiver.getCapabilities('audio').codecs.filter((c) => /pcma/i.test(c.mimeType)))
const ear = ctx.createAnalyser()
ear.fftSize = 8192; ear.smoothingTimeConstant = 0
pc.ontrack = (ev) => {
  const el = new Audio(); el.srcObject = ev.streams[0]; el.muted = true; void el.play()
  ctx.createMediaStreamSource(ev.streams[0]).connect(ear)
}
const up = new Promise((done, fail) => {
  pc.onconnectionstatechange = () => pc.connectionState === 'connected' ? done() : pc.connectionState === 'failed' && fail('failed')
})
await pc.setLocalDescription(await pc.createOffer())
const r = await fetch('/api/v1/station/offer', { method: 'POST', headers: { 'content-type': 'application/json' },
                                                 body: JSON.stringify({ sdp: pc.localDescription.sdp }) })
await pc.setRemoteDescription({ type: 'answer', sdp: (await r.json()).sdp })
await up
window.leg = { pc, ctx, levels(hzs) {
  const bins = new Float32Array(ear.frequencyBinCount), step = ctx.sampleRate / ear.fftSize
  ear.getFloatFrequencyData(bins)
  return hzs.map((hz) => { const i = Math.round(hz / step); return Math.max(...bins.slice(i - 1, i + 2)) })
} }
"""


class Person(Desk):
    def __init__(self, h, name, job_no, hz):
        super().__init__(h.hands, "b", name, name, h.c.url)
        self.log_in(job_no, PASSWORD)
        self.do("goto", url=h.c.url + "/ca.crt-none")  # our origin, none of the page's own telephone
        self.do("eval", js=LEG, arg={"hz": hz})

    def ears(self):
        """The tones this person hears now, after what changed has settled."""
        time.sleep(0.8)
        tones = (CUSTOMER, ANN, BEN, BOSS)
        loud = [max(x) for x in zip(*[self.do("eval", js="return window.leg.levels(arg).map((x) => Math.max(x, -200))", arg=list(tones))
                                      for _ in range(3)])]
        self.loud = dict(zip(tones, loud))
        return {hz for hz, db in self.loud.items() if db > -45}

    def ask(self, method, path, body=None, status=200):
        got = self.fetch(method, path, body)
        assert got["status"] in (status, 204 if status == 200 else status), (path, got)
        return got["value"]


class House:
    def __init__(self):
        self.c = Company(agents=2)
        self.c.start().staff().line().open_hours()
        self.far = FarEnd(self.c.practice_port, plan=self.plan)
        c = self.c
        top = c.admin.ok("GET", "/api/v1/units")["items"][0]["id"]
        other = c.admin.ok("POST", "/api/v1/units", {"name": "二组", "kind": "team", "parent_id": top})["id"]
        self.stranger = c.person("2002", "supervisor", other)
        self.numbers = numbers(4)
        self.campaign = c.campaign(mode="manual")
        c.import_list([(f"客户{i}", n) for i, n in enumerate(self.numbers)], self.campaign)
        self.preview = c.campaign(mode="preview")
        ids = [x["id"] for x in c.manager.ok("GET", "/api/v1/customers?size=100")["items"]]
        c.manager.ok("POST", f"/api/v1/campaigns/{self.preview}/tasks", {"customer_ids": ids})
        for k in (self.campaign, self.preview):
            c.manager.ok("POST", f"/api/v1/campaigns/{k}/start")
        self.hands = Hands(c.url)
        self.hands.do("browser", browser="b")
        self.ann, self.ben, self.boss = (Person(self, n, j, hz) for n, j, hz in
                                         (("ann", "1001", ANN), ("ben", "1002", BEN), ("boss", "2001", BOSS)))

    @staticmethod
    def plan(party):
        party.say(CUSTOMER)
        return {}

    def sit(self, person, campaign):
        hj.wait_for(lambda: person.fetch("POST", "/api/v1/agent/campaign", {"campaign_id": campaign})["status"] == 200)
        person.ready()

    def party(self, call):
        return hj.wait_for(lambda: self.far.of(call=call))

    @staticmethod
    def hears(party):
        """The tones a customer hears now."""
        time.sleep(0.3)
        since = time.monotonic()
        time.sleep(0.7)
        return {hz for hz in (ANN, BEN, BOSS) if party.hears(hz, since, time.monotonic()) > 0.2}

    def rows(self, sql, *args):
        db = sqlite3.connect(self.c.folder / "data" / "hujiao.db", timeout=10)
        db.row_factory = sqlite3.Row
        try:
            return [dict(r) for r in db.execute(sql, args)]
        finally:
            db.close()

    def save(self, person, call, code="refused"):
        person.until("wrap-up", lambda d: d["state"] == "wrapup")
        person.ask("POST", f"/api/v1/calls/{call}/result", {"code": code, "then": "next"})

    def close(self):
        self.hands.close()
        self.far.close()
        self.c.close()


def a_supervisor_listens_whispers_joins_takes_over_and_ends(h):
    ann, boss = h.ann, h.boss
    h.sit(ann, h.campaign)
    whom = ann.ask("GET", f"/api/v1/worklist?campaign_id={h.campaign}")["items"][0]
    h.number = next(n for n in h.numbers if n[-4:] == whom["number"][-4:])
    call = ann.ask("POST", "/api/v1/calls/dial", {"customer_id": whom["customer_id"], "task_id": whom["task_id"],
                                                  "campaign_id": h.campaign})["call_id"]
    ann.talking()
    p = h.party(call)
    assert ann.ears() == {CUSTOMER} and h.hears(p) == {ANN}, (ann.loud, h.hears(p))

    def monitor(mode):
        boss.ask("POST", "/api/v1/monitor", {"person_id": h.c.agents[0].id, "mode": mode})

    for mode in ("listen", "whisper", "barge"):
        status, problem, _ = h.stranger.post("/api/v1/monitor", {"person_id": h.c.agents[0].id, "mode": mode})
        assert status == 404, (mode, status, problem)
    status, problem, _ = h.stranger.post(f"/api/v1/calls/{call}/end", {"confirm": "结束"})
    assert status in (403, 404), problem
    monitor("listen")
    assert boss.ears() == {CUSTOMER, ANN}, boss.loud
    assert ann.ears() == {CUSTOMER} and h.hears(p) == {ANN} and not ann.desk()["call"]["listened"], ann.loud
    monitor("whisper")
    assert ann.ears() == {CUSTOMER, BOSS}, ann.loud
    assert h.hears(p) == {ANN} and boss.ears() == {CUSTOMER, ANN} and ann.desk()["call"]["listened"]
    whispered = time.time() * 1000
    monitor("barge")
    assert h.hears(p) == {ANN, BOSS} and ann.ears() == {CUSTOMER, BOSS}, ann.loud
    barged = time.time() * 1000
    monitor("off")
    assert boss.ears() == set() and ann.ears() == {CUSTOMER} and h.hears(p) == {ANN}, boss.loud

    ann.ask("POST", f"/api/v1/calls/{call}/transfer", {"to": "supervisor"})
    boss.until("it rings at the supervisor's", lambda d: d["state"] == "ringing" and d["call"]["id"] == call)
    assert h.hears(p) == {ANN}, "the agent talks on while it rings"
    boss.ask("POST", f"/api/v1/calls/{call}/answer")
    h.save(ann, call)
    assert h.hears(p) == {BOSS} and boss.ears() == {CUSTOMER} and ann.ears() == set(), (boss.loud, ann.loud)
    boss.ask("POST", f"/api/v1/calls/{call}/end", {"confirm": "结束"})
    hj.wait_for(lambda: p.has("BYE"))
    row = hj.wait_for(lambda: h.rows("SELECT * FROM call WHERE id = ? AND state = 'ended'", int(call)))[0]
    assert row["ended_by"] == "supervisor" and row["result"] == "refused", row
    boss.until("is free", lambda d: d["state"] == "idle" and not d["call"])
    done = [r["action"] for r in h.rows("SELECT action FROM audit WHERE action LIKE 'call.%' AND person_id = ? ORDER BY id",
                                        int(h.c.supervisor.id))]
    assert done == ["call.listen", "call.whisper", "call.barge", "call.listen_end", "call.end"], done
    assert not h.rows("SELECT action FROM audit WHERE action LIKE 'call.%' AND person_id = ?", int(h.stranger.id))

    rec = hj.wait_for(lambda: h.rows("SELECT * FROM recording WHERE call_id = ? AND state = 'closed'", int(call)))[0]
    rate, (left, right) = wav.read(h.c.manager.ok("GET", f"/api/v1/calls/{call}/recording.wav"))

    def at(utc_ms, channel):
        end = int((utc_ms - rec["started_utc_ms"]) * rate / 1000)
        return channel[end - rate:end]

    assert wav.tone_share(left, CUSTOMER, rate) > 0.8, "the customer is on the left"
    assert wav.tone_share(at(whispered, right), BOSS, rate) < 0.05, "a whisper is not recorded"
    assert wav.tone_share(at(whispered, right), ANN, rate) > 0.8
    assert wav.tone_share(at(barged, right), BOSS, rate) > 0.2, "who speaks to the customer is recorded"
    assert wav.tone_share(right[-rate:], BOSS, rate) > 0.8, "the supervisor is on the right once he has the call"
    h.first = call


def a_customer_calls_back(h):
    ann, ben = h.ann, h.ben
    h.sit(ann, h.campaign)
    h.sit(ben, h.campaign)
    t0 = time.monotonic()
    p = h.far.call_in(h.c.sip_port, "02155550000", h.number, CUSTOMER)
    call = ann.until("his last agent rings", lambda d: d["state"] == "ringing" and d["call"]["direction"] == "in", 10)["call"]
    assert call["customer_name"].startswith("客户") and ben.desk()["state"] == "idle"
    ben.until("then the next", lambda d: d["state"] == "ringing" and d["call"]["id"] == call["id"], 30)
    rang = time.monotonic() - t0
    assert 19 < rang < 25, f"the owner rang for {rang:.1f} s"
    assert (ann.desk()["status"], ann.desk()["reason"], ann.desk()["state"]) == ("paused", "missed", "idle")
    ben.ask("POST", f"/api/v1/calls/{call['id']}/answer")
    ben.talking()
    assert ben.ears() == {CUSTOMER} and h.hears(p) == {BEN} and ann.ears() == set(), (ben.loud, ann.loud)
    p.hang_up()
    h.save(ben, call["id"])
    row = h.rows("SELECT * FROM call WHERE id = ?", int(call["id"]))[0]
    assert (row["direction"], row["outcome"], row["ended_by"], row["agent_id"]) == ("in", "answered", "customer", int(h.c.agents[1].id)), row


def nobody_is_there_and_it_becomes_a_task(h):
    h.c.admin.ok("PUT", "/api/v1/settings", {"values": {"callback_wait_s": 10}, "reason": "a shorter test"})
    for person in (h.ann, h.ben):
        person.ask("POST", "/api/v1/agent/status", {"status": "paused", "reason": "meeting"})
    time.sleep(2.5)  # the floor reads settings every two seconds
    p = h.far.call_in(h.c.sip_port, "02155550000", h.number, CUSTOMER)
    hj.wait_for(lambda: p.state == "over", 40)
    row = hj.wait_for(lambda: h.rows("SELECT m.*, c.outcome, c.end_utc_ms FROM missed_call m JOIN call c ON c.id = m.call_id"))
    assert len(row) == 1 and row[0]["outcome"] == "missed" and row[0]["due_utc_ms"] - row[0]["end_utc_ms"] == 600_000, row
    assert row[0]["done_utc_ms"] is None

    def listed():
        """the missed call is on a work list"""
        return [w for person in (h.ann, h.ben) for w in person.ask("GET", f"/api/v1/worklist?campaign_id={h.campaign}")["items"]
                if w["kind"] == "missed"]

    assert hj.wait_for(listed)


def preview_shows_skips_and_dials(h):
    ben = h.ben
    h.sit(ben, h.preview)
    one = hj.wait_for(lambda: ben.ask("POST", "/api/v1/calls/preview", {"campaign_id": h.preview})["task"])
    assert ben.ask("POST", "/api/v1/calls/preview", {"campaign_id": h.preview})["task"] == one, "asked again it is the same"
    two = ben.ask("POST", "/api/v1/calls/preview", {"campaign_id": h.preview, "skip": True})
    assert two["task"]["id"] != one["id"], two
    time.sleep(1)
    assert not h.rows("SELECT id FROM call WHERE campaign_id = ?", int(h.preview)), "a preview dials nobody by itself"
    call = ben.ask("POST", "/api/v1/calls/dial", {"customer_id": two["customer"]["id"], "task_id": two["task"]["id"],
                                                  "campaign_id": h.preview})["call_id"]
    ben.talking()
    assert ben.ears() == {CUSTOMER} and h.hears(h.party(call)) == {BEN}, ben.loud
    ben.ask("POST", f"/api/v1/calls/{call}/hangup")
    h.save(ben, call)
    assert h.rows("SELECT mode FROM call WHERE id = ?", int(call)) == [{"mode": "preview"}]
    assert h.rows("SELECT state FROM task WHERE id = ?", int(one["id"])) == [{"state": "new"}], "who was skipped stays on the list"


def test_the_floor_on_real_voice():
    h = House()
    try:
        a_supervisor_listens_whispers_joins_takes_over_and_ends(h)
        a_customer_calls_back(h)
        nobody_is_there_and_it_becomes_a_task(h)
        preview_shows_skips_and_dials(h)
        assert not h.rows("SELECT id FROM call WHERE state <> 'ended' OR result IS NULL")
        assert '"repaired"' not in h.c.server.log_path.read_text(), "the watchdog had to repair something"
    finally:
        h.close()


if __name__ == "__main__":
    hj.run(globals())
