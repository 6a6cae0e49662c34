#!/usr/bin/env python3
"""Calls through trunks, against SIPp: what carriers do, and what they do wrong."""
import socket
import sys
import time

from hj import run
from voice_lib import (Box, answer, alaw_file, ask, expect, finished, free_udp, pause, pcap, power, read_alaw, scenario,
                       sdp, stream, tone_wav)

BRANCH = "z9hG4bK-same"
NUMBER, CALLER = "+8613800000001", "+862131110000"
BYE_OK = answer(200, "OK", tag="")
# Keeps the caller's From and Contact for a BYE of the called side.
INVITE = ('<recv request="INVITE" rrs="true"><action>'
          '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="9"/></action></recv>\n<Reference variables="9"/>')


def dial(d, port, ring_ms=8000, **keys):
    extra = "".join(f" {k}={v}" for k, v in keys.items())
    d.do(f"trunk 1 127.0.0.1 {port}{extra}")
    return d.do(f"dial 1 {NUMBER} {CALLER} {ring_ms} 7")["leg"]


def callee(box, *steps, name="uas"):
    port = free_udp()
    p = box.sipp(scenario(INVITE, *steps), "-p", str(port), "-mp", str(free_udp()), name=name)
    time.sleep(0.4)
    return p, port


def caller(box, d, *steps, service="4008001234", transport="u1"):
    return box.sipp(scenario(*steps), f"127.0.0.1:{d.sip_port}", "-s", service, "-p", str(free_udp()), "-t", transport,
                    "-mp", str(free_udp()), name="uac")


# ---- we call ----

def test_early_media_is_told_and_recorded_before_the_answer():
    with Box() as b:
        d = b.driver()
        tone = alaw_file(b.dir / "t.al", 700, 5)
        p, port = callee(b, answer(180, "Ringing"), answer(183, "Session Progress", sdp()), stream(tone), pause(2000),
                         answer(200, "OK", sdp()), expect("ACK"), expect("BYE"), BYE_OK)
        leg = dial(d, port)
        d.do(f"record {leg} {b.dir}/r.wav")
        assert d.event("RINGING", leg)["sip"] == 180
        assert d.event("EARLY_MEDIA", leg)["call"] == 7
        d.event("ANSWERED", leg)
        time.sleep(1.2)
        d.do(f"hangup {leg}")
        d.event("ENDED", leg)
        r = d.event("RECORDED")
        assert finished(p)
        w = read_alaw(r["path"])
        assert (w["format"], w["channels"], w["rate"]) == (6, 2, 8000)
        assert 1800 < r["answer_ms"] < 2400, r
        assert power(w["left"][:12000], 700) > 0.9, "the network's audio before the answer"
        assert power(w["left"], 700) > 0.9 and power(w["right"], 700) < 0.1


def test_callee_hangs_up():
    with Box() as b:
        d = b.driver()
        p, port = callee(b, answer(200, "OK", sdp()), expect("ACK"), pause(500), ask_bye(), expect("200"))
        leg = dial(d, port)
        d.event("ANSWERED", leg)
        e = d.event("ENDED", leg)
        assert (e["cause"], e["by"], e["q850"]) == ("normal", 1, 16), e
        assert finished(p)


def ask_bye():
    """BYE of the called side."""
    return '''<send retrans="500"><![CDATA[

      BYE [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:x@[local_ip]>;tag=[pid]S[call_number]
      To: [$9]
      Call-ID: [call_id]
      CSeq: 1 BYE
      Max-Forwards: 70
      Reason: Q.850;cause=16;text="Normal"
      Content-Length: 0

      ]]></send>'''


