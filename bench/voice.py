#!/usr/bin/env python3
"""What the telephone costs: N bridged calls, plain and recorded, beside the kernel's floor; and how many calls a second.

    ./run bench voice [--calls 50,100,200,400] [--seconds 12] [--rounds 1] [--setups 300,400,500] [--no-setups]

bench/load.c is both parties of every call, bench/voice.c the telephone between them, all on loopback, G.711 at 20 ms both
ways. CPU is user and system time of the server over the window in % of ONE core. `lost_packets` is end to end, over whole
calls; one-way delays end with the kernel's receive time stamp. The floor is bench/floor.c: receive and send as many
packets, nothing else, one socket, 64 at a time; with `sockets` above 1 a socket a leg. Figures are medians of the rounds."""
import argparse
import json
import pathlib
import shutil
import subprocess
import tempfile
import time

import line
from load import Load, all_cpu_s, cpu_s, end, rss_mb

CALLERS, SERVER, CALLEES = "127.0.8.2:5080", "127.0.8.1:5060", "127.0.8.3:5070"
USER = {False: "1000", True: "1001"}


class Telephone:
    """bench/voice.c with an empty folder for its recordings."""

    def __init__(self, build, folder):
        self.p = subprocess.Popen([str(pathlib.Path(build) / "bench" / "bench_voice"), SERVER, CALLERS.split(":")[0], CALLEES, folder],
                                  stdout=subprocess.PIPE, text=True)
        assert json.loads(self.p.stdout.readline()) == {"ready": True}

    def close(self):
        end(self.p)


def floor(build, calls, sockets):
    out = subprocess.run([str(pathlib.Path(build) / "bench" / "bench_floor"), str(calls), "5", str(sockets)], capture_output=True, text=True, check=True)
    return json.loads(out.stdout)


def wait_up(load, calls, seconds=60):
    end_at = time.monotonic() + seconds
    while time.monotonic() < end_at:
        s = load.ask("state")
        if s["up"] + s["failed"] >= calls:
            return s
        time.sleep(0.2)
    return s


def media(build, folder, calls, seconds, recorded):
    server, load = Telephone(build, folder), Load(build, CALLERS, CALLEES + ":0:0")
    try:
        empty_mb = rss_mb(server.p.pid)
        load.call(SERVER, USER[recorded], calls, max(10, min(100, calls // 2)))
        state = wait_up(load, calls)
        time.sleep(2)
        load.ask("mark")
        mine = [server.p.pid, load.p.pid]
        c0, o0, t0 = cpu_s(server.p.pid), all_cpu_s() - sum(map(cpu_s, mine)), time.monotonic()
        time.sleep(seconds)
        c1, o1, t1 = cpu_s(server.p.pid), all_cpu_s() - sum(map(cpu_s, mine)), time.monotonic()
        mb, got = rss_mb(server.p.pid), load.ask("report")
        load.ask("hangup")
        time.sleep(1)
        return {"cpu_pct_per_call": 100 * (c1 - c0) / (t1 - t0) / calls, "lost": got["lost"], "of": got["expected"],
                "p50": got["owd_p50_ms"], "p99": got["owd_p99_ms"], "rss": (mb - empty_mb) / calls, "up": state["up"],
                "failed": state["failed"], "other": max(0.0, 100 * (o1 - o0) / (t1 - t0))}
    finally:
        load.close()
        server.close()
        for f in pathlib.Path(folder).iterdir():
            f.unlink()


def setups(build, folder, rate, seconds=8, hold_ms=500):
    """Recorded calls, `rate` a second: how many failed, and how many messages had to be repeated."""
    server, load = Telephone(build, folder), Load(build, CALLERS, CALLEES + ":0:0")
    n = rate * seconds
    try:
        c0 = cpu_s(server.p.pid)
        load.call(SERVER, USER[True], n, rate, hold_ms)
        end_at = time.monotonic() + seconds + 20
        while True:
            time.sleep(0.2)
            s = load.ask("state")
            if s["over"] >= n or time.monotonic() > end_at:
                break
        time.sleep(1)
        files = len(list(pathlib.Path(folder).iterdir()))
        return {"calls": n, "failed": s["failed"] + n - s["over"], "repeats": s["repeats"], "recordings": files,
                "cpu_ms_per_call": 1000 * (cpu_s(server.p.pid) - c0) / n}
    finally:
        load.close()
        server.close()
        for f in pathlib.Path(folder).iterdir():
            f.unlink()


def bridged(b, a, folder, calls):
    one, many = floor(a.build, calls, 1), floor(a.build, calls, 2 * calls)
    base = one["cpu_pct"] / calls
    b.floor(round(base, 4), "%", metric="floor_cpu_pct_per_call", n=calls, sockets=1)
    b.put("floor_cpu_pct_per_call", round(base, 4), "%", n=calls, sockets=1, us_per_packet=one["us_per_packet"])
    b.put("floor_cpu_pct_per_call", round(many["cpu_pct"] / calls, 4), "%", n=calls, sockets=2 * calls, us_per_packet=many["us_per_packet"])
    for recorded in (False, True):
        runs = [media(a.build, folder, calls, a.seconds, recorded) for _ in range(a.rounds)]
        mid = {k: line.median([r[k] for r in runs]) for k in runs[0]}
        about = {"n": calls, "recorded": recorded, "up": min(r["up"] for r in runs), "rounds": a.rounds}
        cpu = mid["cpu_pct_per_call"]
        b.put("cpu_pct_per_call", round(cpu, 4), "%", **about, of_floor=round(cpu / base, 2), other_cpu_pct=round(mid["other"]))
        b.put("lost_packets", sum(r["lost"] for r in runs), "packets", **about, of=sum(r["of"] for r in runs))
        b.put("owd_p99_ms", round(mid["p99"], 2), "ms", **about, p50_ms=round(mid["p50"], 2))
        b.put("rss_mb_per_call", round(mid["rss"], 4), "MB", **about)


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    p = argparse.ArgumentParser()
    p.add_argument("--calls", default="50,100,200,400")
    p.add_argument("--seconds", type=float, default=12)
    p.add_argument("--rounds", type=int, default=1)
    p.add_argument("--setups", default="300,400,500,600,800")
    p.add_argument("--no-setups", action="store_true")
    p.add_argument("--build", default=str(here / "build"))
    a = p.parse_args()
    b = line.Bench("voice")
    folder = tempfile.mkdtemp(prefix="bench.")
    try:
        for calls in [int(c) for c in a.calls.split(",") if c]:
            bridged(b, a, folder, calls)
        best = {"rate": 0, "failed": 0}
        for rate in [] if a.no_setups else map(int, a.setups.split(",")):
            got = setups(a.build, folder, rate)
            if got["failed"] or got["repeats"] > got["calls"] // 100 or got["recordings"] < got["calls"]:
                best["next"] = {"rate": rate, **got}
                break
            best = {"rate": rate, **got}
        if not a.no_setups:
            b.put("setups_per_s", best.pop("rate"), "calls/s", recorded=True, **best)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
