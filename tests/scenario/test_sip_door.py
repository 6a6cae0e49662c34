#!/usr/bin/env python3
"""Strangers at the telephone's door: scanners, guessed passwords, floods, and every trick by which an unknown party might get a
call out. The line's far end is a socket here, so a call that left would be seen."""
import contextlib
import pathlib
import re
import shutil
import socket
import subprocess
import threading
import time

import hj
import prometheus
from test_api_door import Program

LINE, STRANGER = "127.0.0.2", "127.0.0.66"
NUMBER = "13800005678"


class FarEnd(threading.Thread):
    """The carrier: answers OPTIONS and keeps everything else that arrives."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((LINE, 0))
        self.port = self.socket.getsockname()[1]
        self.got = []
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                data, peer = self.socket.recvfrom(65536)
                text = data.decode(errors="replace")
                if text.startswith("OPTIONS "):
                    keep = [line for line in text.split("\r\n") if re.match(r"(Via|From|To|Call-ID|CSeq):", line)]
                    self.socket.sendto(("\r\n".join(["SIP/2.0 200 OK", *keep, "Content-Length: 0", "", ""])).encode(), peer)
                else:
                    self.got.append(text)

    def close(self):
        self.socket.close()


@contextlib.contextmanager
def house(**settings):
    """The program with one line at LINE; strangers are whoever has another address."""
    far = FarEnd()
    try:
        with Program() as p:
            p.sip = int(next(a.split("=")[1] for a in p.server.args if a.startswith("sip_port=")))
            p.far, p.browser = far, p.admin()
            made = p.browser.ok("POST", "/api/v1/trunks", {
                "name": "线路", "host": LINE, "port": far.port, "options_s": 1, "max_calls": 5, "enabled": True})
            p.browser.ok("POST", f"/api/v1/trunks/{made['id']}/numbers", {"number": "+862155550000", "purpose": "marketing"})
            if settings:
                p.browser.ok("PUT", "/api/v1/settings", {"values": settings})

            def up():
                """the line is up"""
                return figure(p, "hujiao_trunk_up") == 1

            hj.wait_for(up)
            yield p
    finally:
        far.close()


def figure(p, name, **labels):
    families = prometheus.read(p.browser.get("/metrics")[1].decode())
    return prometheus.value(families, name, **labels) if families[name]["series"] else None


def message(method, port, uri=None, extra="", cseq=1, frm=None, to=None, tag="a", body="", via=STRANGER):
    uri = uri or f"sip:{NUMBER}@127.0.0.1"
    return (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {via}:5099;branch=z9hG4bK{time.monotonic_ns()}\r\nMax-Forwards: 70\r\n"
            f"From: {frm or f'<sip:1001@127.0.0.1>'};tag={tag}\r\nTo: {to or f'<{uri}>'}\r\nCall-ID: {time.monotonic_ns()}@x\r\n"
            f"CSeq: {cseq} {method}\r\nContact: <sip:1001@{via}:5099>\r\n{extra}Content-Type: application/sdp\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.66\r\ns=-\r\nc=IN IP4 127.0.0.66\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n")


def tricks(port, far_port):
    """(name, bytes): what toll thieves try."""
    line = f"sip:+862155550000@{LINE}"
    digest = ('Authorization: Digest username="1001", realm="hujiao", nonce="abc", uri="sip:127.0.0.1", '
              'response="0123456789abcdef0123456789abcdef", algorithm=MD5\r\n')
    yield "plain", message("INVITE", port, body=SDP)
    yield "from the line", message("INVITE", port, frm=f"<{line}>", body=SDP)
    yield "from and to the line", message("INVITE", port, frm=f"<{line}>", to=f"<{line}>", body=SDP)
    yield "identity of the line", message("INVITE", port, extra=f"P-Asserted-Identity: <{line}>\r\nRemote-Party-ID: <{line}>\r\n", body=SDP)
    yield "route through us", message("INVITE", port, uri=f"sip:{NUMBER}@{LINE}:{far_port}",
                                      extra=f"Route: <sip:127.0.0.1:{port};lr>, <sip:{LINE}:{far_port};lr>\r\n", body=SDP)
    yield "record-route", message("INVITE", port, extra=f"Record-Route: <sip:{LINE}:{far_port};lr>\r\n", body=SDP)
    yield "via of the line", message("INVITE", port, via=LINE, body=SDP)
    yield "received parameter", message("INVITE", port, extra="X: y\r\n", body=SDP).replace(
        b";branch", f";received={LINE};rport={far_port};branch".encode(), 1)
    yield "replaces", message("INVITE", port, extra="Replaces: 1@x;to-tag=a;from-tag=b\r\nRequire: replaces\r\n", body=SDP)
    yield "join", message("INVITE", port, extra="Join: 1@x;to-tag=a;from-tag=b\r\n", body=SDP)
    yield "refer", message("REFER", port, extra=f"Refer-To: <sip:{NUMBER}@{LINE}:{far_port}>\r\nReferred-By: <{line}>\r\n")
    yield "digest", message("INVITE", port, extra=digest, body=SDP)
    yield "digest again", message("INVITE", port, extra=digest, body=SDP, cseq=2)
    yield "proxy digest", message("INVITE", port, extra=digest.replace("Authorization", "Proxy-Authorization"), body=SDP)
    yield "diversion", message("INVITE", port, extra=f"Diversion: <{line}>;reason=unconditional\r\n", body=SDP)
    yield "anonymous", message("INVITE", port, frm='"Anonymous" <sip:anonymous@anonymous.invalid>',
                               extra="Privacy: id\r\n", body=SDP)
    yield "prefixes", message("INVITE", port, uri=f"sip:900{NUMBER}@127.0.0.1", body=SDP)
    yield "tel", message("INVITE", port, uri=f"tel:+86{NUMBER}", body=SDP)
    yield "maddr", message("INVITE", port, uri=f"sip:{NUMBER}@127.0.0.1;maddr={LINE}", body=SDP)
    yield "register", message("REGISTER", port, uri="sip:127.0.0.1", extra="Expires: 3600\r\n")
    yield "subscribe", message("SUBSCRIBE", port, extra="Event: dialog\r\n")
    yield "message", message("MESSAGE", port)
    yield "update", message("UPDATE", port, body=SDP)
    yield "bye", message("BYE", port)
    yield "ack", message("ACK", port)
    yield "options", message("OPTIONS", port)
    yield "unknown method", message("CALLME", port)
    yield "answer of nobody", (b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2"
                               b"\r\nCall-ID: 1@x\r\nCSeq: 1 INVITE\r\nContact: <sip:c@d>\r\nContent-Length: 0\r\n\r\n")
    yield "redirect of nobody", (f"SIP/2.0 302 Moved\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>"
                                 f";tag=2\r\nCall-ID: 1@x\r\nCSeq: 1 INVITE\r\nContact: <sip:{NUMBER}@{LINE}:{far_port}>\r\n"
                                 "Content-Length: 0\r\n\r\n").encode()


def bans(p):
    return {(b["door"], b["addr"]): b for b in p.browser.ok("GET", "/api/v1/bans")["items"]}


def test_no_trick_of_a_stranger_gets_an_answer_or_a_call_out():
    with house(sip_ban_after=1000) as p, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((STRANGER, 0))
        s.settimeout(0.05)
        for name, packet in tricks(p.sip, p.far.port):
            s.sendto(packet, ("127.0.0.1", p.sip))
            with contextlib.suppress(TimeoutError):
                answer = s.recv(65536)
                raise AssertionError(f"{name}: {answer[:60]}")
        with socket.socket() as t:  # the same over TCP
            t.bind((STRANGER, 0))
            t.connect(("127.0.0.1", p.sip))
            t.settimeout(0.5)
            for _, packet in tricks(p.sip, p.far.port):
                t.sendall(packet.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                answer = t.recv(65536)
                assert answer == b"", answer[:60]
        assert figure(p, "hujiao_sip_refused_total", reason="unknown") >= 20
        assert figure(p, "hujiao_legs") == 0 and p.far.got == [], p.far.got
        assert p.browser.ok("GET", "/api/v1/calls")["items"] == []


def test_the_lines_own_address_cannot_make_us_call_either():
    """A carrier that is broken into, or whose address is written on forged packets."""
    with house() as p:
        for name, packet in tricks(p.sip, p.far.port):
            if not name.startswith(("refer", "route", "maddr", "subscribe", "register", "redirect", "unknown", "message")):
                continue
            before = len(p.far.got)
            p.far.socket.sendto(packet.replace(f"{STRANGER}:5099".encode(), f"{LINE}:{p.far.port}".encode()), ("127.0.0.1", p.sip))
            time.sleep(0.2)
            for text in p.far.got[before:]:
                assert text.startswith("SIP/2.0 "), (name, text[:80])
        assert not [text for text in p.far.got if text.startswith("INVITE")]
        assert figure(p, "hujiao_calls_started_total", direction="out") == 0


def test_a_scanner_is_shut_out_seen_and_let_in_by_hand_and_the_line_lives():
    with house() as p:
        assert shutil.which("sipsak") and shutil.which("sipp")
        # sipsak guesses from 127.0.0.1, which is a stranger here; it gets no answer and gives up
        for _ in range(12):
            subprocess.run(["sipsak", "-s", f"sip:100@127.0.0.1:{p.sip}", "-a", "guess", "-U", "-x", "60", "-D", "1", "--timer-t1", "1"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False)
            if ("sip", "127.0.0.1") in bans(p):
                break
        ban = bans(p)["sip", "127.0.0.1"]
        assert ban["why"] in ("guess", "scan", "unknown") and ban["why_zh"] and ban["times"] == 1, ban
        assert 240_000 < ban["until_utc_ms"] - ban["since_utc_ms"] <= 300_000, ban
        assert figure(p, "hujiao_bans", door="sip") == 1
        assert figure(p, "hujiao_trunk_up") == 1
        assert "address_shut_out" in p.server.log_path.read_text()
        p.browser.ok("POST", "/api/v1/bans/lift", {"addr": "127.0.0.1"})
        assert bans(p) == {}
        assert p.browser.post("/api/v1/bans/lift", {"addr": "127.0.0.1"})[0] == 404
        assert p.browser.post("/api/v1/bans/lift", {"addr": "nobody"})[0] == 400
        audit = p.browser.ok("GET", "/api/v1/audit?action=ban.lift")["items"]
        assert audit[0]["detail"] == {"addr": "127.0.0.1"}, audit


def test_a_flood_of_sipp_shuts_one_address_out_and_calls_go_on():
    with house() as p:
        scenario = pathlib.Path(p.folder) / "flood.xml"
        scenario.write_text("""<?xml version="1.0" encoding="ISO-8859-1" ?><!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="flood"><send><![CDATA[
INVITE sip:[field0]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:+862155550000@127.0.0.2>;tag=[call_number]
To: <sip:[field0]@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: sip:x@[local_ip]:[local_port]
Content-Length: 0

]]></send></scenario>""")
        (pathlib.Path(p.folder) / "numbers.csv").write_text(f"SEQUENTIAL\n{NUMBER};\n")
        subprocess.run(["sipp", f"127.0.0.1:{p.sip}", "-i", STRANGER, "-p", "5098", "-sf", str(scenario), "-inf",
                        str(pathlib.Path(p.folder) / "numbers.csv"), "-m", "2000", "-r", "1000", "-nostdin", "-nr", "-timeout", "20"],
                       cwd=p.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False)
        assert list(bans(p)) == [("sip", STRANGER)], bans(p)
        assert figure(p, "hujiao_sip_refused_total", reason="banned") > 1000
        assert figure(p, "hujiao_legs") == 0 and p.far.got == []
        assert figure(p, "hujiao_trunk_up") == 1
        with socket.socket() as t:  # shut out from TCP as well
            t.bind((STRANGER, 0))
            t.connect(("127.0.0.1", p.sip))
            t.settimeout(10)
            assert t.recv(1) == b""
        log = p.server.log_path.read_text()
        assert log.count("address_shut_out") == 1 and NUMBER not in log


def test_forged_packets_do_not_shut_a_line_out():
    """Whoever can write the carrier's address on packets must not be able to cut it off."""
    with house(sip_ban_after=1) as p:
        for _ in range(200):
            register = message("REGISTER", p.sip, uri="sip:127.0.0.1", via=LINE).replace(b":5099", f":{p.far.port}".encode())
            p.far.socket.sendto(register, ("127.0.0.1", p.sip))
            p.far.socket.sendto(b"\xff\xfe junk that is no SIP\r\n\r\n", ("127.0.0.1", p.sip))

        def answered():
            """the line's packets are still heard"""
            return len([t for t in p.far.got if t.startswith("SIP/2.0 405")]) > 0

        hj.wait_for(answered)
        assert bans(p) == {} and figure(p, "hujiao_trunk_up") == 1


def test_many_addresses_cannot_fill_the_memory():
    with house(sip_ban_after=1) as p:
        before = figure(p, "process_resident_memory_bytes")
        for i in range(20000):
            if i % 250 == 0:
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.bind((f"127.1.{i // 250}.1", 0))
            s.sendto(b"REGISTER sip:x SIP/2.0\r\n\r\n", ("127.0.0.1", p.sip))
            if i % 250 == 249:
                s.close()
                time.sleep(0.01)
        assert 60 <= len([b for b in bans(p) if b[0] == "sip"]) <= 80
        assert figure(p, "process_resident_memory_bytes") - before < 64e6


if __name__ == "__main__":
    hj.run(globals())