def test_refusals_become_our_causes():
    for code, reason, q850, ring, want in [(486, "Busy Here", 17, False, "busy"), (404, "Not Found", 0, False, "unallocated"),
                                           (603, "Decline", 0, True, "rejected"), (480, "Gone", 20, False, "unreachable"),
                                           (503, "Unavailable", 34, False, "trunk_fail"), (486, "Busy", 0, True, "rejected"),
                                           (403, "Forbidden", 0, False, "blocked"), (488, "No", 0, False, "codec")]:
        with Box() as b:
            d = b.driver()
            extra = f"Reason: Q.850;cause={q850}\n" if q850 else ""
            steps = [answer(180, "Ringing"), pause(300)] if ring else []
            p, port = callee(b, *steps, answer(code, reason, extra=extra), expect("ACK"))
            leg = dial(d, port)
            e = d.event("ENDED", leg)
            assert (e["cause"], e["sip"], e["q850"]) == (want, code, q850), (want, e)
            assert finished(p)


def test_we_cancel_while_it_rings():
    with Box() as b:
        d = b.driver()
        p, port = callee(b, answer(180, "Ringing"), expect("CANCEL"), answer(200, "OK", tag=""),
                         cancelled_invite(), expect("ACK"))
        leg = dial(d, port)
        d.event("RINGING", leg)
        d.do(f"hangup {leg} cancelled")
        assert d.event("ENDED", leg)["cause"] == "cancelled"
        assert finished(p)


def cancelled_invite():
    return '''<send><![CDATA[

      SIP/2.0 487 Request Terminated
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]S[call_number]
      [last_Call-ID:]
      CSeq: [cseq] INVITE
      Content-Length: 0

      ]]></send>'''


def test_answer_that_crosses_our_cancel_is_hung_up():
    with Box() as b:
        d = b.driver()
        late = answer(200, "OK", sdp()).replace("[last_CSeq:]", "CSeq: [cseq] INVITE")
        p, port = callee(b, answer(180, "Ringing"), expect("CANCEL"), late, expect("ACK"), expect("BYE"), BYE_OK)
        leg = dial(d, port)
        d.event("RINGING", leg)
        d.do(f"hangup {leg} cancelled")
        assert d.event("ENDED", leg)["cause"] == "cancelled"
        assert finished(p), "the peer wants an ACK and a BYE"


def test_nobody_answers_within_the_ring_time():
    with Box() as b:
        d = b.driver()
        p, port = callee(b, answer(180, "Ringing"), expect("CANCEL"), answer(200, "OK", tag=""), cancelled_invite(),
                         expect("ACK"))
        leg = dial(d, port, ring_ms=1200)
        e = d.event("ENDED", leg, 4)
        assert e["cause"] == "no_answer", e
        assert finished(p)


def test_silent_trunk_is_given_up_in_seconds():
    with Box() as b:
        d = b.driver()
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        t = time.monotonic()
        leg = dial(d, s.getsockname()[1], no_answer=1500)
        e = d.event("ENDED", leg, 4)
        assert e["cause"] == "trunk_silent" and 1.3 < time.monotonic() - t < 3, e


def test_redirect_is_refused_unless_the_trunk_allows_it():
    for allowed, want in [(0, "redirected"), (1, "normal")]:
        with Box() as b:
            d = b.driver()
            target, target_port = callee(b, answer(200, "OK", sdp()), expect("ACK"), expect("BYE"), BYE_OK, name="target")
            moved = answer(302, "Moved").replace("Contact: <sip:[local_ip]:[local_port];transport=[transport]>",
                                                 f"Contact: <sip:toll@127.0.0.1:{target_port}>")
            p, port = callee(b, moved, expect("ACK"))
            leg = dial(d, port, redirect=allowed)
            if allowed:
                d.event("ANSWERED", leg)
                d.do(f"hangup {leg}")
            assert d.event("ENDED", leg)["cause"] == want
            assert finished(p)
            time.sleep(0.5)
            assert (target.poll() is None) == (not allowed), "whether the target was called"


def test_answer_without_a_common_codec_is_hung_up():
    with Box() as b:
        d = b.driver()
        g729 = sdp(media="m=audio [media_port] RTP/AVP 18\na=rtpmap:18 G729/8000")
        p, port = callee(b, answer(200, "OK", g729), expect("ACK"), expect("BYE"), BYE_OK)
        leg = dial(d, port)
        assert d.event("ENDED", leg)["cause"] == "codec"
        assert finished(p)


