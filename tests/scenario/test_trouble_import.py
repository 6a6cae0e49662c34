#!/usr/bin/env python3
"""Bad files through the real door while a call is up: each ends in clear words, nothing is half-imported, the conversation's recording has
no gap. And the child that reads files is killed or crashes: one import fails or waits to be read again, keeps its file, others are not touched."""
import io
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time
import zipfile

import hj

sys.path.insert(0, str(hj.ROOT / "tests" / "soak"))
import farend  # noqa: E402
import floor  # noqa: E402

BIG_BYTES = 2 << 30
ALAW_SILENCE = 0xD5
FACTS = {"source": "官网留资", "supplier": "自有", "basis": "web", "purpose": "marketing"}


class Call:
    """One conversation that lasts as long as the test."""

    def __init__(self):
        self.f = floor.Floor(lambda _: farend.Plan(ring=0.05, answer=0.2), agents=1, customers=1)

        def talking():
            """the agent talks with the customer"""
            desk = self.f.c.agents[0].ok("GET", "/api/v1/desk")
            return desk if desk["state"] == "talking" else None

        self.id = hj.wait_for(talking, 60)["call"]["id"]
        self.manager = self.f.c.manager
        self.pid = self.f.c.server.process.pid

    def customers(self):
        return self.manager.ok("GET", "/api/v1/customers?size=1")["total"]

    def memory_kb(self):
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("RssAnon"))

    def workers(self):
        """pids of children that read a file"""
        found = []
        for p in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if int((p / "stat").read_text().rpartition(")")[2].split()[1]) == self.pid and b"worker" in (p / "cmdline").read_bytes():
                    found.append(int(p.name))
            except (OSError, ValueError):
                continue
        return found

    def stored_bytes(self):
        return sum(p.stat().st_size for p in (self.f.c.folder / "data").rglob("*")
                   if p.is_file() and "recordings" not in p.parts and not p.name.startswith("hujiao.db"))

    def end_and_listen(self):
        """Hangs up; the customer's channel of the recording must be speech from end to end."""
        time.sleep(5)  # a quick machine is through with all the trouble in a second: something to listen to
        self.f.c.agents[0].ok("POST", f"/api/v1/calls/{self.id}/hangup")

        def kept():
            """the recording is closed"""
            db = self.f.db()
            try:
                row = db.execute("SELECT path, duration_ms, gap_ms FROM recording WHERE call_id = ? AND state = 'closed'", (self.id,)).fetchone()
                return dict(row) if row else None
            finally:
                db.close()

        got = hj.wait_for(kept, 60)
        data = (self.f.c.folder / "data" / "recordings" / got["path"]).read_bytes()
        left = data[58:][::2]
        talk = left[8000:len(left) - 8000]  # from a second in to a second before the end
        frames = [talk[i:i + 800] for i in range(0, len(talk) - 800, 800)]
        silent = sum(all(b == ALAW_SILENCE for b in f) for f in frames)
        mute_s = sum(0.1 + s for s in self.f.far.stalls)  # the customer himself was late to speak
        assert len(frames) > 20 and silent * 0.1 <= mute_s + 0.1 and not got["gap_ms"], \
            f"{silent} of {len(frames)} tenths of a second are silent, {mute_s:.1f} s by the customer; {got['gap_ms']} ms of gaps"

    def close(self):
        self.f.close()


# ---- files ----

