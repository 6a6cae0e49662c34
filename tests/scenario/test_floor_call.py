#!/usr/bin/env python3
"""One call on the real program, by hand, with a desk phone: everything an agent does in it, and what it leaves."""
import time

import company
import hj


def desk_is(agent, state):
    def look():
        desk = agent.ok("GET", "/api/v1/desk")
        return desk if desk["state"] == state else None
    look.__doc__ = f"the desk is {state}"
    return look


def test_an_agent_calls_by_hand_and_everything_is_kept():
    c = company.Company()
    try:
        c.start().staff(phones=True).open_hours().line().start_practice()
        campaign = c.campaign(mode="manual")
        c.import_list([("张先生", company.numbers(1)[0])], campaign)
        c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/start")
        a = c.agents[0]

        def listed():
            """the customer is on the agent's work list"""
            return a.ok("GET", f"/api/v1/worklist?campaign_id={campaign}")["items"]

        row = hj.wait_for(listed)[0]
        assert row["number"].count("*") == 4 and row["kind"] == "new"

        def chosen():
            """the floor knows the campaign"""
            return a.post("/api/v1/agent/campaign", {"campaign_id": campaign})[0] == 200

        hj.wait_for(chosen)
        a.ok("POST", "/api/v1/agent/status", {"status": "ready"})

        def up():
            """the desk phone is picked up"""
            return a.ok("GET", "/api/v1/desk")["station"]["state"] == "up"

        hj.wait_for(up)
        call = a.ok("POST", "/api/v1/calls/dial", {"customer_id": row["customer_id"], "task_id": row["task_id"],
                                                   "campaign_id": campaign})["call_id"]
        desk = hj.wait_for(desk_is(a, "talking"))
        assert desk["call"]["customer_name"] == "张先生" and desk["call"]["recording"]
        time.sleep(1.5)  # something to hear
        script = a.ok("GET", f"/api/v1/script?call_id={call}")
        assert "{工号}" not in script["steps"][0]["text"] and "1001" in script["steps"][0]["text"]
        for path, body in (("hold", {"on": True}), ("hold", {"on": False}), ("mute", {"on": True}), ("mute", {"on": False}),
                           ("digits", {"digits": "12#"}), ("flag", {"bit": 4, "on": True})):
            a.ok("POST", f"/api/v1/calls/{call}/{path}", body)
        status, problem, _ = a.post(f"/api/v1/calls/{call}/transfer", {"to": "supervisor"})
        assert status == 409 and problem["code"] == "transfer_nobody", problem
        board = c.supervisor.ok("GET", "/api/v1/board")
        tile = next(t for t in board["agents"] if t["job_no"] == "1001")
        assert tile["state"] == "talking" and tile["call"]["id"] == call
        a.ok("POST", f"/api/v1/calls/{call}/hangup")
        hj.wait_for(desk_is(a, "wrapup"))
        status, problem, _ = a.post(f"/api/v1/calls/{call}/result", {"code": "callback"})
        assert status == 400 and problem["code"] == "result_needs", problem
        desk = a.ok("POST", f"/api/v1/calls/{call}/result", {"code": "refused", "note": "不需要", "then": "next"})
        assert desk["state"] == "idle" and desk["status"] == "ready"
        assert a.post(f"/api/v1/calls/{call}/result", {"code": "refused"})[0] == 409
        a.ok("PUT", f"/api/v1/calls/{call}/result", {"code": "invalid", "reason": "按错了键"})

        def kept():
            """the call is in the list with its recording"""
            got = c.supervisor.ok("GET", f"/api/v1/calls/{call}")
            return got if got["result"] == "invalid" and got["recording"] else None

        got = hj.wait_for(kept)
        assert got["flags"] == 4 and got["talk_ms"] > 0, got
        status, wav, _ = c.supervisor.get(f"/api/v1/calls/{call}/recording.wav")
        assert status == 200 and wav[:4] == b"RIFF" and len(wav) > 8000
        status, problem, _ = a.post("/api/v1/calls/dial", {"customer_id": row["customer_id"], "campaign_id": campaign})
        assert status == 409 and problem["verdict"]["dialable"] is False, problem
        assert any(not x["ok"] for x in problem["verdict"]["checks"])
    finally:
        c.close()


if __name__ == "__main__":
    hj.run(globals())
