#!/usr/bin/env python3
"""The HTTP door as an attacker meets it: raw sockets, guesses, slow requests, probes, floods, headers."""
import contextlib
import http.client
import json
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import time

import hj
import prometheus
from test_api_door import PASSWORD, Https, Program, make_certificate

STRANGER = "127.0.0.66"
NUMBER = "13800005678"


def ask(p, method, path, body=None, headers=None, source=STRANGER, origin=None):
    """One request from another address; (status, value, headers)."""
    c = http.client.HTTPConnection("127.0.0.1", p.port, timeout=30, source_address=(source, 0))
    with contextlib.closing(c):
        h = {"Origin": origin or p.url, **(headers or {})}
        if body is not None:
            h["Content-Type"] = "application/json"
        c.request(method, path, json.dumps(body) if body is not None else None, h)
        r = c.getresponse()
        data = r.read()
        return r.status, json.loads(data) if "json" in (r.getheader("Content-Type") or "") and data else data, r.headers


def figure(p, name, **labels):
    return prometheus.value(prometheus.read(hj.Http(p.url).get("/metrics")[1].decode()), name, **labels)


def test_who_probes_is_shut_out_and_who_works_goes_on():
    with Program() as p:
        admin = p.admin()
        cookie = "; ".join(f"{c.name}={c.value}" for c in admin.jar)
        codes = [ask(p, "GET", f"/wp-login{i}.php")[0] for i in range(80)]
        assert codes[0] == 404 and codes[-1] == 429, codes[-3:]
        status, problem, headers = ask(p, "POST", "/api/v1/login", {"job_no": "admin", "password": PASSWORD})
        assert (status, problem["code"]) == (429, "shut_out") and int(headers["Retry-After"]) > 200, problem
        # a colleague behind the same address, logged in, works on
        assert ask(p, "GET", "/api/v1/me", headers={"Cookie": cookie})[0] == 200
        # and one who has logged in to this account from this browser before may do so again
        device = next(f"{c.name}={c.value}" for c in admin.jar if c.name.endswith("device"))
        assert ask(p, "POST", "/api/v1/login", {"job_no": "admin", "password": "wrong"}, {"Cookie": device})[0] == 401
        assert ask(p, "POST", "/api/v1/login", {"job_no": "admin", "password": "x"}, {"Cookie": "hujiao_device=AAAA.BBBB"})[0] == 429
        bans = admin.ok("GET", "/api/v1/bans")["items"]
        assert [(b["door"], b["addr"], b["why"]) for b in bans] == [("http", STRANGER, "probe")], bans
        assert figure(p, "hujiao_bans", door="http") == 1
        admin.ok("POST", "/api/v1/bans/lift", {"addr": STRANGER})
        assert ask(p, "GET", "/nothing.php")[0] == 404


def test_guessing_over_many_accounts_makes_the_address_wait():
    with Program() as p:
        p.admin()
        codes = []
        for i in range(40):
            codes.append(ask(p, "POST", "/api/v1/login", {"job_no": f"{1000 + i}", "password": "summer2026!!"})[1]["code"])
        assert codes[0] == "login_wrong" and codes[-1] == "login_wait", codes
        # from elsewhere nobody waits
        assert ask(p, "POST", "/api/v1/login", {"job_no": "1001", "password": "x"}, source="127.0.0.67")[1]["code"] == "login_wrong"
        assert figure(p, "hujiao_logins_total", result="wrong") >= 30
        assert figure(p, "hujiao_logins_total", result="slowed") >= 1


def test_requests_that_do_not_come_lose_their_connection():
    """Deadlines are minutes: what is looked at here is that a slow body is cut and its connection counted."""
    with Program() as p:
        p.admin()
        with socket.create_connection(("127.0.0.1", p.port)) as s:
            s.sendall((f"POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1:{p.port}\r\nOrigin: {p.url}\r\n"
                       "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n").encode())
            s.settimeout(0.2)
            end, cut = time.monotonic() + 120, False
            while time.monotonic() < end and not cut:  # a byte a second, for as long as it is let
                time.sleep(1)
                try:
                    s.sendall(b" ")
                    cut = s.recv(100) == b""
                except TimeoutError:
                    continue
                except OSError:
                    cut = True
        assert cut
        assert figure(p, "hujiao_http_slow_closed_total") == 1


