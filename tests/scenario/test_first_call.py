#!/usr/bin/env python3
"""One call from a list to a judged recording, on the real program with real voice on loopback."""
import json
import os
import pathlib
import subprocess

import hj
import wav
from company import Company, numbers, PASSWORD

ROWS = [(f"王客户{i}", n) for i, n in enumerate(numbers(6))]
PLANTED = "13900000003"


def calls_of(manager, outcome=None):
    items = manager.ok("GET", "/api/v1/calls?size=100")["items"]
    return [c for c in items if outcome in (None, c["outcome"])]


def score_a2(c, call):
    """8.5 of 10 under A2, by the inspector."""
    review = c.inspector.ok("POST", f"/api/v1/calls/{call}/reviews", {"form_key": "a2"})
    form = c.inspector.ok("GET", "/api/v1/scorecards/a2")
    items = [i for s in form["sections"] for i in s["items"] if i["points_centi"] >= 100][:2]
    body = {"items": [{"item_key": items[0]["key"], "deduct_centi": 100, "from_ms": 1000, "to_ms": 2500, "remark": "未核实本人"},
                      {"item_key": items[1]["key"], "deduct_centi": 50, "remark": "语速偏快"}], "fatal": [], "remark": "先听完"}
    got = c.inspector.ok("PUT", f"/api/v1/reviews/{review['id']}", body)
    assert got["score_centi"] == 850 and got["max_centi"] == 1000, got
    assert got["verdict"] == "fail" and got["short_by_centi"] == 50, got
    c.inspector.ok("POST", f"/api/v1/reviews/{review['id']}/submit")


def figure_opens_as_many(manager, key):
    day = manager.ok("GET", "/api/v1/figures?period=day&by=agent")
    total = day["total"][key]
    listed = manager.ok("GET", f"/api/v1/calls?figure={key}&period=day&date={day['from']}&size=100")
    assert listed["total"] == total, f"{key}: the figure says {total}, its list {listed['total']}"
    return total


def test_list_to_judged_recording():
    c = Company(agents=2)
    try:
        c.start().staff(phones=True).line().open_hours()
        campaign = c.campaign()
        done = c.import_list(ROWS, campaign)
        assert done["counts"]["new"] == len(ROWS), done["counts"]
        c.start_practice(agents=["1001", "1002"])
        c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/start")

        def finished():
            """three calls are talked through and saved"""
            return len([x for x in calls_of(c.manager, "answered") if x["result"]]) >= 3

        hj.wait_for(finished, 180)
        call = [x for x in calls_of(c.manager, "answered") if x["result"] and x["recording"]][0]
        data = c.manager.ok("GET", f"/api/v1/calls/{call['id']}/recording.wav")
        rate, (left, right) = wav.read(data)
        assert wav.seconds_of_sound(left, rate) > 0.2, "the customer is not on the left"
        assert wav.seconds_of_sound(right, rate) > 0.2, "the agent is not on the right"
        card = c.manager.ok("GET", f"/api/v1/calls/{call['id']}")
        assert card["attempt"]["verdict"] == "ok", card["attempt"]
        score_a2(c, call["id"])
        scored = [x for x in calls_of(c.manager) if x["id"] == call["id"]][0]
        assert scored["score_centi"] == 850 and scored["verdict"] == "fail", scored
        for key in ("dialed", "connected"):
            assert figure_opens_as_many(c.manager, key) >= 3
        c.stop_practice()
        log = c.server.log_path.read_text() + c.server.stdout()
        assert PLANTED not in log and PLANTED[3:] not in log, "a number stands in the log in clear"
    finally:
        c.close()


def test_browser_agent_talks_and_is_recorded():
    """The agent is Chromium; his voice is a 1000 Hz tone with pauses, in which the customer speaks."""
    c = Company(weights={"answer": 1})
    try:
        c.start().staff().line().open_hours()
        campaign = c.campaign()
        c.import_list(ROWS[:2], campaign)
        c.start_practice()
        c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/start")
        tone = c.folder / "tone.wav"
        subprocess.run(["sox", "-n", "-r", "48000", "-c", "1", "-b", "16", str(tone), "synth", "1.5", "sine", "1000", "vol", "0.5",
                        "pad", "0", "3.5", "repeat", "5"],
                       check=True)
        env = {**os.environ, "HUJIAO_URL": c.url, "JOB_NO": "1001", "PASSWORD": PASSWORD, "TONE": str(tone),
               "SHOT": str(c.folder / "desk.png")}
        out = subprocess.run([str(hj.ROOT / "web/run-node"), "e2e/agent.mjs"], cwd=hj.ROOT / "web", env=env, timeout=240,
                             capture_output=True, text=True)
        assert out.returncode == 0, out.stdout[-1500:] + out.stderr[-1500:]
        bytes_seen = json.loads(out.stdout.strip().splitlines()[-1])
        assert bytes_seen["planted"] == 0, "a number reached the browser in clear"
        call = hj.wait_for(lambda: [x for x in calls_of(c.manager, "answered") if x["result"] and x["recording"]])[0]
        assert call["result"] == "interested" and call["grade"] == "A", call
        rate, (left, right) = wav.read(c.manager.ok("GET", f"/api/v1/calls/{call['id']}/recording.wav"))
        assert wav.tone_share(right, 1000, rate) > 0.8, f"tone in the right channel: {wav.tone_share(right, 1000, rate):.2f}"
        assert wav.tone_share(left, 1000, rate) < 0.2, "the agent's tone is in the customer's channel"
        assert wav.seconds_of_sound(left, rate) > 0.2, "the customer is not on the left"
    finally:
        c.close()


if __name__ == "__main__":
    hj.run(globals())
