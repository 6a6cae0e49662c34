#!/usr/bin/env python3
"""What the telephone costs: N bridged calls through the server, plain and recorded, beside the kernel's floor.

    bench/voice.py [--calls 50,200,400] [--seconds 15] [--build build]

Callers, server and callees are three processes on loopback (bench/voice.c), G.711 at 20 ms both ways. One JSON line
a measurement: cpu_pct is the server's user and system time over the window, % of ONE core; lost is end to end, both
hops; `floor` lines are what the kernel takes to receive and send the same packets (bench/floor.c)."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

HZ = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    f = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(f[11]) + int(f[12])) / HZ


def busy():
    f = list(map(int, open("/proc/stat").readline().split()[1:9]))
    return sum(f), f[3] + f[4]


def start(*args):
    p = subprocess.Popen(args, stdout=subprocess.PIPE, text=True)
    assert json.loads(p.stdout.readline()) == {"ready": True}
    return p


def measure(program, calls, seconds, dest, rec_dir):
    rate = max(10, min(40, calls // 4))
    ramp = calls / rate
    procs = []
    try:
        callees = start(program, "callees", "127.0.8.3:5070", "127.0.8.1")
        procs.append(callees)
        server = start(program, "server", "127.0.8.1:5060", "127.0.8.2", "127.0.8.3:5070", rec_dir)
        procs.append(server)
        callers = start(program, "callers", "127.0.8.2:5080", "127.0.8.1:5060", {"plain": "1000", "rec": "1001"}[dest], str(calls), str(rate), str(int(seconds + 4)))
        procs.append(callers)
        time.sleep(0.5 + ramp + 2)
        c0, t0, b0 = cpu_s(server.pid), time.monotonic(), busy()
        time.sleep(seconds)
        c1, t1, b1 = cpu_s(server.pid), time.monotonic(), busy()
        got = json.loads(callers.stdout.readline())
        rss = [l for l in open(f"/proc/{server.pid}/status") if l.startswith("VmRSS")][0].split()[1]
        cpu = 100 * (c1 - c0) / (t1 - t0)
        return {"bench": "voice", "what": dest, "calls": calls, "up": got["up"], "cpu_pct": round(cpu, 1),
                "cpu_pct_per_call": round(cpu / calls, 3), "rx_packets": got["rx_packets"], "lost": got["lost"],
                "jitter_us": got["jitter_us_mean"], "rss_mb": int(rss) // 1024,
                "machine_busy_pct": round(100 * (1 - (b1[1] - b0[1]) / max(1, b1[0] - b0[0])), 1)}
    finally:
        for p in procs:
            p.terminate()
        for p in procs:
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                p.kill()


def main():
    here = pathlib.Path(__file__).resolve().parent.parent
    a = argparse.ArgumentParser()
    a.add_argument("--calls", default="50,200,400")
    a.add_argument("--seconds", type=float, default=15)
    a.add_argument("--build", default=str(here / "build"))
    a = a.parse_args()
    program = str(pathlib.Path(a.build) / "bench" / "bench_voice")
    floor = str(pathlib.Path(a.build) / "bench" / "bench_floor")
    rec_dir = tempfile.mkdtemp(prefix="bench.")
    try:
        for calls in map(int, a.calls.split(",")):
            print(subprocess.run([floor, str(calls), "5", str(2 * calls)], capture_output=True, text=True, check=True).stdout.strip(),
                  flush=True)
            for dest in ("plain", "rec"):
                print(json.dumps(measure(program, calls, a.seconds, dest, rec_dir)), flush=True)
                for f in pathlib.Path(rec_dir).iterdir():
                    f.unlink()
    finally:
        shutil.rmtree(rec_dir, ignore_errors=True)


if __name__ == "__main__":
    main()
