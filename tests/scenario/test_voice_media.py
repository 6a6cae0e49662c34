#!/usr/bin/env python3
"""What people hear and what is recorded: two or three telephones on one server, each a voice_driver."""
import os
import signal
import subprocess
import time

from hj import run
from voice_lib import Box, loud, power, read_alaw, tone_wav

NUMBER, CALLER = "+8613800000001", "+862131110000"
SAY_CUSTOMER, SAY_AGENT, SAY_BOSS = 440, 1000, 1700


class Floor:
    """Server `s`, and a driver `far` that plays customer, desk phones and all who are not the server."""

    def __init__(self, box):
        self.box, self.s, self.far = box, box.driver(), box.driver()
        self.s.do(f"trunk 1 127.0.0.1 {self.far.sip_port}")
        self.far.do(f"trunk 1 127.0.0.1 {self.s.sip_port}")
        self.tones = {hz: tone_wav(box.dir / f"{hz}.wav", hz, 20) for hz in (SAY_CUSTOMER, SAY_AGENT, SAY_BOSS)}

    def phone(self, name, say=None):
        """A desk phone that is picked up: (leg at the server, leg at the far end)."""
        leg = self.s.do(f"phone sip:{name}@127.0.0.1:{self.far.sip_port} {name}")["leg"]
        far = self.far.event("INCOMING")["leg"]
        self.far.do(f"answer {far}")
        self.s.event("UP", leg)
        if say:
            self.far.do(f"play {far} {self.tones[say]} 1")
        return leg, far

    def customer(self, say=SAY_CUSTOMER, answer=True):
        leg = self.s.do(f"dial 1 {NUMBER} {CALLER} 8000 1")["leg"]
        far = self.far.event("INCOMING")["leg"]
        if answer:
            self.far.do(f"answer {far}")
            self.s.event("ANSWERED", leg)
            if say:
                self.far.do(f"play {far} {self.tones[say]} 1")
        return leg, far

    def hears(self, far, seconds=1.0, settle=0.3):
        """What arrives at the far end of a leg, as samples."""
        time.sleep(settle)
        path = f"{self.box.dir}/hear{far}.wav"
        self.far.do(f"record {far} {path}")
        time.sleep(seconds)
        self.far.do(f"recstop {far}")
        self.far.event("RECORDED", far)
        return read_alaw(path)["left"]


def test_bridge_relays_both_ways_and_records_two_channels():
    with Box() as b:
        f = Floor(b)
        agent, agent_far = f.phone("ann", SAY_AGENT)
        cust, cust_far = f.customer()
        f.s.do(f"record {cust} {b.dir}/call.wav")
        f.s.do(f"bridge {cust} {agent}")
        assert power(f.hears(agent_far), SAY_CUSTOMER) > 0.95
        assert power(f.hears(cust_far), SAY_AGENT) > 0.95
        f.s.do(f"stats {cust}")
        st = f.s.event("STATS")
        assert st["lost"] == 0 and st["rx"] > 80, st
        f.s.do(f"hangup {cust}")
        f.s.event("ENDED", cust)
        w = read_alaw(f.s.event("RECORDED")["path"])
        assert power(w["left"], SAY_CUSTOMER) > 0.95 and power(w["right"], SAY_AGENT) > 0.9
        assert power(w["left"], SAY_AGENT) < 0.01 and power(w["right"], SAY_CUSTOMER) < 0.01
        assert not f.s.has("ENDED", agent), "the phone stays open for the next call"


def test_agent_hears_ringback_until_the_answer():
    with Box() as b:
        f = Floor(b)
        agent, agent_far = f.phone("ann")
        cust, cust_far = f.customer(answer=False)
        f.s.do(f"bridge {cust} {agent}")
        assert power(f.hears(agent_far, 0.55, settle=0.1), 450) > 0.9
        f.far.do(f"answer {cust_far}")
        f.far.do(f"play {cust_far} {f.tones[SAY_CUSTOMER]} 1")
        assert power(f.hears(agent_far), SAY_CUSTOMER) > 0.9