def test_limits_of_a_trunk():
    with Box() as b:
        d = b.driver()
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        d.do(f"trunk 1 127.0.0.1 {s.getsockname()[1]} max_calls=2 max_cps=20")
        for _ in range(2):
            d.do(f"dial 1 {NUMBER} {CALLER} 5000 1")
        assert d.do(f"dial 1 {NUMBER} {CALLER} 5000 1", ok=False)["code"] == "E_TRUNK_CALLS"
        assert d.do("can 1", ok=False)["kind"] == "LIMIT"
        d.do(f"trunk 2 127.0.0.1 {s.getsockname()[1]} max_cps=3")
        for _ in range(3):
            d.do(f"dial 2 {NUMBER} {CALLER} 5000 1")
        assert d.do(f"dial 2 {NUMBER} {CALLER} 5000 1", ok=False)["code"] == "E_TRUNK_CPS"
        time.sleep(1.05)
        d.do("can 2")
        assert d.do("dial 2 13800 1 5000 1")["leg"]
        assert d.do(f"dial 9 {NUMBER} {CALLER} 5000 1", ok=False)["code"] == "E_TRUNK_NONE"


def test_numbers_and_identity_are_written_as_the_trunk_wants():
    with Box() as b:
        d = b.driver()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(5)
            d.do(f"trunk 1 127.0.0.1 {s.getsockname()[1]} callee=national caller=no_zero prefix=9 identity=pai user=acme "
                 "domain=ims.example")
            d.do("dial 1 +8613812345678 +862131110000 5000 1")
            text = s.recv(4000).decode()
        assert text.startswith("INVITE sip:913812345678@ims.example"), text
        assert "\r\nFrom: <sip:2131110000@ims.example>" in text, text
        assert "\r\nP-Asserted-Identity: <sip:2131110000@ims.example>" in text, text
        assert f"\r\nContact: <sip:acme@127.0.0.1:{d.sip_port}>" in text, text
        assert "PCMA/8000" in text and "telephone-event" in text


def test_session_refresh_of_ours_and_of_the_peer():
    with Box() as b:
        d = b.driver()
        p, port = callee(b, answer(200, "OK", sdp()), expect("ACK"), expect("INVITE"), answer(200, "OK", sdp(version=2), tag=""),
                         expect("ACK"), expect("BYE"), BYE_OK)
        leg = dial(d, port, refresh=1)
        d.event("ANSWERED", leg)
        time.sleep(1.6)
        d.do(f"hangup {leg}")
        d.event("ENDED", leg)
        assert finished(p), "one re-INVITE after a second"


def test_no_media_for_30_s_is_told_and_a_lost_bye_is_found_out():
    with Box() as b:
        d = b.driver()
        p, port = callee(b, answer(200, "OK", sdp()), expect("ACK"), expect("INVITE"),
                         answer(481, "Call Does Not Exist", tag=""), expect("ACK"))
        leg = dial(d, port)
        d.event("ANSWERED", leg)
        d.event("NO_MEDIA_30S", leg, 33)
        e = d.event("ENDED", leg, 5)
        assert e["cause"] == "media_lost", e
        assert finished(p)


# ---- they call ----

def test_incoming_call_with_digits_hold_update_and_bye():
    with Box() as b:
        d = b.driver()
        d.do("trunk 1 127.0.0.1 5999")
        tone = alaw_file(b.dir / "t.al", 400, 5)
        p = caller(b, d, ask("INVITE", 1, sdp(), in_dialog=False), expect("100", True), expect("180", True), expect("200"),
                   ask("ACK", 1), stream(tone), pause(1500), pcap("dtmf_2833_5"), pause(1000), pcap("dtmf_2833_pound"),
                   pause(1000), ask("INVITE", 2, sdp("sendonly", 2)), expect("100", True), expect("200"), ask("ACK", 2),
                   pause(500), ask("UPDATE", 3, extra="Session-Expires: 1800;refresher=uac\n"), expect("200"),
                   ask("INVITE", 4, sdp("sendrecv", 3)), expect("100", True), expect("200"), ask("ACK", 4), pause(500),
                   ask("BYE", 5), expect("200"))
        e = d.event("INCOMING")
        leg = e["leg"]
        assert (e["from"], e["to"]) == ("+862131110000", "4008001234"), e
        d.do(f"record {leg} {b.dir}/r.wav")
        d.do(f"answer {leg}")
        d.event("FIRST_AUDIO", leg)
        assert d.event("DIGIT", leg)["digit"] == "5"
        assert d.event("DIGIT", leg)["digit"] == "#"
        assert not d.has("DIGIT", leg), "a repeated packet is no second press"
        d.event("REMOTE_HOLD", leg)
        d.event("REMOTE_RESUME", leg)
        assert d.event("ENDED", leg)["by"] == 1
        assert finished(p)
        assert power(read_alaw(d.event("RECORDED")["path"])["left"], 400) > 0.9