def test_one_session_cannot_ask_without_end():
    with Program() as p:
        admin = p.admin()
        admin.ok("PUT", "/api/v1/settings", {"values": {"http_per_s": 10}})
        cookie = "; ".join(f"{c.name}={c.value}" for c in admin.jar)
        c = http.client.HTTPConnection("127.0.0.1", p.port, timeout=30)
        codes = []
        for _ in range(400):
            c.request("GET", "/api/v1/me", headers={"Cookie": cookie})
            r = c.getresponse()
            r.read()
            codes.append(r.status)
            if r.status == 429:
                assert r.getheader("Retry-After") == "1"
                break
        assert 429 in codes and codes[0] == 200, codes[-5:]

        def again():
            """after a moment it goes on"""
            return admin.get("/api/v1/me")[0] == 200

        hj.wait_for(again)


def test_every_answer_carries_the_headers_and_tells_nothing():
    with Program() as p:
        admin = p.admin()
        seen = [admin.get(path) for path in ("/", "/api/v1/me", "/api/v1/nothing", "/healthz", "/nothing.js", "/openapi.json")]
        seen.append(admin.call("POST", "/api/v1/units", raw=b"{", headers={"Content-Type": "application/json"}))
        for _, body, h in seen:
            assert h["X-Content-Type-Options"] == "nosniff" and h["X-Frame-Options"] == "DENY"
            for part in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"):
                assert part in h["Content-Security-Policy"], part
            assert "unsafe-eval" not in h["Content-Security-Policy"] and "script-src" not in h["Content-Security-Policy"]
            assert h["Referrer-Policy"] == "same-origin" and h["Cross-Origin-Opener-Policy"] == "same-origin"
            assert "camera=()" in h["Permissions-Policy"] and h["X-Request-Id"]
            assert not h.get("Server") and not h.get("X-Powered-By") and not h.get("Access-Control-Allow-Origin")
            if isinstance(body, dict) and "openapi" in body:
                continue  # the interface's own description names engines and words of the field
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            assert not re.search(rb"/home/|/tmp/|/usr/|\.c:\d|SELECT |sqlite|errno", text), text[:200]
        for path in ("/api/v1/me", "/healthz", "/api/v1/people"):
            assert admin.get(path)[2]["Cache-Control"] == "no-store", path


def test_methods_that_are_not_served_are_refused():
    with Program() as p:
        p.admin()
        for method in ("TRACE", "CONNECT", "OPTIONS", "PROPFIND", "DEBUG"):
            with socket.create_connection(("127.0.0.1", p.port), timeout=10) as s:
                s.sendall(f"{method} /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1:{p.port}\r\nConnection: close\r\n\r\n".encode())
                answer = s.recv(65536)
                assert answer == b"" or re.match(rb"HTTP/1\.1 (4\d\d|501)", answer), (method, answer[:40])
                assert b"Access-Control" not in answer


