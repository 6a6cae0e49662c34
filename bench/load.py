"""The load of bench/load.c as an object, and the CPU time of who carries it."""
import json
import os
import pathlib
import subprocess

HZ = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    """User and system seconds of a process, all threads."""
    f = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(f[11]) + int(f[12])) / HZ


def all_cpu_s():
    """Busy seconds of the machine."""
    f = list(map(int, open("/proc/stat").readline().split()[1:9]))
    return (sum(f) - f[3] - f[4]) / HZ


def rss_mb(pid):
    return int([x for x in open(f"/proc/{pid}/status") if x.startswith("VmRSS")][0].split()[1]) / 1024


class Load:
    def __init__(self, build, *doors):
        self.p = subprocess.Popen([str(pathlib.Path(build) / "bench" / "bench_load"), *doors], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, command):
        self.p.stdin.write(command + "\n")
        self.p.stdin.flush()
        return json.loads(self.p.stdout.readline())

    def call(self, server, user, n, rate, hold_ms=0):
        return self.ask(f"call {server} {user} {n} {rate} {hold_ms}")

    def close(self):
        end(self.p)


def end(p):
    if p.poll() is None:
        p.terminate()
    try:
        p.wait(10)
    except subprocess.TimeoutExpired:
        p.kill()
        p.wait()
