#!/usr/bin/env python3
"""How soon a customer who picks up is heard: calls through the whole program, measured at the telephones' own sockets.

    ./run bench connect [--calls 200] [--agents 20] [--mode manual|progressive]

The real server with floor, writer and gate; agents on desk phones that stay open, customers behind a trunk, both played by
bench/load.c. The agents dial by hand over HTTP, so that no tone comes before the voice. A figure is the time from the later
of (the customer's 200 leaves, his first packet leaves) to the kernel's receive time stamp of that packet at the agent's
phone. With --mode progressive the server dials and the agent hears the 200 ms tone first, as the product means it; the
figures are then those of the tone and the first words behind it, and are named so."""
import argparse
import pathlib
import statistics
import sys
import threading
import time

import line
import voice
from load import Load, cpu_s

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "scenario"))
import company  # noqa: E402
import hj  # noqa: E402

RING_MS, TALK_MS = 60, 1200


def wait_desk(agent, states, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        desk = agent.ok("GET", "/api/v1/desk")
        if desk["state"] in states:
            return desk
        time.sleep(0.1)
    raise AssertionError(f"the desk is {desk['state']}, not {states}")


def save_result(agent, then="next"):
    desk = wait_desk(agent, ("wrapup",))
    agent.ok("POST", f"/api/v1/calls/{desk['call']['id']}/result", {"code": "refused", "note": "-", "then": then})


class Todo:
    """The customers still to be called; an agent's list shows some at a time."""

    def __init__(self, campaign, calls):
        self.campaign, self.left, self.lock = campaign, calls, threading.Lock()
        self.taken = set()

    def next(self, agent):
        with self.lock:
            if self.left == 0:
                return None
            for row in agent.ok("GET", f"/api/v1/worklist?campaign_id={self.campaign}")["items"]:
                if row["task_id"] not in self.taken:
                    self.taken.add(row["task_id"])
                    self.left -= 1
                    return row
        return None


def dial_by_hand(agent, todo, errors):
    """One agent's shift: take a customer off the list, call, wait for the end, save."""
    try:
        while (row := todo.next(agent)):
            call = {"customer_id": row["customer_id"], "task_id": row["task_id"], "campaign_id": todo.campaign}
            while agent.post("/api/v1/calls/dial", call)[0] == 429:  # the line takes so many a second
                time.sleep(0.3)
            save_result(agent)
            wait_desk(agent, ("idle",))
    except Exception as e:  # noqa: BLE001 -- one agent's trouble is told with the figures
        errors.append(str(e))


def be_called(agent, until, errors):
    try:
        while not until():
            if agent.ok("GET", "/api/v1/desk")["state"] == "wrapup":
                save_result(agent)
            time.sleep(0.1)
    except Exception as e:  # noqa: BLE001
        errors.append(str(e))


def shift(c, load, args):
    """Everything up to the last result; the sample of the load."""
    c.open_hours()
    campaign = c.campaign(mode=args.mode)
    c.import_list([(f"客户{i}", n) for i, n in enumerate(company.numbers(args.calls))], campaign)
    c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/start")
    for a in c.agents:
        hj.wait_for(lambda a=a: a.post("/api/v1/agent/campaign", {"campaign_id": campaign})[0] == 200, 60)
        a.ok("POST", "/api/v1/agent/status", {"status": "ready"})
    hj.wait_for(lambda: all(a.ok("GET", "/api/v1/desk")["station"]["state"] == "up" for a in c.agents), 60)
    errors, threads = [], []
    if args.mode == "manual":
        todo = Todo(campaign, args.calls)
        threads = [threading.Thread(target=dial_by_hand, args=(a, todo, errors)) for a in c.agents]
    else:
        stop_at = time.monotonic() + args.calls / len(c.agents) * (TALK_MS / 1000 + 3) + 30
        done = [False]

        def over():
            done[0] = done[0] or time.monotonic() > stop_at or len(load.ask("report")["connect_us"]) >= args.calls
            return done[0]

        def until():
            return done[0]

        threads = [threading.Thread(target=be_called, args=(a, until, errors)) for a in c.agents]
    for t in threads:
        t.start()
    while args.mode != "manual" and not over():
        time.sleep(1)
    for t in threads:
        t.join()
    return load.ask("report"), errors


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--calls", type=int, default=200)
    p.add_argument("--agents", type=int, default=20)
    p.add_argument("--mode", choices=("manual", "progressive"), default="manual")
    args = p.parse_args()
    b = line.Bench("connect")
    one = voice.floor(hj.BUILD, 50, 1)
    b.floor(one["us_per_packet"] / 1000, "ms", metric="kernel's relay of one packet, one socket")
    c = company.Company(agents=args.agents, extra=("--set", "log_level=warn"))
    customers, phones = hj.free_port(), hj.free_port()
    load = Load(hj.BUILD, f"127.0.0.1:{hj.free_port()}", f"127.0.0.1:{customers}:{RING_MS}:{TALK_MS}", f"127.0.0.1:{phones}:0:0")
    try:
        c.practice_port = phones
        c.start().staff(phones=True)
        c.practice_port = customers
        c.line()
        got, errors = shift(c, load, args)
        ms = [us / 1000 for us in got["connect_us"]]
        assert ms, f"nobody was heard; {errors}"
        about = {"calls": len(ms), "wanted": args.calls, "agents": args.agents, "mode": args.mode, "errors": len(errors),
                 "max_ms": round(max(ms), 2), "mean_ms": round(statistics.mean(ms), 2), "server_cpu_s": round(cpu_s(c.server.process.pid), 1)}
        name = "connect" if args.mode == "manual" else "first_word_after_tone"
        b.put(f"{name}_p50_ms", round(line.pctl(ms, 50), 3), "ms", **about)
        b.put(f"{name}_p99_ms", round(line.pctl(ms, 99), 3), "ms", **about)
        for e in errors[:3]:
            print(e, file=sys.stderr)
    finally:
        load.close()
        c.close()


if __name__ == "__main__":
    main()