def workbook(sheet, strings=None):
    parts = {
        "[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>",
        "xl/workbook.xml": "<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' xmlns:r='http://schemas.openxmlformats.org/"
                           "officeDocument/2006/relationships'><sheets><sheet name='a' sheetId='1' r:id='rId1'/></sheets></workbook>",
        "xl/_rels/workbook.xml.rels": "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'><Relationship Id='rId1' "
                                      "Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet' "
                                      "Target='worksheets/sheet1.xml'/></Relationships>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in parts.items():
            z.writestr(name, text)
        with z.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for piece in sheet:
                part.write(piece)
    return out.getvalue()


def bomb():
    """300 MB of rows that pack to almost nothing."""
    yield b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
    row = b"<row><c t='inlineStr'><is><t>" + b"0" * 30000 + b"</t></is></c></row>"
    for _ in range(10000):
        yield row
    yield b"</sheetData></worksheet>"


def locked():
    """What a password makes of a workbook: an OLE file with the streams EncryptionInfo and EncryptedPackage."""
    sector, free, end, fat = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    head = struct.pack("<8s16xHHHHH6xIIIIIIIII", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0)
    head += struct.pack("<I", 0) + struct.pack("<I", free) * 108
    table = struct.pack("<II", fat, end) + struct.pack("<I", free) * 126

    def entry(name, kind, child=free, right=free):
        text = name.encode("utf-16-le") + b"\0\0"
        return text.ljust(64, b"\0") + struct.pack("<HBBIII16x4x8x8xIQ", len(text), kind, 1, free, right, child, end, 0)

    directory = entry("Root Entry", 5, child=1) + entry("EncryptionInfo", 2, right=2) + entry("EncryptedPackage", 2) + b"\0" * 128
    return head + table + directory.ljust(sector, b"\0")


def bad_files():
    good = workbook([b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData><row><c t='inlineStr'><is><t>a"
                     b"</t></is></c></row></sheetData></worksheet>"])
    return {
        "cut.xlsx": good[:len(good) // 2],
        "damaged.xlsx": good[:60] + bytes(b ^ 0x5A for b in good[60:300]) + good[300:],
        "password.xlsx": locked(),
        "bomb.xlsx": workbook(bomb()),
        "picture.csv": bytes(range(256)) * 400,
        "wide.csv": (",".join(f"列{i}" for i in range(10000)) + "\n" + ",".join("1" * 10000) + "\n").encode(),
        "wide.xlsx": workbook([b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData><row>",
                               b"<c t='inlineStr'><is><t>x</t></is></c>" * 10000, b"</row></sheetData></worksheet>"]),
        "empty.csv": b"",
    }


# ---- 2 GB ----

def stream(call, chunked):
    """(status, body, bytes sent) of a process of its own that sends 2 GB: this one is the customer, too, and has to speak."""
    cookie = "; ".join(f"{k.name}={k.value}" for k in call.manager.jar)
    done = subprocess.run([sys.executable, __file__, "--stream", str(call.f.c.http_port), cookie, str(int(chunked))], check=True,
                          stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def send_stream(port, cookie, chunked):
    """Sends 2 GB without ever having it, until the server answers or shuts. Prints [status, body, bytes sent]."""
    head = (f"POST /api/v1/imports?file_name=big.csv HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
            "Content-Type: application/octet-stream\r\nAccept-Language: zh-CN\r\nConnection: close\r\n"
            + ("Transfer-Encoding: chunked\r\n" if chunked else f"Content-Length: {BIG_BYTES}\r\n") + "\r\n")
    line = "客户,13900000001\n".encode() * 3000
    piece = (f"{len(line):x}\r\n".encode() + line + b"\r\n") if chunked else line
    s = socket.create_connection(("127.0.0.1", port), timeout=120)
    sent, answer = 0, b""
    try:
        s.sendall(head.encode())
        while sent < BIG_BYTES:
            s.sendall(piece)
            sent += len(line)
            s.setblocking(False)
            try:
                answer = s.recv(65536)
                break
            except BlockingIOError:
                pass
            finally:
                s.setblocking(True)
                s.settimeout(120)
        else:
            if chunked:
                s.sendall(b"0\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        pass
    try:
        while more := s.recv(65536):
            answer += more
    except OSError:
        pass
    s.close()
    status = int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else 0
    print(json.dumps([status, answer.partition(b"\r\n\r\n")[2].decode("utf-8", "replace"), sent]))


def two_gigabytes_are_refused_in_flat_memory(call):
    before_kb, stored = call.memory_kb(), call.stored_bytes()
    for chunked in (False, True):
        status, body, sent = stream(call, chunked)
        assert sent < 128 << 20, f"chunked={chunked}: it read {sent >> 20} MB before it said no"
        if chunked and status == 0:
            continue  # who does not say how much is to come is cut off behind the limit
        assert status == 413, f"chunked={chunked}: status {status} after {sent >> 20} MB: {body[:300]}"
        problem = json.loads(body[body.index("{"):body.rindex("}") + 1])
        assert problem["code"] == "body_too_big" and "64 MB" in problem["detail"], problem
    assert call.memory_kb() - before_kb < 40 << 10, f"memory went from {before_kb} to {call.memory_kb()} KB"
    assert call.stored_bytes() - stored < 1 << 20, "something of it stayed on the disk"


def judged_and_failed(call, batch):
    judge(call, batch)

    def failed():
        """the import has failed"""
        got = state(call, batch)
        return got if got["state"] == "failed" else None

    got = hj.wait_for(failed, 120)
    return got["error_code"], got["error"]


def bad_files_are_refused_with_words(call, files):
    before, stored = call.customers(), call.stored_bytes()
    for name, data in files.items():
        status, problem, _ = call.manager.call("POST", f"/api/v1/imports?file_name={name}", raw=data, headers={"Accept-Language": "zh-CN"},
                                               timeout=120)
        if status == 201:  # its first rows looked well
            code, words = judged_and_failed(call, problem["id"])
            stored = call.stored_bytes()  # kept for whoever asks what was in it
        else:
            assert status in (400, 413), f"{name}: {status} {problem}"
            code, words = problem["code"], problem["detail"]
        assert code and any("一" <= ch <= "鿿" for ch in words) and "第 0 行" not in words, f"{name}: {code} {words}"
        print(f"# {name}: {words}")
    assert call.customers() == before and call.stored_bytes() - stored < 1 << 20
    assert not call.workers(), "a reader is left"


# ---- the child dies ----

def upload(call, name, rows, first):
    text = "姓名,手机号\n" + "".join(f"客户{i},{first + i}\n" for i in range(rows))
    batch = call.manager.ok("POST", f"/api/v1/imports?file_name={name}", raw=text.encode())["id"]
    return batch


def judge(call, batch):
    call.manager.ok("PUT", f"/api/v1/imports/{batch}", {"mapping": {"0": "name", "1": "phone"}, "facts": {**FACTS, "responsible_id": call.manager.id}})


def state(call, batch):
    return call.manager.ok("GET", f"/api/v1/imports/{batch}")


def catch_worker(call, batch):
    """Stops the child once it has this import's file open."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for pid in call.workers():
            try:
                if any(os.readlink(fd).endswith(f"/{batch}") for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir()):
                    os.kill(pid, signal.SIGSTOP)
                    return pid
            except OSError:
                continue
        if state(call, batch)["state"] not in ("uploaded", "classifying"):
            break
    return None


def a_reader_that_dies_fails_one_import_and_keeps_its_file(call):
    def small(number):
        batch = upload(call, "small.csv", 20, number)
        judge(call, batch)

        def done():
            """the small import is judged"""
            return state(call, batch)["state"] == "classified"

        hj.wait_for(done, 60)

    # As the kernel ends a process when memory runs out, and as a file ends one that it has led astray.
    for sig, first in ((signal.SIGKILL, 13800200000), (signal.SIGSEGV, 13800400000)):
        batch = upload(call, "large.csv", 60000, first)
        judge(call, batch)
        pid = catch_worker(call, batch)
        assert pid, "no reader was seen"
        os.kill(pid, sig)
        os.kill(pid, signal.SIGCONT)

        def settled():
            """the big import failed with words, or waits to be read again, or was read after all"""
            got = state(call, batch)
            if got["state"] in ("failed", "classified"):
                return got
            db = call.f.db()
            try:
                job = db.execute("SELECT attempts, error FROM job WHERE kind LIKE 'crm.import%' AND args LIKE ? ORDER BY id DESC",
                                 (f"%{batch}%",)).fetchone()
                return got if job and job["attempts"] >= 1 and job["error"] else None
            finally:
                db.close()

        got = hj.wait_for(settled, 120)
        print(f"# {sig.name}: {got['state']}, {got['rows_done']} rows, {got['error']}")
        assert got["state"] != "classified", "it was read to its end by a dead reader"
        assert (call.f.c.folder / "data" / "imports" / batch).stat().st_size > 1 << 20, "its file is gone"
        small(first - 100000000)
        call.manager.call("POST", f"/api/v1/imports/{batch}/cancel")


def test_bad_files_and_dying_readers_leave_the_call_alone():
    files = bad_files()  # made before anybody talks: it takes this process some seconds
    call = Call()
    try:
        bad_files_are_refused_with_words(call, files)
        two_gigabytes_are_refused_in_flat_memory(call)
        a_reader_that_dies_fails_one_import_and_keeps_its_file(call)
        desk = call.f.c.agents[0].ok("GET", "/api/v1/desk")
        assert desk["state"] == "talking" and desk["call"]["id"] == call.id
        call.end_and_listen()
    finally:
        call.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--stream"]:
        send_stream(int(sys.argv[2]), sys.argv[3], sys.argv[4] == "1")
    else:
        hj.run(globals())
