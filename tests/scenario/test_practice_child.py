#!/usr/bin/env python3
"""The simulated customers and agents of the demo die: the server buries them, says so on the board, starts them again, and calls go on."""
import os
import pathlib
import re
import signal
import time

import hj


class Demo:
    def __init__(self):
        self.port = hj.free_port()
        self.server = hj.Server(["demo", "--port", str(self.port)])
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        self.server.start()

        def told():
            """the log-ins are printed"""
            assert self.server.process.poll() is None, self.server.log_path.read_text()[-2000:]
            return re.search(r"密码（都一样）: (\S+)", self.server.stdout())

        self.password = hj.wait_for(told, 120)[1]
        supervisor = hj.wait_for(lambda: re.search(r"^\s+(\d+)\s+\S+\s+supervisor", self.server.stdout(), re.M), 20)[1]
        self.supervisor = hj.Http(self.url)
        self.supervisor.log_in(supervisor, self.password)
        return self

    def children(self):
        """(pid, state) of every child that runs `practice`."""
        found = []
        for p in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                stat = (p / "stat").read_text()
                if int(stat.rpartition(")")[2].split()[1]) == self.server.process.pid:
                    found.append((int(p.name), stat.rpartition(")")[2].split()[0], (p / "cmdline").read_bytes()))
            except (OSError, ValueError):
                continue
        return [(pid, state) for pid, state, cmd in found if state == "Z" or b"practice" in cmd]

    def board(self):
        return self.supervisor.ok("GET", "/api/v1/board")


def talking(demo):
    status, board = demo.supervisor.get("/api/v1/board")[:2]  # 503 while the floor is starting
    return sum(t["state"] in ("talking", "ringing") for t in board["agents"]) if status == 200 else 0


def test_a_killed_practice_is_buried_told_and_started_again():
    demo = Demo().start()
    try:
        def calls():
            """simulated agents talk"""
            return talking(demo) >= 2

        hj.wait_for(calls, 90)
        assert demo.board()["alarms"] == []
        first = demo.children()[0][0]
        os.kill(first, signal.SIGKILL)
        killed = time.time()

        def another():
            """a new child runs and the old one is no zombie"""
            now = demo.children()
            return len(now) == 1 and now[0][0] != first and now[0][1] != "Z"

        hj.wait_for(another, 30)
        alarm = demo.board()["alarms"]
        assert [a["kind"] for a in alarm] == ["practice"] and "signal 9" in alarm[0]["text_en"], alarm
        assert "模拟" in alarm[0]["text_zh"] and abs(alarm[0]["since_utc_ms"] / 1000 - killed) < 30, alarm
        assert '"area":"practice"' in demo.server.log_path.read_text(), "the log says nothing"

        # A second death at once waits longer: the program does not spin.
        second = demo.children()[0][0]
        os.kill(second, signal.SIGKILL)
        again = time.monotonic()
        hj.wait_for(lambda: demo.children() and demo.children()[0][0] not in (first, second) and demo.children()[0][1] != "Z", 30)
        assert time.monotonic() - again >= 1.9, "the second wait is not longer than the first"

        def calls_again():
            """simulated agents talk with the new child's customers"""
            return talking(demo) >= 2

        hj.wait_for(calls_again, 150)
        assert demo.server.stop() == 0
        assert demo.children() == []
    finally:
        demo.server.close()


if __name__ == "__main__":
    hj.run(globals())