def test_connect_tone_comes_first_and_no_first_word_is_lost():
    with Box() as b:
        f = Floor(b)
        agent, agent_far = f.phone("ann")
        word = tone_wav(b.dir / "wei.wav", 600, 0.3)
        cust, cust_far = f.customer(answer=False)
        f.far.do(f"record {agent_far} {b.dir}/heard.wav")
        f.far.do(f"answer {cust_far}")
        f.far.do(f"play {cust_far} {word} 0")
        f.s.event("ANSWERED", cust)
        time.sleep(0.4)  # the word is over before the agent is connected
        f.s.do(f"bridge {cust} {agent} tone")
        time.sleep(1.5)
        f.far.do(f"play {cust_far} {f.tones[SAY_CUSTOMER]} 1")
        time.sleep(1.2)
        f.far.do(f"recstop {agent_far}")
        w = read_alaw(f.far.event("RECORDED")["path"])["left"]
        frames = [w[i:i + 800] for i in range(0, len(w) - 800, 400)]
        tone = [i for i, x in enumerate(frames) if loud(x) > 500 and power(x * 5, 880) > 0.8]
        first = [i for i, x in enumerate(frames) if loud(x) > 1000 and power(x * 5, 600) > 0.8]
        assert 2 <= len(tone) <= 5, "a connect tone of 200 ms"
        assert first and tone[-1] < first[0] <= tone[-1] + 4, "then the word, at once"
        assert 4 <= len(first) <= 7, f"all 300 ms of it: {len(first)} frames of 50 ms"
        assert power(w[-6000:], SAY_CUSTOMER) > 0.9, "then the present"


def test_hold_gives_music_to_the_customer_and_silence_to_the_agent():
    with Box() as b:
        f = Floor(b)
        agent, agent_far = f.phone("ann", SAY_AGENT)
        cust, cust_far = f.customer()
        f.s.do(f"bridge {cust} {agent}")
        f.s.do(f"hold {cust} 1")
        music = f.hears(cust_far)
        assert loud(music) > 300 and power(music, SAY_AGENT) < 0.1
        assert loud(f.hears(agent_far)) < 50
        f.s.do(f"hold {cust} 0")
        assert power(f.hears(cust_far), SAY_AGENT) > 0.9
        assert power(f.hears(agent_far), SAY_CUSTOMER) > 0.9


def test_mute_sends_silence_without_a_gap():
    with Box() as b:
        f = Floor(b)
        agent, agent_far = f.phone("ann", SAY_AGENT)
        cust, cust_far = f.customer()
        f.s.do(f"bridge {cust} {agent}")
        f.s.do(f"mute {agent} 1")
        assert loud(f.hears(cust_far)) < 50
        f.far.do(f"stats {cust_far}")
        before = f.far.event("STATS")
        f.s.do(f"mute {agent} 0")
        assert power(f.hears(cust_far), SAY_AGENT) > 0.9
        f.far.do(f"stats {cust_far}")
        assert f.far.event("STATS")["lost"] == before["lost"] == 0


def test_supervisor_listens_whispers_and_barges():
    with Box() as b:
        f = Floor(b)
        agent, agent_far = f.phone("ann", SAY_AGENT)
        boss, boss_far = f.phone("boss", SAY_BOSS)
        cust, cust_far = f.customer()
        f.s.do(f"record {cust} {b.dir}/call.wav")
        f.s.do(f"bridge {cust} {agent}")

        f.s.do(f"listen {boss} {agent} listen")
        heard = f.hears(boss_far)
        assert power(heard, SAY_AGENT) > 0.3 and power(heard, SAY_CUSTOMER) > 0.3
        assert power(f.hears(agent_far), SAY_CUSTOMER) > 0.9 and power(f.hears(cust_far), SAY_AGENT) > 0.9

        f.s.do(f"listen {boss} {agent} whisper")
        heard = f.hears(agent_far)
        assert power(heard, SAY_BOSS) > 0.3 and power(heard, SAY_CUSTOMER) > 0.3
        assert power(f.hears(cust_far), SAY_BOSS) < 0.01, "the customer never hears a whisper"
        f.s.do(f"recstop {cust}")
        w = read_alaw(f.s.event("RECORDED")["path"])
        assert power(w["left"], SAY_BOSS) < 0.01 and power(w["right"], SAY_BOSS) < 0.01, "nor does the recording"

        f.s.do(f"record {cust} {b.dir}/barge.wav")
        f.s.do(f"listen {boss} {agent} barge")
        heard = f.hears(cust_far)
        assert power(heard, SAY_BOSS) > 0.3 and power(heard, SAY_AGENT) > 0.3
        f.s.do(f"recstop {cust}")
        w = read_alaw(f.s.event("RECORDED")["path"])
        assert power(w["right"], SAY_BOSS) > 0.3 and power(w["right"], SAY_AGENT) > 0.3

        f.s.do(f"listen {boss} {agent} off")
        assert power(f.hears(agent_far), SAY_CUSTOMER) > 0.95
        assert loud(f.hears(boss_far)) < 50


def test_prompt_ends_with_an_event_and_is_in_the_recording():
    with Box() as b:
        f = Floor(b)
        cust, cust_far = f.customer(say=None)
        f.s.do(f"record {cust} {b.dir}/call.wav")
        notice = tone_wav(b.dir / "notice.wav", 600, 1.0, rate=16000)
        play = f.s.do(f"play {cust} {notice} 0")["play"]
        t = time.monotonic()
        assert f.s.event("PLAYED", cust)["play"] == play
        assert 0.8 < time.monotonic() - t < 1.6
        assert f.s.do(f"play {cust} {b.dir}/none.wav 0")["ok"]
        f.s.event("PLAYED", cust)
        f.s.do(f"play {cust} music 1")
        time.sleep(1.0)
        f.s.do(f"hangup {cust}")
        w = read_alaw(f.s.event("RECORDED")["path"])["right"]
        assert power(w[:7000], 600) > 0.9, "the notice is proof"
        assert loud(w[-4000:]) < 50, "music is not speech"


