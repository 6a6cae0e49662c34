#!/usr/bin/env python3
"""An even load for a long time: load.py [--minutes M] [--agents N]. Memory, file handles and threads of the program must stay flat.

Agents take call after call, a supervisor looks at the board and the lists, a browser's event stream comes and goes. Every ten seconds
the program's resident memory, handles and threads are read from /proc and written to --series as a line of JSON.

Each database connection keeps pages of the database in memory until its cache is full; while the database grows, so do they. So much is
allowed for: connections times what the database has grown."""
import argparse
import json
import os
import pathlib
import random
import statistics
import sys
import threading
import time
import urllib.request

import farend
import floor

STEP_S = 10
WARM_SHARE = 0.25  # caches fill, pools grow
# A leak of one small object a call is more: 2,000 calls an hour and 4 KB each.
MEMORY_MB_AN_HOUR = 8.0
SPREAD_FDS = 40


def reading(pid, db):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    get = {k: v.split()[0] for k, _, v in (line.partition(":\t") for line in status.splitlines()) if k in ("VmRSS", "RssAnon", "Threads")}
    return {"rss_kb": int(get["VmRSS"]), "anon_kb": int(get["RssAnon"]), "threads": int(get["Threads"]),
            "fds": len(os.listdir(f"/proc/{pid}/fd")), "db_kb": db.stat().st_size // 1024, "connections": connections(pid, db)}


def connections(pid, db):
    n = 0
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            n += os.readlink(fd) == str(db)
        except OSError:
            continue  # closed meanwhile
    return n


def slope(points):
    """Theil-Sen: the median of the slopes between all pairs, so a single spike says nothing."""
    pairs = [(b[1] - a[1]) / (b[0] - a[0]) for i, a in enumerate(points) for b in points[i + 1:] if b[0] > a[0]]
    return statistics.median(pairs) if pairs else 0.0


class Onlooker(threading.Thread):
    """A supervisor with a board and lists open, whose event stream breaks now and then."""

    def __init__(self, c):
        super().__init__(daemon=True)
        self.c, self.is_stopping, self.asked, self.odd = c, False, 0, []

    def run(self):
        paths = ["/api/v1/board", "/api/v1/calls?size=50", "/api/v1/customers?size=50", "/api/v1/campaigns", "/api/v1/me"]
        while not self.is_stopping:
            status, value, _ = self.c.supervisor.get(random.choice(paths))
            self.asked += 1
            if status >= 500:
                self.odd.append((status, value))
            if self.asked % 7 == 0:
                self.stream()
            time.sleep(0.5)

    def stream(self):
        rq = urllib.request.Request(self.c.url + "/api/v1/events")
        try:
            with self.c.supervisor.opener.open(rq, timeout=2) as r:
                r.read(200)
        except OSError:
            pass


def plan(_dialog):
    answer = random.uniform(0.2, 0.6)
    if random.random() < 0.8:
        return farend.Plan(ring=0.1, early=0.15 if random.random() < 0.3 else None, answer=answer, hang=answer + random.uniform(2, 8))
    return farend.Plan(ring=0.1, answer=None, hang=answer, refuse=random.choice((480, 486, 603)))


def judge(series):
    """(growth of anonymous memory, most that page caches can have taken of it, both in MB an hour; rise of handles) after the warm-up."""
    warm = series[int(len(series) * WARM_SHARE):]
    growth = slope([(p["s"] / 3600, p["anon_kb"] / 1024) for p in warm])
    caches = slope([(p["s"] / 3600, p["connections"] * p["db_kb"] / 1024) for p in warm])
    half = len(warm) // 2
    rise = statistics.median(p["fds"] for p in warm[half:]) - statistics.median(p["fds"] for p in warm[:half])
    return growth, caches, rise


def soak(minutes, agents, path, seed):
    random.seed(seed)
    f = floor.Floor(plan, agents=agents, customers=1000)
    watch, db = Onlooker(f.c), f.c.folder / "data" / "hujiao.db"
    series, began = [], time.monotonic()
    try:
        watch.start()
        while time.monotonic() - began < minutes * 60:
            time.sleep(min(STEP_S, minutes * 6))
            point = {"s": round(time.monotonic() - began, 1), "calls": len(f.far.customers()), **reading(f.c.server.process.pid, db)}
            series.append(point)
            if path:
                with open(path, "a", encoding="utf-8") as out:
                    out.write(json.dumps(point) + "\n")
            if point["calls"] > f.first - floor.FIRST_NUMBER - 300:
                f.add_customers(1000)
        watch.is_stopping = True
        watch.join(40)
        odd = watch.odd + [o for a in f.robots for o in a.odd]
        assert not odd, f"answers of 5xx: {odd[:5]}"
        assert f.c.server.stop() == 0, "it did not stop cleanly"
        rows = f.db()
        try:
            floor.check_rows(rows, int(time.time() * 1000) + 1000)
            calls = floor.check_diary(f, rows)
            floor.check_recordings(f, rows, set(), int(time.time() * 1000) + 1000)
        finally:
            rows.close()
        growth, caches, rise = judge(series)
        first, last = series[int(len(series) * WARM_SHARE)], series[-1]
        line = (f"{minutes:g} min, {agents} agents, {calls} calls; memory {first['anon_kb'] / 1024:.1f} MB after the warm-up, "
                f"{last['anon_kb'] / 1024:.1f} MB at the end ({growth:+.1f} MB an hour, of which the caches of a database that grew from "
                f"{first['db_kb'] / 1024:.1f} to {last['db_kb'] / 1024:.1f} MB may have taken {caches:.1f}); handles {first['fds']} and {last['fds']}, "
                f"threads {first['threads']} and {last['threads']}")
        # A short run only shows that the machinery works: noise is larger than any slope.
        if minutes >= 10:
            assert growth - caches <= MEMORY_MB_AN_HOUR, f"memory grows: {line}"
        assert rise <= SPREAD_FDS, f"file handles grow: {line}"
        return line
    except AssertionError:
        floor.keep(f, "load")
        raise
    finally:
        watch.is_stopping = True
        f.close()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--minutes", type=float, default=60)
    p.add_argument("--agents", type=int, default=8)
    p.add_argument("--series", help="a file for the readings")
    a = p.parse_args()
    print(f"ok load: {soak(a.minutes, a.agents, a.series, floor.seed())}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except AssertionError as e:
        print(f"not ok load: {e}", flush=True)
        sys.exit(1)
