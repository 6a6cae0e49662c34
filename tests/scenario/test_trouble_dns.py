#!/usr/bin/env python3
"""A DNS that never answers, in a network namespace of its own: the trunk given by name says so, calls on the other trunk and the
loop's answers are not disturbed."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time

import hj

sys.path.insert(0, str(hj.ROOT / "tests" / "soak"))
import farend  # noqa: E402
import floor  # noqa: E402

SPACE = f"hjdns{os.getpid()}"
INSIDE = "HUJIAO_DNS_SPACE"
CARRIER = "sip.carrier.example"


class MuteDns(threading.Thread):
    """Port 53 of the namespace: listens, counts the questions, says nothing."""

    def __init__(self):
        super().__init__(daemon=True)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.53", 53))
        self.asked = 0
        self.start()

    def run(self):
        while True:
            data, _ = self.udp.recvfrom(4096)
            self.asked += b"carrier" in data


def inside():
    """The test proper; loopback and the mute DNS are all there is."""
    dns = MuteDns()
    f = floor.Floor(lambda d: farend.Plan(ring=0.05, answer=0.2, hang=1.5), agents=2, customers=30)
    try:
        c = f.c

        made = c.admin.ok("POST", "/api/v1/trunks", {"name": "按域名的线路", "host": CARRIER, "port": 5060, "callee_format": "e164",
                                                      "caller_format": "e164", "options_s": 30, "max_calls": 5, "enabled": True})["id"]

        def trunk():
            return next(t for t in c.admin.ok("GET", "/api/v1/trunks")["items"] if t["id"] == made)

        def says_so():
            """the trunk is down and says that its name is not resolved"""
            t = trunk()
            return t if "DNS" in str(t) else None

        t = hj.wait_for(says_so, 60)
        print(f"# {t['status'] if 'status' in t else t}")
        assert dns.asked > 0, "nobody asked the DNS"
        before = len(f.far.customers())

        def calls_go_on():
            """calls on the other trunk go on while the DNS is mute"""
            mine = f.far.customers()
            return len(mine) >= before + 6 and sum(d.code == 200 for d in mine) >= before + 3

        hj.wait_for(calls_go_on, 120)
        took = []
        for _ in range(20):
            began = time.monotonic()
            c.agents[0].ok("GET", "/api/v1/desk")  # answered by the loop
            took.append(time.monotonic() - began)
        # The DNS is asked for 4 s and more at a time: a loop that waited for it would show here.
        assert sorted(took)[10] < 2, f"the loop answers slowly: {took}"
        assert c.server.stop() == 0
    finally:
        f.close()


def test_a_dns_that_hangs_stops_nothing_but_its_trunk():
    conf = pathlib.Path("/etc/netns") / SPACE
    try:
        subprocess.run(["ip", "netns", "add", SPACE], check=True)
        subprocess.run(["ip", "-n", SPACE, "link", "set", "lo", "up"], check=True)
        conf.mkdir(parents=True)
        (conf / "resolv.conf").write_text("nameserver 127.0.0.53\n")
        done = subprocess.run(["ip", "netns", "exec", SPACE, sys.executable, __file__], env=os.environ | {INSIDE: "1"}, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
        print("\n".join(line for line in done.stdout.splitlines() if line.startswith("#")))
        assert done.returncode == 0, done.stdout[-3000:]
    finally:
        subprocess.run(["ip", "netns", "del", SPACE], check=False)
        shutil.rmtree(conf, ignore_errors=True)


if __name__ == "__main__":
    if os.environ.get(INSIDE):
        inside()
    else:
        hj.run(globals())