def test_digits_go_out_and_come_in_once_each():
    with Box() as b:
        f = Floor(b)
        cust, cust_far = f.customer()
        f.s.do(f"digits {cust} 10*#")
        got = [f.far.event("DIGIT", cust_far)["digit"] for _ in range(4)]
        assert got == list("10*#"), got
        assert not f.far.has("DIGIT", cust_far)
        f.s.do(f"digits {cust} 1x", ok=False)


def test_other_party_is_heard_to_speak_and_to_stop():
    with Box() as b:
        f = Floor(b)
        cust, cust_far = f.customer(say=None)
        f.s.do(f"watch {cust}")
        f.far.do(f"play {cust_far} {tone_wav(b.dir / 'w.wav', 500, 0.5)} 0")
        on = f.s.event("VOICE_ON", cust)
        off = f.s.event("VOICE_OFF", cust)
        assert 400 < off["t"] - on["t"] < 1000, (on, off)


def test_recording_is_playable_after_kill_9():
    with Box() as b:
        f = Floor(b)
        agent, agent_far = f.phone("ann", SAY_AGENT)
        cust, _ = f.customer()
        f.s.do(f"record {cust} {b.dir}/call.wav")
        f.s.do(f"bridge {cust} {agent}")
        t = time.monotonic()
        time.sleep(3.3)
        os.kill(f.s.p.pid, signal.SIGKILL)
        lasted = time.monotonic() - t
        f.s.p.wait()
        w = read_alaw(b.dir / "call.wav")
        assert lasted - 1.0 < w["seconds"] <= lasted + 0.2, (lasted, w["seconds"])
        assert power(w["left"], SAY_CUSTOMER) > 0.9 and power(w["right"], SAY_AGENT) > 0.9
        out = subprocess.run(["sox", str(b.dir / "call.wav"), "-n", "stat"], capture_output=True, text=True)
        assert out.returncode == 0 and "WARN" not in out.stderr, out.stderr


def make_cert(box, name, host):
    key, cert = box.dir / f"{name}.key", box.dir / f"{name}.crt"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}", "-keyout", str(key), "-out", str(cert)],
                   check=True, capture_output=True)
    both = box.dir / f"{name}.pem"
    both.write_text(cert.read_text() + key.read_text())
    return both, cert


def test_tls_trunk_checks_whom_it_talks_to():
    with Box() as b:
        from voice_lib import free_udp
        pem, cert = make_cert(b, "carrier", "sip.carrier.example")
        port = free_udp()
        far = b.driver(tls_port=port, tls_cert=pem)
        s = b.driver()
        far.do("trunk 1 127.0.0.1 5060 source=127.0.0.1")
        s.do(f"trunk 1 127.0.0.1 {port} transport=tls ca={cert} tls_name=sip.carrier.example")
        leg = s.do(f"dial 1 {NUMBER} {CALLER} 5000 1")["leg"]
        far_leg = far.event("INCOMING")["leg"]
        far.do(f"answer {far_leg}")
        s.event("ANSWERED", leg)
        s.do(f"hangup {leg}")
        far.event("ENDED", far_leg)

        s.do(f"trunk 2 127.0.0.1 {port} transport=tls ca={cert} tls_name=somebody.else")
        leg = s.do(f"dial 2 {NUMBER} {CALLER} 5000 1")["leg"]
        assert s.event("ENDED", leg, 6)["cause"] in ("trunk_silent", "trunk_fail", "other")
        assert not far.has("INCOMING"), "no INVITE over a connection with the wrong name"
        s.do("trunk 3 127.0.0.1 5061 transport=tls ca=/nonexistent", ok=False)


def test_a_prompt_that_ends_during_a_stall_ends_once():
    """The process stands still while a clip has its last frame to play; the frames missed are made up for at once."""
    with Box() as b:
        f = Floor(b)
        cust, _ = f.customer(say=None)
        clip = tone_wav(b.dir / "short.wav", 700, 0.2)
        for wait_s in (0.02, 0.06, 0.1, 0.14, 0.16):
            f.s.do(f"play {cust} {clip} 0")
            time.sleep(wait_s)
            f.s.p.send_signal(signal.SIGSTOP)
            time.sleep(0.4)
            f.s.p.send_signal(signal.SIGCONT)
            f.s.event("PLAYED", cust)
            assert not f.s.has("PLAYED", cust)


if __name__ == "__main__":
    run(globals())