def test_incoming_over_tcp():
    with Box() as b:
        d = b.driver()
        d.do("trunk 1 127.0.0.1 5999")
        p = caller(b, d, ask("INVITE", 1, sdp(), in_dialog=False), expect("100", True), expect("180", True), expect("200"),
                   ask("ACK", 1), pause(300), ask("BYE", 2), expect("200"), transport="t1")
        leg = d.event("INCOMING")["leg"]
        d.do(f"answer {leg}")
        d.event("ENDED", leg)
        assert finished(p)


def test_caller_gives_up_while_it_rings():
    with Box() as b:
        d = b.driver()
        d.do("trunk 1 127.0.0.1 5999")
        p = caller(b, d, ask("INVITE", 1, sdp(), in_dialog=False).replace("[branch]", BRANCH), expect("100", True),
                   expect("180"), pause(300),
                   ask("CANCEL", 1, in_dialog=False).replace("[branch]", BRANCH), expect("200"), expect("487"),
                   ask("ACK", 1).replace("[branch]", BRANCH))
        leg = d.event("INCOMING")["leg"]
        e = d.event("ENDED", leg)
        assert (e["cause"], e["by"]) == ("cancelled", 1), e
        d.do(f"answer {leg}", ok=False)


def test_we_refuse_with_a_cause():
    with Box() as b:
        d = b.driver()
        d.do("trunk 1 127.0.0.1 5999")
        p = caller(b, d, ask("INVITE", 1, sdp(), in_dialog=False), expect("100", True), expect("180", True), expect("486"),
                   ask("ACK", 1))
        leg = d.event("INCOMING")["leg"]
        d.do(f"reject {leg} busy")
        d.event("ENDED", leg)
        assert finished(p)


def test_what_we_cannot_speak_is_refused_at_once():
    fax = sdp(media="m=image 9000 udptl t38\na=T38FaxVersion:0")
    g729 = sdp(media="m=audio 9000 RTP/AVP 18\na=rtpmap:18 G729/8000")
    for body, extra, code in [(g729, "", 488), (fax, "", 488), (sdp(), "Require: 100rel\n", 420), (sdp(), "Require: timer\n", 420)]:
        with Box() as b:
            d = b.driver()
            d.do("trunk 1 127.0.0.1 5999")
            p = caller(b, d, ask("INVITE", 1, body, extra=extra, in_dialog=False), expect("100", True), expect(str(code)),
                       ask("ACK", 1))
            assert finished(p), code
            assert not d.has("INCOMING") and d.do("total")["legs"] == 0


def test_switch_to_fax_in_a_call_is_refused_and_the_call_goes_on():
    with Box() as b:
        d = b.driver()
        d.do("trunk 1 127.0.0.1 5999")
        fax = sdp(media="m=audio 0 RTP/AVP 8\nm=image 9000 udptl t38", version=2)
        p = caller(b, d, ask("INVITE", 1, sdp(), in_dialog=False), expect("100", True), expect("180", True), expect("200"),
                   ask("ACK", 1), pause(200), ask("INVITE", 2, fax), expect("100", True), expect("488"), ask("ACK", 2),
                   pause(300), ask("BYE", 3), expect("200"))
        leg = d.event("INCOMING")["leg"]
        d.do(f"answer {leg}")
        assert d.event("ENDED", leg)["cause"] == "normal"
        assert finished(p)


