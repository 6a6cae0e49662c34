#!/usr/bin/env python3
"""RFC 4475's torture messages, over UDP and TCP, at the real program while a call is up."""
import pathlib
import re
import socket
import time

import company
import hj

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "rfc4475.txt"


def messages():
    """(name, kind, bytes) of each."""
    out = []
    for part in re.split(r"^=== ", DATA.read_text(), flags=re.M)[1:]:
        head, text = part.split("\n", 1)
        name, kind = head.split()
        text = re.sub(r"\\\n", "", text)
        text = re.sub(r"<repeat count=(\d+)>(.*?)</repeat>", lambda m: m[2] * int(m[1]), text)
        raw = bytearray()
        for i, piece in enumerate(re.split(r"<hex>([0-9A-F]*)</hex>", text)):
            raw += bytes.fromhex(piece) if i % 2 else piece.replace("\n", "\r\n").encode()
        out.append((name, kind, bytes(raw)))
    return out


def ping(port, n):
    """The program answers a decent request."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(10)
        own = s.getsockname()[1]
        s.sendto((f"OPTIONS sip:a@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bKp{n};rport\r\nMax-Forwards: 9\r\n"
                  f"From: <sip:t@127.0.0.1>;tag=1\r\nTo: <sip:a@127.0.0.1>\r\nCall-ID: ping{n}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode(),
                 ("127.0.0.1", port))
        return s.recv(4096).startswith(b"SIP/2.0 200")


def over_tcp(port, raw):
    """What comes back within a moment."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), 10) as s:
        s.sendall(raw)
        s.settimeout(0.3)
        try:
            while (part := s.recv(65536)):
                got += part
        except (TimeoutError, ConnectionError):
            pass
    return got


def talking(c, campaign):
    """The agent is in a call by hand."""
    a = c.agents[0]
    row = hj.wait_for(lambda: a.ok("GET", f"/api/v1/worklist?campaign_id={campaign}")["items"])[0]
    hj.wait_for(lambda: a.post("/api/v1/agent/campaign", {"campaign_id": campaign})[0] == 200)
    a.ok("POST", "/api/v1/agent/status", {"status": "ready"})
    hj.wait_for(lambda: a.ok("GET", "/api/v1/desk")["station"]["state"] == "up")
    call = a.ok("POST", "/api/v1/calls/dial", {"customer_id": row["customer_id"], "task_id": row["task_id"], "campaign_id": campaign})["call_id"]
    hj.wait_for(lambda: a.ok("GET", "/api/v1/desk")["state"] == "talking", 60)
    return call


def test_torture_messages_harm_nothing_and_no_call_comes_of_the_invalid():
    c = company.Company()
    try:
        c.start().staff(phones=True).open_hours().line().start_practice()
        campaign = c.campaign(mode="manual")
        c.import_list([("张先生", company.numbers(1)[0])], campaign)
        c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/start")
        call = talking(c, campaign)
        begun = time.monotonic()
        replied, seen = 0, []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            for n, (name, kind, raw) in enumerate(messages()):
                udp.sendto(raw, ("127.0.0.1", c.sip_port))
                # Another transaction than the one over UDP, whose repetition would get no answer of its own.
                back = over_tcp(c.sip_port, raw.replace(b"z9hG4bK", b"z9hG4bKt"))
                seen.append((name, back.split(b"\r\n")[0].decode(errors="replace")))
                if kind == "invalid":
                    assert b"SIP/2.0 2" not in back or b"INVITE" not in raw.split(b"\r\n")[0], f"{name}: {back[:200]}"
                replied += back.startswith(b"SIP/2.0 ")
                assert c.server.process.poll() is None, f"{name} ended the program"
                assert ping(c.sip_port, n), f"after {name}"
        assert replied > 15, f"only {replied} were answered over TCP: {seen}"
        desk = c.agents[0].ok("GET", "/api/v1/desk")
        assert desk["state"] == "talking" and desk["call"]["id"] == call, desk
        c.agents[0].ok("POST", f"/api/v1/calls/{call}/hangup")
        lasted = time.monotonic() - begun
        hj.wait_for(lambda: c.agents[0].ok("GET", "/api/v1/desk")["state"] == "wrapup")
        c.agents[0].ok("POST", f"/api/v1/calls/{call}/result", {"code": "refused", "note": "-", "then": "next"})
        got = hj.wait_for(lambda: (g := c.supervisor.ok("GET", f"/api/v1/calls/{call}"))["recording"] and g)
        assert got["talk_ms"] >= lasted * 1000 - 1500, (got["talk_ms"], lasted)
        _, wav, _ = c.supervisor.get(f"/api/v1/calls/{call}/recording.wav")
        assert len(wav) / 16000 >= lasted - 2, "the recording stopped meanwhile"
    finally:
        c.close()


if __name__ == "__main__":
    hj.run(globals())
