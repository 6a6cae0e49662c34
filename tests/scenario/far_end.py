"""The other end of a line, scripted: customers and desk phones who say one tone and remember all they hear.

A small SIP user agent of the tests' own, so that a call's two ends are judged by something else than the program: what
reached the customer is kept with its time and can be looked at second by second."""
import math
import random
import re
import socket
import struct
import threading
import time

from wav import ALAW, tone_share

FRAME = 160
TAIL = "far"


def _alaw_of(value, table={}):
    value = value >> 4 << 4
    if value not in table:
        table[value] = min(range(256), key=lambda b: abs(ALAW[b] - value))
    return table[value]


def tone(hz, level=6000):
    """One second of A-law, made so that it can be looped."""
    return bytes(_alaw_of(int(level * math.sin(2 * math.pi * hz * i / 8000))) for i in range(8000))


def header(text, name):
    m = re.search(rf"^{name}[ \t]*:[ \t]*(.*?)\r?$", text, re.M | re.I)
    return m[1] if m else ""


def headers(text, name):
    return re.findall(rf"^({name}[ \t]*:.*?)\r?$", text.split("\r\n\r\n")[0], re.M | re.I)


def user_of(uri):
    m = re.search(r"sips?:([^@;>]+)@", uri)
    return m[1] if m else ""


class Party:
    """One call as its far end lives it. Times are time.monotonic()."""

    def __init__(self, far, ref):
        self.far, self.ref = far, ref
        self.number = self.call = ""
        self.state = "new"
        self.events = []
        self.heard = []
        self.says = None
        self.at = self.seq = self.stamp = 0
        self.ssrc = random.getrandbits(31)
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind((far.host, 0))
        self.rtp.setblocking(False)
        self.peer_rtp = None
        self.cseq = random.randrange(1, 1000)
        self.is_caller = self.is_twice = False
        self.up_at = self.over_at = None

    def note(self, what):
        self.events.append((time.monotonic(), what))

    def has(self, what):
        return any(w == what for _, w in self.events)

    def say(self, hz):
        self.says = self.far.tone(hz) if hz else None

    def samples(self, since, until):
        """What arrived between two moments; silence where nothing came is left out."""
        return [ALAW[b] for t, data in list(self.heard) if since <= t < until for b in data]

    def packets(self, since, until):
        return sum(1 for t, _ in list(self.heard) if since <= t < until)

    def hears(self, hz, since, until):
        """How much of the energy that arrived lies at `hz`; 0 for silence."""
        return tone_share(self.samples(since, until), hz)

    def loud(self, since, until):
        got = self.samples(since, until)
        return math.sqrt(sum(x * x for x in got) / len(got)) if got else 0.0

    def hang_up(self):
        self.far.bye(self)


