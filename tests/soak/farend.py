"""The other end of the line for long runs: customers and desk phones on one SIP port, with a diary of its own.

It shares no code with the program it judges. Every INVITE that comes is written down with the number it asked for, so that what the
program remembers can be held against what it did. How a customer behaves is a plan (see `Plan`) drawn when his call comes in."""
import dataclasses
import heapq
import random
import re
import select
import socket
import struct
import threading
import time

PACKET_MS = 40
T1 = 0.5


@dataclasses.dataclass
class Plan:
    """Seconds count from the INVITE. None: it does not happen."""

    ring: float | None = 0.05  # 180
    early: float | None = None  # 183 with audio
    answer: float | None = 0.3  # 200
    hang: float | None = None  # BYE once answered, else a refusal
    refuse: int = 486  # with which code
    crosses: bool = False  # a CANCEL meets our 200
    silent: bool = False  # sends no audio


class Dialog:
    def __init__(self, invite, source, now):
        self.invite, self.source = invite, source
        self.call_id = invite.header("Call-ID")
        self.number = invite.number()
        self.cell_call = invite.header("X-Hujiao-Call")
        self.at = now
        self.tag = f"far{random.getrandbits(48):x}"
        self.state = "invited"  # ringing, early, answered (200 sent), up (ACK came), ended
        self.ended_by = None  # us, them
        self.code = None
        self.last = None  # our last response, for repeated INVITEs
        self.cseq = random.randrange(1, 1000)
        self.rtp = invite.rtp()
        self.seq, self.ts, self.ssrc = random.getrandbits(16), random.getrandbits(32), random.getrandbits(32)
        self.wants_bye = 0  # sendings of a BYE without an answer
        self.bye_answered = False
        self.plan = None


class Message:
    def __init__(self, data):
        head, _, self.body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        lines = head.split("\r\n")
        self.start = lines[0]
        self.headers = [(n.strip().lower(), v.strip()) for n, _, v in (line.partition(":") for line in lines[1:])]
        self.is_reply = self.start.startswith("SIP/2.0")
        self.method = self.header("CSeq").split()[-1] if self.is_reply else self.start.split(" ")[0]
        self.code = int(self.start.split(" ")[1]) if self.is_reply else 0

    def all(self, name):
        return [v for n, v in self.headers if n == name.lower()]

    def header(self, name):
        got = self.all(name)
        return got[0] if got else ""

    def number(self):
        m = re.match(r"\w+ sips?:([^@;>]+)@", self.start)
        return m[1] if m else ""

    def contact(self):
        m = re.search(r"<([^>]+)>", self.header("Contact"))
        return m[1] if m else self.header("Contact")

    def rtp(self):
        port, addr = re.search(r"^m=audio (\d+)", self.body, re.M), re.search(r"^c=IN IP4 (\S+)", self.body, re.M)
        return (addr[1], int(port[1])) if port and addr else None


