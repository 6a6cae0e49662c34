#!/usr/bin/env python3
"""Trouble on the line and on the machine: a clock that is set, packets from strangers, loss and jitter."""
import os
import socket
import struct
import threading
import time

import company
import hj
import test_sip_torture
import test_voice_media as media
import voice_lib as vl


class Clock:
    """The wall clock of a program that is started with env()."""

    def __init__(self, folder):
        self.path = folder / "clock"
        self.path.write_bytes(struct.pack("<q", 0))

    def env(self):
        return {"LD_PRELOAD": str(hj.BUILD / "tests" / "clock_shim.so"), "CLOCK_SHIM": str(self.path)}

    def step(self, ms):
        with open(self.path, "r+b") as f:
            f.write(struct.pack("<q", ms))


def call_through_steps(c, clock, campaign, steps):
    """One call in whose middle the clock is set; the call's record and how long it really lasted."""
    call = test_sip_torture.talking(c, campaign)
    a, begun = c.agents[0], time.monotonic()
    for ms in steps:
        time.sleep(1)
        clock.step(ms)
        a.ok("POST", f"/api/v1/calls/{call}/hold", {"on": True})
        time.sleep(0.3)
        a.ok("POST", f"/api/v1/calls/{call}/hold", {"on": False})
    time.sleep(1)
    a.ok("POST", f"/api/v1/calls/{call}/hangup")
    real_ms = 1000 * (time.monotonic() - begun)
    hj.wait_for(lambda: a.ok("GET", "/api/v1/desk")["state"] == "wrapup")
    a.ok("POST", f"/api/v1/calls/{call}/result", {"code": "refused", "note": "-", "then": "next"})
    return hj.wait_for(lambda: (g := c.supervisor.ok("GET", f"/api/v1/calls/{call}"))["recording"] and g), real_ms


def test_a_clock_that_is_set_bends_no_duration():
    c = company.Company()
    clock = Clock(c.folder)
    c.server.env.update(clock.env())
    try:
        c.start().staff(phones=True).open_hours().line().start_practice()
        campaign = c.campaign(mode="manual")
        c.import_list([(f"客户{i}", n) for i, n in enumerate(company.numbers(2))], campaign)
        c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/start")
        got, real_ms = call_through_steps(c, clock, campaign, (60000, -60000))
        assert real_ms - 1500 < got["talk_ms"] < real_ms + 3000, (got["talk_ms"], real_ms)
        times = [got[k] for k in ("start_utc_ms", "answer_utc_ms", "end_utc_ms") if got.get(k)]
        assert times == sorted(times), times
        _, wav, _ = c.supervisor.get(f"/api/v1/calls/{got['id']}/recording.wav")
        assert abs(len(wav) / 16 - got["talk_ms"]) < 3000, "the recording is not as long as the call"
        clock.step(0)
        got, real_ms = call_through_steps(c, clock, campaign, (-60000,))
        assert real_ms - 1500 < got["talk_ms"] < real_ms + 3000, "the next call suffered"
    finally:
        c.close()


def udp_ports(pid):
    """The UDP ports on which a program listens."""
    inodes = set()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            inodes.add(os.readlink(f"/proc/{pid}/fd/{fd}"))
        except OSError:
            pass
    rows = [r.split() for r in open("/proc/net/udp").read().splitlines()[1:]]
    return [int(r[1].split(":")[1], 16) for r in rows if f"socket:[{r[9]}]" in inodes]


def rtp(seq, ts, ssrc):
    return struct.pack("!BBHII", 0x80, 8, seq & 0xffff, ts & 0xffffffff, ssrc) + b"\x2a" * 160


def flood(ports, stop):
    """Strangers' packets to every port, from another host and from another port of the peers' host: lone ones,
    streams, rubbish, RTCP that says BYE."""
    socks = []
    for host in ("127.0.0.1", "127.9.9.9"):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((host, 0))
        socks.append(s)
    n = 0
    while not stop.is_set():
        for port in ports:
            socks[1].sendto(rtp(n, 160 * n, 7), ("127.0.0.1", port))
            socks[1].sendto(struct.pack("!BBHI", 0x81, 203, 1, n), ("127.0.0.1", port))
            socks[1].sendto(os.urandom(40 + n % 100), ("127.0.0.1", port))
        n += 1
        time.sleep(0.01)