def test_unknown_source_gets_no_answer_at_all():
    with Box() as b:
        d = b.driver()
        d.do("trunk 1 127.0.0.77 5060")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(1)
            for method in ("OPTIONS", "INVITE", "REGISTER"):
                s.sendto((f"{method} sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{s.getsockname()[1]};branch=z9hG4bK{method}\r\n"
                          f"From: <sip:a@b>;tag=1\r\nTo: <sip:100@127.0.0.1>\r\nCall-ID: {method}\r\nCSeq: 1 {method}\r\n"
                          "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode(), ("127.0.0.1", d.sip_port))
            try:
                assert False, s.recv(2000)
            except TimeoutError:
                pass
        t = d.do("total")
        assert t["refused"] == 3 and t["in"] == 0 and t["legs"] == 0, t


# ---- trunks ----

def test_trunk_that_dies_is_told_and_refuses_calls():
    with Box() as b:
        d = b.driver()
        port = free_udp()
        p = b.sipp(scenario(expect("OPTIONS"), answer(200, "OK")), "-p", str(port), "-m", "2")
        time.sleep(0.4)
        d.do(f"trunk 1 127.0.0.1 {port} options=1")
        assert d.event("TRUNK")["state"] == "up"
        p.kill()
        assert d.event("TRUNK", seconds=20)["state"] == "down"
        assert d.do(f"dial 1 {NUMBER} {CALLER} 5000 1", ok=False)["code"] == "E_TRUNK_DOWN"


def test_trunk_registers_with_its_password():
    challenge = answer(401, "Unauthorized", extra='WWW-Authenticate: Digest realm="carrier", nonce="abc123", algorithm=MD5, qop="auth"\n')
    for secret, good in [("s3cret", True), ("wrong", False)]:
        with Box() as b:
            d = b.driver()
            port = free_udp()
            check = '''<recv request="REGISTER"><action><verifyauth assign_to="ok" username="acme" password="s3cret"/></action></recv>
<nop><action><log message="[$ok]"/></action></nop><nop next="1" test="ok"/>''' + answer(403, "Forbidden") + \
                '<nop next="2"/><label id="1"/>' + answer(200, "OK", extra="Expires: 300\n") + '<label id="2"/>'
            p = b.sipp(scenario(expect("REGISTER"), challenge, check), "-p", str(port))
            time.sleep(0.4)
            d.do(f"trunk 1 127.0.0.1 {port} register=1 user=acme secret={secret} options=-1")
            e = d.event("TRUNK")
            assert e["state"] == ("up" if good else "down"), e
            assert good or "password" in e["why"], e


def test_test_call_draws_a_ladder_and_a_verdict():
    with Box() as b:
        d = b.driver()
        tone = alaw_file(b.dir / "t.al", 700, 5)
        p, port = callee(b, answer(180, "Ringing"), answer(200, "OK", sdp()), expect("ACK"), stream(tone), expect("BYE"), BYE_OK)
        d.do(f"trunk 1 127.0.0.1 {port}")
        d.do(f"test 1 {NUMBER} {CALLER}")
        t = d.event("TEST", seconds=12)
        assert t["good"] and "正常" in t["zh"], t
        texts = [r["text"] for r in t["rows"]]
        for want in ("INVITE", "180 Ringing", "200 OK", "ACK", "RTP:", "BYE"):
            assert any(want in x for x in texts), (want, texts)
        assert not any("13800000001" in x for x in texts), "numbers are masked"
        assert not any(e.get("ev") in ("ANSWERED", "ENDED") for e in d.seen), "the test's legs are nobody else's"
        d.do("trunk 2 127.0.0.1 9 no_answer=1000")
        d.do(f"test 2 {NUMBER} {CALLER}")
        t = d.event("TEST", seconds=12)
        assert not t["good"] and t["cause"] == "trunk_silent" and "地址" in t["zh"], t


if __name__ == "__main__":
    run(globals())