class FarEnd:
    """Answers whatever is called at `port`. `plan(party)` may set party.says and returns a dict:
    deaf_ms (0, before anything is said), ring_ms (200), answer_ms (0 after the ringing; None: never), status (a
    refusal), is_twice (all that is said in answer to the INVITE is said again)."""

    def __init__(self, port, host="127.0.0.1", plan=None):
        self.host, self.port = host, port
        self.plan = plan or (lambda party: {})
        self.parties = []
        self.is_dead = False
        self.tones = {}
        self.later = []
        self.lock = threading.RLock()
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind((host, port))
        self.sip.settimeout(0.2)
        self.is_closed = False
        self.threads = [threading.Thread(target=f, daemon=True) for f in (self._listen, self._tick)]
        for t in self.threads:
            t.start()

    def close(self):
        self.is_closed = True
        for t in self.threads:
            t.join(2)
        self.sip.close()
        for p in self.parties:
            p.rtp.close()

    def tone(self, hz):
        if hz not in self.tones:
            self.tones[hz] = tone(hz)
        return self.tones[hz]

    def of(self, number=None, call=None, state=None):
        """The newest call to (or with) a number, or with the server's id of a call."""
        for p in reversed(self.parties):
            if (number is None or p.number == number) and (call is None or p.call == call) and (state is None or p.state == state):
                return p
        return None

    def die(self):
        """As a process that was killed: no answer to anything, no packet any more."""
        self.is_dead = True

    # ---- sending ----

    def _send(self, text, to):
        if not self.is_dead:
            self.sip.sendto(text.encode(), to)

    def _answer(self, p, msg, code, reason, body="", to=None):
        to_head = headers(msg, "To")[0]
        if ";tag=" not in to_head and code > 100:
            to_head += f";tag={TAIL}{p.ssrc:x}"
        lines = [f"SIP/2.0 {code} {reason}", *headers(msg, "Via"), *headers(msg, "Record-Route"), headers(msg, "From")[0], to_head,
                 headers(msg, "Call-ID")[0], headers(msg, "CSeq")[0], f"Contact: <sip:far@{self.host}:{self.port}>",
                 "Content-Type: application/sdp" if body else "", f"Content-Length: {len(body)}"]
        self._send("\r\n".join(x for x in lines if x) + "\r\n\r\n" + body, to or p.peer)

    def _sdp(self, p):
        return (f"v=0\r\no=far {p.ssrc} {p.cseq} IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
                f"m=audio {p.rtp.getsockname()[1]} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
                "a=fmtp:101 0-15\r\na=sendrecv\r\n")

    def _ask(self, p, method, cseq, body=""):
        lines = [f"{method} {p.target} SIP/2.0", f"Via: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{p.ssrc:x}{method}{cseq}",
                 "Max-Forwards: 70", f"From: {p.me}", f"To: {p.them}", f"Call-ID: {p.ref}", f"CSeq: {cseq} {method}",
                 f"Contact: <sip:far@{self.host}:{self.port}>", "Content-Type: application/sdp" if body else "",
                 f"Content-Length: {len(body)}"]
        self._send("\r\n".join(x for x in lines if x) + "\r\n\r\n" + body, p.peer)

    def bye(self, p):
        with self.lock:
            if p.state not in ("up",):
                return
            p.cseq += 1
            p.note("hung up")
            self._over(p)
            self._again(p, "BYE", p.cseq, 0)

    def _again(self, p, method, cseq, tries):
        """Sent until it is answered, as UDP needs it."""
        if p.has(f"answered {method}") or tries > 6:
            return
        self._ask(p, method, cseq, self._sdp(p) if method == "INVITE" else "")
        self.after(0.5 * 2 ** tries, lambda: self._again(p, method, cseq, tries + 1))

    def call_in(self, server_port, to, caller, says=None):
        """A customer calls the house."""
        with self.lock:
            p = Party(self, f"in-{random.getrandbits(60):x}")
            p.is_caller, p.number = True, caller
            p.peer = (self.host, server_port)
            p.target = f"sip:{to}@{self.host}:{server_port}"
            p.me = f"<sip:{caller}@{self.host}:{self.port}>;tag=c{p.ssrc:x}"
            p.them = f"<{p.target}>"
            p.state = "calling"
            if says:
                p.say(says)
            self.parties.append(p)
            self._again(p, "INVITE", p.cseq, 0)
            return p

    # ---- what arrives ----

    def _listen(self):
        while not self.is_closed:
            try:
                data, peer = self.sip.recvfrom(65536)
            except (TimeoutError, OSError):
                continue
            if self.is_dead:
                continue
            msg = data.decode(errors="replace")
            with self.lock:
                self._take_answer(msg) if msg.startswith("SIP/2.0") else self._take_request(msg, peer)

    def _party(self, msg):
        ref = header(msg, "Call-ID")
        return next((p for p in self.parties if p.ref == ref), None)

    def _learn(self, p, msg):
        body = msg.split("\r\n\r\n", 1)[-1]
        at, port = re.search(r"^c=IN IP4 (\S+)", body, re.M), re.search(r"^m=audio (\d+)", body, re.M)
        if at and port:
            p.peer_rtp = (at[1], int(port[1]))

    def _take_request(self, msg, peer):
        method = msg.split(" ", 1)[0]
        p = self._party(msg)
        if method == "INVITE" and p is None:
            p = Party(self, header(msg, "Call-ID"))
            p.peer, p.invite = peer, msg
            p.number = user_of(msg.split(" ", 2)[1])
            p.call = header(msg, "X-Hujiao-Call")
            p.target = re.search(r"<([^>]+)>", header(msg, "Contact"))[1]
            p.me, p.them = header(msg, "To") + f";tag={TAIL}{p.ssrc:x}", header(msg, "From")
            self._learn(p, msg)
            self.parties.append(p)
            p.note("INVITE")
            plan = self.plan(p)
            self.after(plan.get("deaf_ms", 0) / 1000, lambda: self._follow(p, plan))
        elif p is None:
            q = Party(self, "")
            q.peer = peer
            if method != "ACK":
                self._answer(q, msg, 200 if method == "OPTIONS" else 481, "OK" if method == "OPTIONS" else "Call Does Not Exist")
            q.rtp.close()
        elif method == "INVITE" and p.state in ("new", "ringing"):
            p.note("INVITE again")
        elif method == "INVITE":
            self._learn(p, msg)
            self._answer(p, msg, 200, "OK", self._sdp(p))
        elif method == "ACK":
            p.note("ACK")
        elif method == "BYE":
            p.note("BYE")
            self._over(p)
            self._answer(p, msg, 200, "OK")
        elif method == "CANCEL":
            p.note("CANCEL")
            self._answer(p, msg, 200, "OK")
            if p.state in ("new", "ringing"):
                self._over(p)
                self._answer(p, p.invite, 487, "Request Terminated")
        else:
            p.note(method)
            self._answer(p, msg, 200, "OK")

    def _take_answer(self, msg):
        p = self._party(msg)
        code = int(msg.split(" ", 2)[1])
        cseq, method = header(msg, "CSeq").split()
        if p is None:
            return
        p.note(f"{method} {code}")
        p.note(f"answered {method}")
        if method != "INVITE" or code < 180:
            return
        if code < 200:
            p.state = "ringing"
            return
        p.them = header(msg, "To")
        contact = re.search(r"<([^>]+)>", header(msg, "Contact"))
        p.target = contact[1] if contact and code < 300 else p.target
        self._ask(p, "ACK", cseq)
        if code < 300 and p.state != "up":
            self._learn(p, msg)
            p.state, p.up_at = "up", time.monotonic()
        elif code >= 300:
            self._over(p)

    def _over(self, p):
        if p.state != "over":
            p.state, p.over_at = "over", time.monotonic()

    def _follow(self, p, plan):
        status = plan.get("status")
        ring_s = plan.get("ring_ms", 200) / 1000
        p.is_twice = plan.get("is_twice", False)
        self._answer(p, p.invite, 100, "Trying")
        p.state = "ringing"
        if status:
            self.after(ring_s, lambda: (self._answer(p, p.invite, status, "Refused"), self._over(p)))
            return
        for _ in range(2 if p.is_twice else 1):
            self._answer(p, p.invite, 180, "Ringing")
        if plan.get("answer_ms", 0) is not None:
            self.after(ring_s + plan.get("answer_ms", 0) / 1000, lambda: self._pick_up(p))

    def _pick_up(self, p):
        if p.state != "ringing":
            return
        p.state, p.up_at = "up", time.monotonic()
        self._answer(p, p.invite, 200, "OK", self._sdp(p))
        if p.is_twice:
            self.after(0.3, lambda: self._answer(p, p.invite, 200, "OK", self._sdp(p)))

    # ---- time and sound ----

    def after(self, seconds, fn):
        with self.lock:
            self.later.append((time.monotonic() + seconds, fn))

    def _tick(self):
        due = time.monotonic()
        while not self.is_closed:
            with self.lock:
                now = time.monotonic()
                ready = [fn for at, fn in self.later if at <= now]
                self.later = [(at, fn) for at, fn in self.later if at > now]
                for fn in ready:
                    fn()
                for p in self.parties:
                    self._sound(p, now)
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))

    def _sound(self, p, now):
        if p.state in ("new", "over"):
            return
        while True:
            try:
                packet = p.rtp.recv(2000)
            except OSError:
                break
            if len(packet) > 12 and packet[1] & 0x7F == 8 and not self.is_dead:
                p.heard.append((now, packet[12:]))
        if p.state != "up" or not p.peer_rtp or self.is_dead:
            return
        body = b"\xd5" * FRAME
        if p.says:
            body = p.says[p.at:p.at + FRAME]
            p.at = (p.at + FRAME) % len(p.says)
        p.rtp.sendto(struct.pack("!BBHII", 0x80, 8, p.seq & 0xFFFF, p.stamp & 0xFFFFFFFF, p.ssrc) + body, p.peer_rtp)
        p.seq += 1
        p.stamp += FRAME
