#!/usr/bin/env python3
"""`hujiao pace --stdio` as a simulator meets it: a line asked, a line answered, nonsense named."""
import subprocess

import hj

HEAD = "H 1 tick_ms=100 trunks=12 cps=20 deadline_ms=2000 ring_timeout_ms=25000 min_ring_ms=15000 max_agents=5 max_abandon=0.03"


class Pace:
    def __init__(self, head=HEAD):
        self.process = subprocess.Popen([str(hj.BINARY), "pace", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.say(head)

    def say(self, *lines):
        self.process.stdin.write("".join(line + "\n" for line in lines))
        self.process.stdin.flush()

    def ask(self, at_ms):
        self.say(f"T {at_ms}")
        start, *back = (int(w) for w in self.process.stdout.readline().split())
        return start, back

    def end(self, last="Q"):
        _, errors = self.process.communicate(last + "\n")
        return self.process.returncode, errors


def test_agents_who_are_ready_get_calls_and_lines_are_never_passed():
    pace, out, next_id, most = Pace(), {}, 0, 0
    pace.say(*(f"A 0 {i} IDLE" for i in range(5)))
    for tick in range(6000):  # ten minutes in which nobody answers
        now = tick * 100
        for call, since in list(out.items()):
            if now - since == 1000:
                pace.say(f"C {now} {call} RING")
            elif now - since == 26000:
                pace.say(f"C {now} {call} NOANSWER")
                del out[call]
        start, back = pace.ask(now)
        for call in back:
            assert now - out[call] >= 1000 + 15000, f"call {call} was taken back before it had rung 15 s"
            pace.say(f"C {now} {call} CANCELLED")
            del out[call]
        for _ in range(start):
            pace.say(f"C {now} {next_id} DIAL")
            out[next_id] = now
            next_id += 1
        most = max(most, len(out))
        assert len(out) <= 12, f"{len(out)} calls on 12 lines"
    assert pace.end() == (0, "")
    assert most > 5, "nobody answers, and still nobody was dialed ahead"
    assert next_id > 60


def test_a_line_that_is_none_is_named():
    for line in ("X 1 2", "A 0 9 IDLE", "A 0 1 ASLEEP", "C 5 17 RING", "T"):
        code, errors = Pace().end(line)
        assert code == 1 and errors.startswith("hujiao: "), (line, code, errors)
    code, errors = Pace("H 1 tick_ms=0").end()
    assert code == 1 and "pacing settings" in errors, errors


hj.run(globals())