def test_https_takes_modern_tls_only_and_says_so():
    tls = pathlib.Path(tempfile.mkdtemp(prefix="hujiao-tls-"))
    try:
        make_certificate(tls)
        with Program("--set", "https=on", "--set", f"tls_cert={tls}/server.crt", "--set", f"tls_key={tls}/server.key", url="https") as p:
            admin = p.admin(lambda url: Https(url, tls / "ca.crt"))
            h = admin.get("/api/v1/me")[2]
            assert "max-age=31536000" in h["Strict-Transport-Security"]
            names = {c.name for c in admin.jar}
            assert names == {"__Host-hujiao", "__Host-hujiao_device"} and all(c.secure and c.path == "/" for c in admin.jar), names
            for version, works in (("-tls1", False), ("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
                got = subprocess.run(["openssl", "s_client", version, "-cipher", "ALL:@SECLEVEL=0", "-connect", f"127.0.0.1:{p.port}",
                                      "-CAfile", tls / "ca.crt"], input=b"", capture_output=True, timeout=30, check=False).stdout
                assert (b"Verify return code: 0" in got and b"Cipher is (NONE)" not in got) == works, (version, got[-300:])
            for weak in ("RC4", "3DES", "NULL", "aNULL", "EXPORT", "MD5"):
                got = subprocess.run(["openssl", "s_client", "-tls1_2", "-cipher", f"{weak}:@SECLEVEL=0", "-connect",
                                      f"127.0.0.1:{p.port}"], input=b"", capture_output=True, timeout=30, check=False).stdout
                assert b"Cipher is (NONE)" in got or b"New, " not in got, weak
    finally:
        shutil.rmtree(tls, ignore_errors=True)


def test_passwords_are_checked_against_the_list_and_the_length_setting():
    with Program() as p:
        admin = p.admin()

        def change(new):
            status, problem, _ = admin.post("/api/v1/password", {"old": PASSWORD, "new": new})
            return problem["code"] if status != 204 else status

        assert change("short pass") == "password_short"
        assert change("password1234") == "password_common"
        assert change("123456789012") == "password_weak"
        admin.ok("PUT", "/api/v1/settings", {"values": {"password_min": 20}})
        assert change("nineteen characters") == "password_short"
        assert change("twenty characters !!") == 204
        # paste-friendly and long: 100 characters with spaces and Chinese
        admin.ok("POST", "/api/v1/password", {"old": "twenty characters !!", "new": "胡椒 " * 30})


def test_where_urls_are_settings_no_scheme_or_control_character_gets_through():
    with Program() as p:
        admin = p.admin()
        for host in ("http://169.254.169.254/", "a b", "x\r\nVia: y", "h;transport=tls", "<x>", "x@y"):
            status, _, _ = admin.call("POST", "/api/v1/trunks", {"name": "x", "host": host, "port": 5060, "enabled": False})
            assert status == 400, host


def test_the_log_level_changes_while_running_and_no_number_is_in_any_line():
    with Program("--set", "log_level=info") as p:
        admin = p.admin()
        sip = int(next(a.split("=")[1] for a in p.server.args if a.startswith("sip_port=")))
        admin.ok("PUT", "/api/v1/settings", {"values": {"log_level": "error"}})
        quiet = len(p.server.log_path.read_text())
        admin.get("/api/v1/me")
        assert len(p.server.log_path.read_text()) - quiet < 400
        admin.ok("PUT", "/api/v1/settings", {"values": {"log_level": "debug"}})
        admin.ok("POST", "/api/v1/trunks", {"name": f"线路 {NUMBER}", "host": "127.0.0.1", "port": hj.free_port(), "user": NUMBER,
                                            "domain": f"{NUMBER}.example", "options_s": 1, "enabled": True})
        names = ("From", "To", "Contact", "Call-ID", "Via", "Subject", "P-Asserted-Identity", "Remote-Party-ID", "Diversion", "History-Info",
                 "Refer-To", "Reply-To", "Authorization", "User-Agent", "X-Number", "Route", "Record-Route", "Reason", "Content-Type",
                 "CSeq", "Max-Forwards", "Require", "Supported", "Warning", "Alert-Info", "Date")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for source_known in (True, False):
                s2 = s if source_known else socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                if not source_known:
                    s2.bind((STRANGER, 0))
                for name in names:
                    base = {"Via": "SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKq", "From": "<sip:a@127.0.0.1>;tag=1", "To": "<sip:b@127.0.0.1>",
                            "Call-ID": f"{name}@x", "CSeq": "1 INVITE", "Contact": "<sip:a@127.0.0.1:9>", "Max-Forwards": "70"}
                    base[name] = f"<sip:{NUMBER}@127.0.0.1>;{NUMBER}={NUMBER}" if name not in ("CSeq", "Via") else f"{NUMBER} {NUMBER}"
                    head = "".join(f"{k}: {v}\r\n" for k, v in base.items())
                    body = f"v=0\r\no={NUMBER} 1 1 IN IP4 127.0.0.1\r\ns={NUMBER}\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {NUMBER} RTP/AVP 8\r\n"
                    for method in ("INVITE", "BYE", "REFER", "MESSAGE", NUMBER):
                        s2.sendto(f"{method} sip:{NUMBER}@127.0.0.1 SIP/2.0\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}".encode(),
                                  ("127.0.0.1", sip))
                if not source_known:
                    s2.close()
        stranger = hj.Http(p.url)
        stranger.get(f"/api/v1/link?token={NUMBER}")
        stranger.get(f"/{NUMBER}.php?{NUMBER}={NUMBER}", headers={"Referer": f"http://x/{NUMBER}", "User-Agent": NUMBER, "X-N": NUMBER})
        stranger.post("/api/v1/login", {"job_no": NUMBER, "password": NUMBER}, headers={"Cookie": f"hujiao={NUMBER}"})
        stranger.call(NUMBER, f"/{NUMBER}")
        admin.post("/api/v1/customers", {"name": NUMBER, "phone": NUMBER, NUMBER: NUMBER})
        admin.get(f"/api/v1/customers?q={NUMBER}&{NUMBER}=1")
        admin.call("POST", f"/api/v1/imports?file_name={NUMBER}.csv", raw=f"{NUMBER},{NUMBER}\n".encode())
        time.sleep(1)
        p.server.stop()
        log = p.server.log_path.read_text(errors="replace")
        bad = [line for line in log.splitlines() if NUMBER in line]
        assert not bad, bad[:5]
        lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
        requests = [line for line in lines if line["event"] == "request"]
        assert requests and all(line["id"] for line in requests)


if __name__ == "__main__":
    hj.run(globals())
