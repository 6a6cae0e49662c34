#!/usr/bin/env python3
"""The page by https from another PC: Chromium in a network namespace of its own, a veth pair the only way to the program.

The browser trusts the company's root certificate as a PC does once it is installed, and nothing else is waived."""
import contextlib
import json
import os
import subprocess

import hj
import wav
from company import Company, numbers, PASSWORD
from test_walk import tone

ROWS = [(f"王客户{i}", n) for i, n in enumerate(numbers(2))]


def run(*args, **kw):
    p = subprocess.run([str(a) for a in args], capture_output=True, text=True, **kw)
    assert p.returncode == 0, f"{' '.join(map(str, args))}: {p.stderr.strip() or p.stdout.strip()}"
    return p.stdout


class Far:
    """A second machine: a namespace with one interface, `here` being the other end of its cable."""

    def __init__(self):
        self.name = f"hj{os.getpid()}"
        net = f"10.{200 + os.getpid() % 50}.{os.getpid() // 50 % 250}"
        self.here, self.there = f"{net}.1", f"{net}.2"
        self.near_if, self.far_if = f"{self.name}n", f"{self.name}f"

    def __enter__(self):
        try:
            run("ip", "netns", "add", self.name)
            run("ip", "link", "add", self.near_if, "type", "veth", "peer", "name", self.far_if, "netns", self.name)
            run("ip", "addr", "add", f"{self.here}/30", "dev", self.near_if)
            run("ip", "link", "set", self.near_if, "up")
            for what in (["addr", "add", f"{self.there}/30", "dev", self.far_if], ["link", "set", self.far_if, "up"], ["link", "set", "lo", "up"]):
                run("ip", "-n", self.name, *what)
        except (AssertionError, OSError) as e:
            self.__exit__()
            raise AssertionError(f"a network namespace cannot be made here, and without one nothing is proven: {e}") from e
        return self

    def __exit__(self, *_):
        for args in (["link", "del", self.near_if], ["netns", "del", self.name]):
            with contextlib.suppress(OSError):
                subprocess.run(["ip", *args], capture_output=True, check=False)

    def packets(self):
        """Packets that came over the cable so far."""
        return int(open(f"/sys/class/net/{self.near_if}/statistics/rx_packets").read())

    def agent(self, c, home, ca, audio):
        """A shift of web/e2e/agent.mjs over there, in a home directory that trusts `ca` (None: nobody)."""
        db = home / ".pki" / "nssdb"
        db.mkdir(parents=True)
        run("certutil", "-d", f"sql:{db}", "-N", "--empty-password")
        if ca:
            run("certutil", "-d", f"sql:{db}", "-A", "-n", "hujiao", "-t", "C,,", "-i", ca)
        env = {**os.environ, "HOME": str(home), "HUJIAO_URL": c.url, "JOB_NO": "1001", "PASSWORD": PASSWORD, "TONE": str(audio)}
        return subprocess.run(["ip", "netns", "exec", self.name, str(hj.ROOT / "web/run-node"), "e2e/agent.mjs"], cwd=hj.ROOT / "web",
                              env=env, timeout=300, capture_output=True, text=True)


def secure_company(far):
    c = Company(weights={"answer": 1}, settings={"https": "on", "http_addr": far.here, "media_addr": far.here})
    tls = c.folder / "data" / "tls"
    run(hj.BINARY, "cert", "--dir", tls, far.here)
    c.url = f"https://{far.here}:{c.http_port}"
    c.ca = str(tls / "ca.crt")
    return c


def test_another_pc_talks_by_https():
    with Far() as far:
        c = secure_company(far)
        try:
            c.start().staff().line().open_hours()
            campaign = c.campaign()
            c.import_list(ROWS, campaign)
            c.start_practice()
            c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/start")
            tone(c.folder / "tone.wav")

            stranger = far.agent(c, c.folder / "stranger", None, c.folder / "tone.wav")
            assert stranger.returncode and "ERR_CERT_AUTHORITY_INVALID" in stranger.stdout + stranger.stderr, \
                f"a PC without the company's root opened the page: {stranger.stdout[-500:]}{stranger.stderr[-500:]}"

            before = far.packets()
            out = far.agent(c, c.folder / "pc", c.ca, c.folder / "tone.wav")
            assert out.returncode == 0, out.stdout[-1500:] + out.stderr[-1500:]
            seen = json.loads(out.stdout.strip().splitlines()[-1])
            assert seen == {"planted": 0, "address": c.url, "secure": True}, seen
            assert far.packets() - before > 400, f"only {far.packets() - before} packets: the voice did not come over the cable"

            def saved():
                """the call has its result and its recording"""
                items = c.manager.ok("GET", "/api/v1/calls?outcome=answered&size=100")["items"]
                return [x for x in items if x["result"] and x["recording"]]

            call = hj.wait_for(saved)[0]
            assert call["result"] == "interested", call
            rate, (left, right) = wav.read(c.manager.ok("GET", f"/api/v1/calls/{call['id']}/recording.wav"))
            assert wav.tone_share(right, 1000, rate) > 0.8, f"tone in the right channel: {wav.tone_share(right, 1000, rate):.2f}"
            assert wav.tone_share(left, 1000, rate) < 0.2, "the agent's tone is in the customer's channel"
            assert wav.seconds_of_sound(left, rate) > 0.2, "the customer is not on the left"
        finally:
            c.close()


if __name__ == "__main__":
    hj.run(globals())
