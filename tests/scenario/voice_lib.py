"""What the voice scenarios share: the driver as an object, SIPp, tones in WAV files, and their frequencies back."""
import cmath
import json
import math
import os
import pathlib
import queue
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("HUJIAO_BUILD", HERE.parent.parent / "build"))
DRIVER = BUILD / "tests" / "voice_driver"


def free_udp(host="127.0.0.1"):
    """An even UDP port that is free for TCP too, on `host`. Below those the kernel gives out by itself, which others might
    be given before it is used."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as t:
            port = random.randrange(20000, 32000, 2)
            try:
                u.bind((host, port))
                t.bind((host, port))
            except OSError:
                continue
            return port


class Driver:
    """One voice_driver. `do` waits for the answer to a command, `event` for an event."""

    def __init__(self, **keys):
        args = [str(DRIVER)] + [f"{k}={v}" for k, v in keys.items()]
        self.p = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.q = queue.Queue()
        self.seen = []
        threading.Thread(target=self._read, daemon=True).start()
        ready = self.event("READY")
        self.sip_port, self.web_port = ready["sip_port"], ready["web_port"]

    def _read(self):
        for line in self.p.stdout:
            self.q.put(json.loads(line))
        self.q.put(None)

    def _next(self, until):
        left = until - time.monotonic()
        try:
            m = self.q.get(timeout=max(left, 0.001))
        except queue.Empty:
            return None
        assert m is not None, f"the driver ended with {self.p.wait()}"
        self.seen.append(m)
        return m

    def _find(self, match, seconds, what):
        until = time.monotonic() + seconds
        for m in self.seen:
            if match(m):
                self.seen.remove(m)
                return m
        while time.monotonic() < until:
            m = self._next(until)
            if m and match(m):
                self.seen.remove(m)
                return m
        raise AssertionError(f"no {what} in {seconds} s; seen {self.seen}")

    def do(self, command, ok=True, seconds=5):
        self.p.stdin.write(command + "\n")
        self.p.stdin.flush()
        m = self._find(lambda m: m.get("re") == command.split()[0], seconds, f"answer to '{command}'")
        assert m["ok"] == ok, (command, m)
        return m

    def event(self, kind, leg=None, seconds=10):
        return self._find(lambda m: m.get("ev") == kind and (leg is None or m["leg"] == leg), seconds, f"{kind} of leg {leg}")

    def has(self, kind, leg=None):
        """Whether the event came already; it stays unseen."""
        while True:
            m = self._next(time.monotonic())
            if m is None:
                break
        return any(m.get("ev") == kind and (leg is None or m["leg"] == leg) for m in self.seen)

    def close(self):
        if self.p.poll() is None:
            try:
                self.p.stdin.write("quit\n")
                self.p.stdin.flush()
                self.p.wait(10)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self.p.kill()
                self.p.wait()
        assert self.p.returncode in (0, -9), f"the driver ended with {self.p.returncode}"


class Box:
    """A temporary folder and drivers and SIPps that end with it."""

    def __enter__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="voice."))
        self.drivers, self.sipps = [], []
        return self

    def __exit__(self, kind, *_):
        try:
            for d in self.drivers:
                d.close()
        finally:
            for p in self.sipps:
                if p.poll() is None:
                    p.kill()
                p.wait()
            if kind:
                for f in sorted(self.dir.glob("*.err")):
                    print(f"--- {f.name}\n{f.read_text()[:2000]}", file=sys.stderr)
            shutil.rmtree(self.dir, ignore_errors=True)

    def driver(self, **keys):
        d = Driver(**keys)
        self.drivers.append(d)
        return d

    def sipp(self, scenario, *args, name="sipp"):
        """Runs a scenario text; extra args as SIPp's. Loopback, no terminal."""
        xml = self.dir / f"{name}.xml"
        xml.write_text(scenario)
        p = subprocess.Popen(
            ["sipp", "-sf", str(xml), "-nostdin", "-i", "127.0.0.1", "-mi", "127.0.0.1", "-trace_err", "-error_file",
             str(self.dir / f"{name}.err"), "-m", "1", *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.dir)
        self.sipps.append(p)
        return p


def tone_wav(path, hz, seconds, rate=8000, level=8000):
    """A mono PCM16 file with a sine."""
    n = int(seconds * rate)
    data = b"".join(struct.pack("<h", int(level * math.sin(2 * math.pi * hz * i / rate))) for i in range(n))
    head = b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
    pathlib.Path(path).write_bytes(head + b"data" + struct.pack("<I", len(data)) + data)
    return str(path)


def _alaw(byte):
    byte ^= 0x55
    seg, low = (byte >> 4) & 7, (byte & 15) << 4
    v = low + 8 if seg == 0 else (low + 0x108) << (seg - 1)
    return v if byte & 0x80 else -v


ALAW = [_alaw(i) for i in range(256)]


def read_alaw(path):
    """Header fields and the two channels of a recording."""
    b = pathlib.Path(path).read_bytes()
    fmt, channels, rate = struct.unpack_from("<HHI", b, 20)
    assert b[:4] == b"RIFF" and b[50:54] == b"data", "no recording header"
    n = struct.unpack_from("<I", b, 54)[0]
    data = b[58:58 + n]
    assert len(data) == n, f"the header promises {n} bytes, there are {len(data)}"
    return {"format": fmt, "channels": channels, "rate": rate, "seconds": n / 2 / 8000,
            "left": [ALAW[x] for x in data[0::2]], "right": [ALAW[x] for x in data[1::2]]}


def power(samples, hz, rate=8000):
    """Share of the energy at `hz` (0..1) of 0.5 s windows, median; 0 for silence."""
    shares = []
    size = rate // 2
    for at in range(0, len(samples) - size + 1, size):
        win = samples[at:at + size]
        total = sum(x * x for x in win)
        if total < size * 900:
            shares.append(0.0)
            continue
        s = sum(x * cmath.exp(-2j * math.pi * hz * i / rate) for i, x in enumerate(win))
        shares.append(2 * abs(s) ** 2 / size / total)
    shares.sort()
    return shares[len(shares) // 2] if shares else 0.0


def loud(samples):
    """RMS."""
    return math.sqrt(sum(x * x for x in samples) / len(samples)) if samples else 0.0


def alaw_file(path, hz, seconds, level=8000):
    """Raw A-law for SIPp's rtp_stream."""
    nearest = {}
    out = bytearray()
    for i in range(int(seconds * 8000)):
        v = int(level * math.sin(2 * math.pi * hz * i / 8000)) >> 4
        if v not in nearest:
            nearest[v] = min(range(256), key=lambda b: abs(ALAW[b] - (v << 4)))
        out.append(nearest[v])
    pathlib.Path(path).write_bytes(out)
    return str(path)


# ---- SIPp scenarios, put together from steps ----

SDP = """Content-Type: application/sdp
Content-Length: [len]

v=0
o=u 1 {version} IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
{media}
"""
AUDIO = """m=audio [rtpstream_audio_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a={dir}"""
NO_BODY = "Content-Length: [len]\n"


def sdp(direction="sendrecv", version=1, media=None):
    return SDP.format(version=version, media=media or AUDIO.format(dir=direction))


def step_send(text, retrans=False):
    lines = "\n".join("      " + line for line in text.strip().split("\n"))
    again = ' retrans="500"' if retrans else ""
    return f"<send{again}><![CDATA[\n\n{lines}\n\n      ]]></send>"


def answer(code, reason, body=NO_BODY, extra="", tag=";tag=[pid]S[call_number]"):
    """The called side's response to the last request."""
    return step_send(f"""SIP/2.0 {code} {reason}
[last_Via:]
[last_From:]
[last_To:]{tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
{extra}{body}""", retrans=200 <= code < 300 and body is not NO_BODY)


def ask(method, cseq, body=NO_BODY, extra="", in_dialog=True):
    """A request of the calling side."""
    tag = "[peer_tag_param]" if in_dialog else ""
    return step_send(f"""{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:02131110000@[local_ip]:[local_port]>;tag=[pid]T[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>{tag}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>
Max-Forwards: 70
{extra}{body}""", retrans=method not in ("ACK", "CANCEL"))


def expect(what, optional=False):
    kind = "response" if what.isdigit() else "request"
    maybe = ' optional="true"' if optional else ""
    return f'<recv {kind}="{what}"{maybe}></recv>'


def pause(ms):
    return f'<pause milliseconds="{ms}"/>'


def stream(path):
    return f'<nop><action><exec rtp_stream="{path},-1,8"/></action></nop>'


def pcap(name):
    return f'<nop><action><exec play_pcap_audio="/usr/share/sip-tester/{name}.pcap"/></action></nop>'


def scenario(*steps):
    return '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="t">\n' + \
        "\n".join(steps) + "\n</scenario>\n"


def finished(p, seconds=15):
    """Waits for SIPp and says whether every step went as written."""
    return p.wait(seconds) == 0