class FarEnd:
    """`plan_for(dialog)` gives the Plan of a customer's call; desk phones (numbers in `phones`) pick up at once and stay."""

    def __init__(self, port, plan_for, phones=(), host="127.0.0.1"):
        self.host, self.port, self.plan_for, self.phones = host, port, plan_for, set(phones)
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind((host, port))
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind((host, 0))
        self.lock = threading.RLock()
        self.dialogs = {}  # Call-ID -> Dialog, for ever: the diary
        self.diary = []  # in order of arrival
        self.todo, self.n = [], 0
        self.talking = set()
        self.rtp_in = 0
        self.stalls = []  # seconds this thread came too late to speak: the recording then has silence by right
        self.trouble = []  # what a peer must not do
        self.is_stopping = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def close(self):
        self.is_stopping = True
        self.thread.join()
        self.sip.close()
        self.rtp.close()

    # ---- what tests ask ----

    def customers(self):
        with self.lock:
            return [d for d in self.diary if d.number not in self.phones]

    def open_dialogs(self):
        with self.lock:
            return [d for d in self.diary if d.state != "ended"]

    def forget_calls(self):
        """The program is gone: everybody puts the receiver down."""
        with self.lock:
            for d in self.diary:
                d.state = "ended"
            self.talking.clear()
            self.todo.clear()

    def hang_up_phone(self, number):
        """The desk phone's own hang-up. Whether there was something to hang up."""
        with self.lock:
            for d in reversed(self.diary):
                if d.number == number and d.state == "up":
                    self._bye(d)
                    return True
        return False

    # ---- the loop ----

    def _at(self, when, fn, *args):
        self.n += 1
        heapq.heappush(self.todo, (when, self.n, fn, args))

    def _run(self):
        next_audio = time.monotonic()
        while not self.is_stopping:
            now = time.monotonic()
            with self.lock:
                while self.todo and self.todo[0][0] <= now:
                    _, _, fn, args = heapq.heappop(self.todo)
                    fn(*args)
                if now >= next_audio:
                    if now - next_audio > PACKET_MS / 1000:
                        self.stalls.append(now - next_audio)
                    self._audio()
                    next_audio = max(next_audio + PACKET_MS / 1000, now - 0.2)
                until = min([next_audio] + [t[0] for t in self.todo[:1]])
            ready, _, _ = select.select([self.sip, self.rtp], [], [], max(0.0, min(until - time.monotonic(), 0.05)))
            if self.rtp in ready:
                self._drain()
            if self.sip in ready:
                data, source = self.sip.recvfrom(65535)
                with self.lock:
                    self._packet(data, source)

    def _drain(self):
        self.rtp.setblocking(False)
        try:
            for _ in range(200):
                self.rtp.recv(2048)
                self.rtp_in += 1
        except BlockingIOError:
            pass

    def _audio(self):
        payload = bytes([0x55, 0xd5, 0x45, 0xc5] * (PACKET_MS * 2))
        for d in self.talking:
            d.seq, d.ts = (d.seq + 1) & 0xFFFF, (d.ts + PACKET_MS * 8) & 0xFFFFFFFF
            self.rtp.sendto(struct.pack(">BBHII", 0x80, 8, d.seq, d.ts, d.ssrc) + payload, d.rtp)

    # ---- SIP ----

    def _packet(self, data, source):
        if len(data) < 16:
            return
        m = Message(data)
        d = self.dialogs.get(m.header("Call-ID"))
        if m.is_reply:
            if d and m.method == "BYE" and m.code >= 200:
                d.bye_answered = True
            return
        if m.method == "INVITE" and "tag=" not in m.header("To"):
            self._invite(m, d, source)
        elif m.method == "OPTIONS":
            self._reply(m, source, 200, "OK", "x")
        elif not d:
            if m.method != "ACK":
                self._reply(m, source, 481, "Call Does Not Exist", "x")
        elif m.method == "INVITE":
            self._reply(m, source, 200, "OK", d.tag, self._sdp())
        elif m.method == "ACK":
            self._ack(d)
        elif m.method == "CANCEL":
            self._cancel(d, m, source)
        elif m.method == "BYE":
            self._reply(m, source, 200, "OK", d.tag)
            self._end(d, "them")
        else:
            self._reply(m, source, 200, "OK", d.tag)

    def _invite(self, m, d, source):
        if d:  # repeated
            if d.last:
                self.sip.sendto(d.last, source)
            return
        d = Dialog(m, source, time.time())
        self.dialogs[d.call_id] = d
        self.diary.append(d)
        self._respond(d, 100, "Trying", bare=True)
        now = time.monotonic()
        if d.number in self.phones:
            d.plan = Plan(ring=None, answer=0.0)
        else:
            d.plan = self.plan_for(d)
        p = d.plan
        if p.ring is not None:
            self._at(now + p.ring, self._ring, d)
        if p.early is not None:
            self._at(now + p.early, self._early, d)
        if p.answer is not None:
            self._at(now + p.answer, self._answer, d)
        if p.hang is not None:
            self._at(now + p.hang, self._hang, d)

    def _ring(self, d):
        if d.state == "invited":
            d.state = "ringing"
            self._respond(d, 180, "Ringing")

    def _early(self, d):
        if d.state in ("invited", "ringing"):
            d.state = "early"
            self._respond(d, 183, "Session Progress", self._sdp())
            self._talk(d)

    def _answer(self, d):
        if d.state not in ("invited", "ringing", "early"):
            return
        d.state, d.code = "answered", 200
        self._respond(d, 200, "OK", self._sdp())
        self._talk(d)
        self._again(d, 0)

    def _again(self, d, tries):
        """RFC 3261 13.3.1.4: a 200 is repeated until its ACK comes."""
        if d.state != "answered":
            return
        if tries:
            self.sip.sendto(d.last, d.source)
        if tries < 5:
            self._at(time.monotonic() + T1 * 2 ** tries, self._again, d, tries + 1)
        else:
            self._end(d, "nobody")

    def _ack(self, d):
        if d.state == "answered":
            d.state = "up"

    def _hang(self, d):
        if d.state in ("invited", "ringing", "early"):
            d.code = d.plan.refuse
            self._respond(d, d.code, "No")
            self._end(d, "us")
        elif d.state == "up":
            self._bye(d)
        elif d.state == "answered":
            self._at(time.monotonic() + 0.05, self._hang, d)

    def _cancel(self, d, m, source):
        self._reply(m, source, 200, "OK", d.tag)
        if d.state not in ("invited", "ringing", "early"):
            return
        if d.plan.crosses:
            self._answer(d)
            return
        d.code = 487
        self._respond(d, 487, "Request Terminated")
        self._end(d, "them")

    def _bye(self, d):
        self._end(d, "us")
        d.cseq += 1
        to, sender = d.invite.header("From"), f"{d.invite.header('To')};tag={d.tag}"
        text = (f"BYE {d.invite.contact()} SIP/2.0\r\nVia: SIP/2.0/UDP {self.host}:{self.port};branch=z9hG4bK{random.getrandbits(64):x}\r\n"
                f"Max-Forwards: 70\r\nFrom: {sender}\r\nTo: {to}\r\nCall-ID: {d.call_id}\r\nCSeq: {d.cseq} BYE\r\nContent-Length: 0\r\n\r\n")
        self._send_bye(d, text.encode(), 0)

    def _send_bye(self, d, data, tries):
        if d.bye_answered or tries > 5:
            return
        d.wants_bye = tries + 1
        self.sip.sendto(data, d.source)
        self._at(time.monotonic() + T1 * 2 ** tries, self._send_bye, d, data, tries + 1)

    def _talk(self, d):
        if d.rtp and not d.plan.silent:
            self.talking.add(d)

    def _end(self, d, who):
        if d.state != "ended":
            d.state, d.ended_by = "ended", who
        self.talking.discard(d)

    def _sdp(self):
        return (f"v=0\r\no=far 1 1 IN IP4 {self.host}\r\ns=-\r\nc=IN IP4 {self.host}\r\nt=0 0\r\n"
                f"m=audio {self.rtp.getsockname()[1]} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n")

    def _reply(self, m, source, code, text, tag, sdp=""):
        to = m.header("To")
        if "tag=" not in to and code > 100:
            to += f";tag={tag}"
        lines = [f"SIP/2.0 {code} {text}", *(f"Via: {v}" for v in m.all("Via")), *(f"Record-Route: {v}" for v in m.all("Record-Route")),
                 f"From: {m.header('From')}", f"To: {to}", f"Call-ID: {m.header('Call-ID')}", f"CSeq: {m.header('CSeq')}",
                 f"Contact: <sip:far@{self.host}:{self.port}>"]
        if sdp:
            lines.append("Content-Type: application/sdp")
        data = ("\r\n".join(lines) + f"\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}").encode()
        self.sip.sendto(data, source)
        return data

    def _respond(self, d, code, text, sdp="", bare=False):
        d.last = self._reply(d.invite, d.source, code, text, d.tag, sdp)
        if not bare:
            d.code = code
