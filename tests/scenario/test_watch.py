#!/usr/bin/env python3
"""What those see who watch the program: /metrics and /healthz of the real one, with calls."""
import os
import signal
import threading
import time

import company
import hj
import prometheus
from test_api_door import Program
from test_floor_call import desk_is

TOKEN = "a long token of nobody"
NUMBER = company.numbers(1)[0]


def figures(browser, **headers):
    status, body, answer = browser.get("/metrics", headers=headers)
    assert status == 200, (status, body)
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4"), answer["Content-Type"]
    return prometheus.read(body.decode()), body.decode()


def test_figures_are_well_formed_and_count_what_happens():
    with Program() as p:
        browser = p.admin()
        before, _ = figures(browser)
        for _ in range(5):
            browser.get("/api/v1/me")
        browser.get("/api/v1/nothing")
        after, text = figures(browser)
        grew = prometheus.value(after, "hujiao_http_requests_total", **{"class": "read", "status": "2xx"}) - prometheus.value(
            before, "hujiao_http_requests_total", **{"class": "read", "status": "2xx"})
        assert grew >= 5, grew
        assert prometheus.value(after, "hujiao_http_requests_total", **{"class": "other", "status": "4xx"}) >= 1
        assert prometheus.value(after, "hujiao_writer_commits_total") > 0
        assert prometheus.value(after, "hujiao_writer_latency_seconds", lane="normal") > 0
        assert prometheus.value(after, "hujiao_loop_late_seconds", loop="signalling") > 0
        assert prometheus.value(after, "hujiao_loop_answers") == 1
        assert 0 < prometheus.value(after, "process_open_fds") < prometheus.value(after, "process_max_fds")
        assert abs(prometheus.value(after, "process_start_time_seconds") - time.time()) < 600
        assert 0 < prometheus.value(after, "process_cpu_seconds_total") < 600
        assert prometheus.value(after, "process_resident_memory_bytes") > 1e6
        assert 'hujiao_build_info{version="' in text


def test_figures_are_not_for_strangers():
    with Program() as p:
        browser = p.admin()
        stranger = hj.Http(p.url)
        # A proxy on this machine is no reason to trust whoever stands behind it.
        for mark in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
            status, problem, _ = stranger.get("/metrics", headers={mark: "203.0.113.9"})
            assert (status, problem["code"]) == (403, "metrics"), problem
        browser.ok("PUT", "/api/v1/settings", {"values": {"metrics_token": TOKEN}})
        far = {"X-Forwarded-For": "203.0.113.9"}
        for auth in ("Bearer", "Bearer ", "Bearer set", f"Bearer {TOKEN} ", f"Basic {TOKEN}", f"Bearer {TOKEN[:-1]}"):
            assert stranger.get("/metrics", headers={**far, "Authorization": auth})[0] == 403, auth
        figures(stranger, **far, Authorization=f"Bearer {TOKEN}")
        shown = {s["name"]: s for s in browser.ok("GET", "/api/v1/settings")["items"]}["metrics_token"]
        assert (shown["type"], shown["value"]) == ("secret", "set"), shown
        audit = str(browser.ok("GET", "/api/v1/audit?action=settings"))
        assert "metrics_token" in audit and TOKEN not in audit
        for bad in ("short", 7, None, "x" * 129):
            assert browser.call("PUT", "/api/v1/settings", {"values": {"metrics_token": bad}})[0] == 400, bad
        browser.ok("PUT", "/api/v1/settings", {"values": {"metrics_token": ""}})
        assert stranger.get("/metrics", headers={**far, "Authorization": f"Bearer {TOKEN}"})[0] == 403
        p.server.stop()
        assert TOKEN not in p.server.log_path.read_text(errors="replace")


def talking(c):
    """A call by hand in progress; (agent, call id)."""
    c.start().staff(phones=True).open_hours().line().start_practice()
    campaign = c.campaign(mode="manual")
    c.import_list([("张先生", NUMBER)], campaign)
    c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/start")
    a = c.agents[0]

    def listed():
        """the customer is on the agent's work list"""
        return a.ok("GET", f"/api/v1/worklist?campaign_id={campaign}")["items"]

    row = hj.wait_for(listed)[0]

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
    hj.wait_for(desk_is(a, "talking"))
    return a, call


def test_a_call_is_seen_while_it_lasts_and_nobody_is_named():
    c = company.Company()
    try:
        a, call = talking(c)
        f, text = figures(c.admin)
        assert prometheus.value(f, "hujiao_calls", state="talking") == 1, text
        assert prometheus.value(f, "hujiao_agent_states", state="talking") == 1
        assert prometheus.value(f, "hujiao_agents", status="ready") == 1
        assert prometheus.value(f, "hujiao_stations", state="up") == 1
        assert prometheus.value(f, "hujiao_recordings_open") == 1
        assert prometheus.value(f, "hujiao_trunk_calls") == 1 and prometheus.value(f, "hujiao_trunk_up") == 1
        assert prometheus.value(f, "hujiao_calls_started_total", direction="out") >= 1

        def heard():
            """speech is received and written"""
            now, _ = figures(c.admin)
            return prometheus.value(now, "hujiao_recorder_late_seconds") > 0 and prometheus.value(
                now, "hujiao_rtp_packets_total", what="in") > prometheus.value(f, "hujiao_rtp_packets_total", what="in")

        hj.wait_for(heard)
        a.ok("POST", f"/api/v1/calls/{call}/hangup")

        def over():
            """the line is free again"""
            now, _ = figures(c.admin)
            return prometheus.value(now, "hujiao_trunk_calls") == 0 and prometheus.value(now, "hujiao_recordings_open") == 0

        hj.wait_for(over)
        _, text = figures(c.admin)
        for secret in (NUMBER, NUMBER[3:], "张先生", "测试1001", company.CALLER[3:], "模拟线路"):
            assert secret not in text, secret
    finally:
        c.close()


def test_health_says_why_it_is_not_ready():
    with Program() as p:
        browser = p.admin()
        status, health, _ = browser.get("/healthz")
        assert (status, health) == (200, {"ok": True, "live": True, "ready": True, "reasons": []}), health
        browser.ok("PUT", "/api/v1/settings", {"values": {"disk_min_mb": 1000000}})
        status, health, _ = browser.get("/healthz")
        assert status == 503 and [r["code"] for r in health["reasons"]] == ["disk"] and health["live"], health
        assert browser.get("/healthz?live=true")[0] == 200
        browser.ok("PUT", "/api/v1/settings", {"values": {"disk_min_mb": 100}})
        assert browser.get("/healthz")[0] == 200


def test_a_loop_that_hangs_is_told():
    """SIGSTOP of one thread is not possible; the whole process is stopped and looked at right after it goes on."""
    with Program() as p:
        browser = p.admin()
        os.kill(p.server.process.pid, signal.SIGSTOP)
        answers = []
        asking = threading.Thread(target=lambda: answers.append(hj.Http(p.url).get("/healthz", timeout=60)))
        asking.start()
        time.sleep(2.5)
        os.kill(p.server.process.pid, signal.SIGCONT)
        asking.join(60)
        assert answers and answers[0][0] in (200, 503)

        def well():
            """it is well again"""
            return browser.get("/healthz")[0] == 200

        hj.wait_for(well)
        late = prometheus.read(browser.get("/metrics")[1].decode())["hujiao_loop_late_seconds"]["series"]
        slow = [v for n, has, v in late if n.endswith("_bucket") and has["loop"] == "signalling" and has["le"] in ("1", "+Inf")]
        assert slow[1] > slow[0], late


if __name__ == "__main__":
    hj.run(globals())
