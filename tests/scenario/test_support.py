#!/usr/bin/env python3
"""`hujiao support` beside the real server: everything planted with numbers, names and secrets, and none of it in the file."""
import json
import pathlib
import subprocess
import tarfile
import tempfile

import hj
import prometheus
from test_api_door import PASSWORD, Program

NUMBER, NAME, TEAM, SECRET, TOKEN = "13800005678", "欧阳震华", "东区突击队", "swordfish-line-secret", "a-very-long-metrics-token"


def members(path):
    with tarfile.open(path) as t:
        assert all(m.name.startswith("hujiao-support/") and m.isfile() for m in t.getmembers())
        return {m.name.split("/")[1]: t.extractfile(m).read().decode(errors="replace") for m in t.getmembers()}


def gather(p, *more):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hujiao-support-", dir=p.folder))
    to = folder / "support.tar.gz"
    args = [a for a in p.server.args[2:] if a not in ("--drain", "1")]
    got = subprocess.run([hj.BINARY, "support", "--to", to, "--log", p.server.log_path, *args, *more], capture_output=True, text=True,
                         timeout=120, check=False)
    assert got.returncode == 0, got.stderr
    assert to.stat().st_mode & 0o777 == 0o600
    return members(to)


def plant(p):
    admin = p.admin()
    unit = admin.ok("GET", "/api/v1/units")["items"][0]["id"]
    admin.ok("POST", "/api/v1/units", {"name": TEAM, "kind": "team", "parent_id": unit})
    admin.ok("POST", "/api/v1/people", {"job_no": "1001", "name": NAME, "role": "agent", "unit_id": unit, "station_kind": "web"})
    admin.ok("POST", "/api/v1/trunks", {"name": f"线路{NAME}{NUMBER}", "host": "127.0.0.1", "port": hj.free_port(), "user": NUMBER,
                                        "secret": SECRET, "domain": f"{NUMBER}.example", "options_s": 1, "enabled": True})
    admin.ok("PUT", "/api/v1/settings", {"values": {"company_name": NAME, "metrics_token": TOKEN}})
    admin.post("/api/v1/customers", {"name": NAME, "phone": NUMBER})
    admin.get(f"/api/v1/customers?q={NUMBER}")
    for who in (NUMBER, NAME):
        hj.Http(p.url).post("/api/v1/login", {"job_no": who, "password": SECRET})
    with open(p.server.log_path, "a", encoding="utf-8") as log:  # a line that should never be, and is
        log.write(json.dumps({"level": "error", "event": "planted", "why": f"trunk {NAME} of {TEAM}, {NUMBER} +86{NUMBER}"}, ensure_ascii=False, separators=(",", ":")) + "\n")


def test_everything_asked_for_and_nothing_that_must_not_leave():
    with Program() as p:
        plant(p)
        got = gather(p)
        for name in ("about.txt", "config.txt", "settings.json", "trunks.jsonl", "sizes.txt", "health.json", "metrics.txt", "processes.txt",
                     "log.jsonl", "errors.jsonl"):
            assert got.get(name), name
        key = (p.folder / "data" / "master.key").read_text().strip()
        for name, text in got.items():
            for planted in (NUMBER, NUMBER[3:], NAME, TEAM, SECRET, TOKEN, PASSWORD, key, "测试公司"):
                assert planted not in text, (name, planted, text[max(0, text.find(planted) - 80):][:200])
        assert "version " in got["about.txt"] and "== /proc/meminfo" in got["about.txt"]
        assert "database = " in got["config.txt"] and "sip_port = " in got["config.txt"]
        settings = json.loads(got["settings.json"])
        assert settings["zone"] == "Asia/Shanghai" and settings["metrics_token"] == "set" and settings["company_name"] == "(hidden)"
        trunk = json.loads(got["trunks.jsonl"])
        assert trunk["config"]["host"] == "127.0.0.1" and "secret" not in trunk["config"]
        assert "rows person 2" in got["sizes.txt"] and "free bytes " in got["sizes.txt"]
        assert json.loads(got["health.json"])["live"] is True
        families = prometheus.read(got["metrics.txt"])
        assert prometheus.value(families, "hujiao_loop_answers") == 1
        assert "Max open files" in got["processes.txt"] and "http-worker" in got["processes.txt"]
        assert '"event":"request"' in got["log.jsonl"] and "planted" in got["errors.jsonl"] and '"info"' not in got["errors.jsonl"]


def test_it_works_without_a_server_and_without_a_database():
    with Program(), Program() as p:  # a server of somebody else's folder is not this one
        plant(p)
        p.server.stop()
        got = gather(p)
        assert "does not answer" in got["metrics.txt"] and "no server runs" in got["processes.txt"]
        assert "rows person 2" in got["sizes.txt"]
        (p.folder / "data" / "hujiao.db").write_bytes(b"this is no database" * 100)
        for more in ("-wal", "-shm"):
            (p.folder / "data" / f"hujiao.db{more}").unlink(missing_ok=True)
        got = gather(p)
        assert NUMBER not in got["log.jsonl"] and "Linux" in got["about.txt"]


def test_a_file_that_is_there_is_not_written_over():
    with Program() as p:
        p.admin()
        there = p.folder / "there.tar.gz"
        there.write_text("mine")
        args = [a for a in p.server.args[2:] if a not in ("--drain", "1")]
        got = subprocess.run([hj.BINARY, "support", "--to", there, *args], capture_output=True, text=True, timeout=120, check=False)
        assert got.returncode == 1 and there.read_text() == "mine", got


if __name__ == "__main__":
    hj.run(globals())
