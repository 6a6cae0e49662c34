"""The figures of a bench: one JSON line each, with what is needed to judge it beside it.

    b = line.Bench("voice")
    b.floor(0.042, "%", what="kernel floor, one socket, batches of 64")   # measured in this run; stands beside all that follows
    b.put("cpu_pct_per_call", 0.061, "%", n=200, recorded=True)

prints {"bench", "metric", "value", "unit", <what was given>, "floor", "machine", "commit"}. `floor` is whatever this run
measured as the cost nobody can avoid: the kernel's packets, a prepared INSERT of the same rows; without one it is null.
Metrics are named after their unit (_pct, _ms, _mb); the table of them is in bench/README.md."""
import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def machine():
    """The processor's name, the cores of it this process may use, and the kernel."""
    model = "unknown"
    for text in open("/proc/cpuinfo"):
        if text.startswith("model name"):
            model = text.split(":", 1)[1].strip()
            break
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "kernel": os.uname().release}


def commit():
    """The commit that is measured; a trailing + says that the tree has changes of its own."""
    try:
        name = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run(["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"], capture_output=True, text=True, check=True).stdout
        return name + ("+" if changed.strip() else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def pctl(values, p):
    """The p-th percentile (nearest rank) of some numbers."""
    values = sorted(values)
    return values[min(len(values) - 1, max(0, -(-len(values) * p // 100) - 1))]


def median(values):
    return statistics.median(values)


class Bench:
    def __init__(self, name, out=sys.stdout):
        self.name, self.out = name, out
        self.machine, self.commit, self._floor = machine(), commit(), None

    def floor(self, value, unit, **about):
        self._floor = {"value": value, "unit": unit, **about}

    def put(self, metric, value, unit, **more):
        one = {"bench": self.name, "metric": metric, "value": value, "unit": unit, **more,
               "floor": self._floor, "machine": self.machine, "commit": self.commit}
        print(json.dumps(one, ensure_ascii=False), file=self.out, flush=True)