def test_strangers_packets_take_no_call_over_and_silence_none():
    with vl.Box() as b:
        f = media.Floor(b)
        agent, far_agent = f.phone("1001", say=media.SAY_AGENT)
        for _ in range(2):  # the first has a port of its own, the second shares one
            customer, far_customer = f.customer()
            f.s.do(f"record {customer} {b.dir}/call{customer}.wav")
            f.s.do(f"bridge {customer} {agent} plain")
            time.sleep(0.5)
            stop = threading.Event()
            t = threading.Thread(target=flood, args=(udp_ports(f.s.p.pid), stop))
            t.start()
            try:
                assert vl.power(f.hears(far_agent, 2), media.SAY_CUSTOMER) > 0.9, "the agent no longer hears the customer"
                assert vl.power(f.hears(far_customer, 2), media.SAY_AGENT) > 0.9, "the customer no longer hears the agent"
                f.far.do(f"stop {far_customer}")  # silent for longer than a stream may be before it is followed anew
                time.sleep(2.5)
                f.far.do(f"play {far_customer} {f.tones[media.SAY_CUSTOMER]} 1")
                assert vl.power(f.hears(far_agent, 1, settle=0.5), media.SAY_CUSTOMER) > 0.9, "the call was taken over in a pause"
                assert vl.power(f.hears(far_customer, 1), media.SAY_AGENT) > 0.9, "the agent is sent to a stranger"
            finally:
                stop.set()
                t.join()
            f.s.do(f"hangup {customer}")
            f.s.event("RECORDED", customer)
            left = vl.read_alaw(f"{b.dir}/call{customer}.wav")["left"]
            assert vl.power(left[8000:24000], media.SAY_CUSTOMER) > 0.9, "strangers are in the recording"


def test_a_bad_line_keeps_the_call_and_the_recordings_time():
    with vl.Box() as b:
        line = b.dir / "line"
        line.write_bytes(struct.pack("<ii", 0, 0))
        os.environ.update(LD_PRELOAD=str(hj.BUILD / "tests" / "net_shim.so"), NET_SHIM=str(line))
        try:
            far = b.driver()
        finally:
            del os.environ["LD_PRELOAD"], os.environ["NET_SHIM"]
        f = media.Floor(b)
        f.far = far
        f.s.do(f"trunk 1 127.0.0.1 {far.sip_port}")
        far.do(f"trunk 1 127.0.0.1 {f.s.sip_port}")
        agent, _ = f.phone("1001", say=media.SAY_AGENT)
        customer, far_customer = f.customer()
        path = f"{b.dir}/call.wav"
        f.s.do(f"record {customer} {path}")
        f.s.do(f"bridge {customer} {agent} plain")
        begun = time.monotonic()
        time.sleep(2)
        with open(line, "r+b") as at:
            at.write(struct.pack("<ii", 20, 200))
        time.sleep(5)
        with open(line, "r+b") as at:
            at.write(struct.pack("<ii", 0, 0))
        time.sleep(2.5)
        f.s.do(f"stats {customer}")
        stats = f.s.event("STATS", customer)
        f.s.do(f"hangup {customer}")
        lasted = time.monotonic() - begun
        f.s.event("RECORDED", customer)
        w = vl.read_alaw(path)
        assert abs(w["seconds"] - lasted) < 0.5, f"{w['seconds']} s of recording for {lasted} s"
        for side, hz in (("left", media.SAY_CUSTOMER), ("right", media.SAY_AGENT)):
            assert vl.power(w[side][4000:12000], hz) > 0.9 and vl.power(w[side][-8000:], hz) > 0.9, side
            bad = w[side][2 * 8000 + 2000:7 * 8000 - 2000]
            frames = [vl.loud(bad[i:i + 160]) > 500 for i in range(0, len(bad), 160)]
            heard = sum(frames) / len(frames)
            assert 0.6 < heard < 0.97, f"{side}: {heard:.2f} of the frames are there"
        assert stats["lost"] > 20, stats


if __name__ == "__main__":
    hj.run(globals())
