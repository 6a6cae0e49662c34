#!/usr/bin/env python3
"""A company's first day by clicks: web/e2e/walk.mjs drives the page, the real program and its simulated customers answer.

The cases of the walk are its own; here the program's side is judged: recording, spreadsheets, logs."""
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
import zipfile

import hj
import wav
from company import Company, CALLER, PASSWORD

HEAD = "客户姓名,联系电话,所在城市,备注"
# One customer a line; the numbers in the spellings lists come in.
ROWS = ["王客户1,13900000001,上海,", "王客户2,+86 139-0000-0002,北京,要发票", "王客户3,139 0000 0003,成都,", "王客户4,1.3900000004E+10,深圳,",
        "李客户5,１３９０００００００５,杭州,全角", "李客户6,13900000006/13900000007,南京,两个号码", "李客户7,8613900000008,武汉,",
        "李客户8,013900000009,西安,", "重复客户,139-0000-0001,上海,", "市民热线,12345,上海,", "空号客户,,上海,"]
PLANTED = re.compile(r"1[\s-]?39[\s-]?0000[\s-]?0\d{3}|１３９００００")


def tone(path):
    """The agent's voice: 1000 Hz with pauses, in which the customer speaks."""
    subprocess.run(["sox", "-n", "-r", "48000", "-c", "1", "-b", "16", str(path), "synth", "1.5", "sine", "1000", "vol", "0.5",
                    "pad", "0", "3.5", "repeat", "5"], check=True)


def cells(path):
    """Every cell of a workbook as text, row by row, and all its bytes unpacked."""
    with zipfile.ZipFile(path) as z:
        assert z.testzip() is None, f"{path.name} is damaged"
        ns = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
        shared = [""]
        if "xl/sharedStrings.xml" in z.namelist():
            shared = ["".join(t.text or "" for t in si.iter(f"{{{ns['m']}}}t"))
                      for si in ET.fromstring(z.read("xl/sharedStrings.xml")).findall("m:si", ns)]
        rows = []
        for name in sorted(n for n in z.namelist() if n.startswith("xl/worksheets/sheet")):
            for row in ET.fromstring(z.read(name)).iter(f"{{{ns['m']}}}row"):
                line = []
                for c in row.findall("m:c", ns):
                    v = c.findtext("m:v", "", ns)
                    inline = "".join(t.text or "" for t in c.iter(f"{{{ns['m']}}}t"))
                    line.append(shared[int(v)] if c.get("t") == "s" else inline or v)
                rows.append(line)
        return rows, "".join(z.read(n).decode("utf-8", "replace") for n in z.namelist())


def walk(c):
    """Runs the walk and passes its cases on; returns what it saw."""
    folder = c.folder / "walk"
    folder.mkdir()
    (folder / "list.csv").write_bytes(("\r\n".join([HEAD, *ROWS]) + "\r\n").encode("gb18030"))
    (folder / "proof.pdf").write_bytes(b"%PDF-1.4\n% the customers' consent\n")
    tone(folder / "tone.wav")
    link = hj.wait_for(lambda: re.search(r"https?://\S+/link\?token=\S+", c.server.stdout()))[0]
    env = {**os.environ, "HUJIAO_URL": c.url, "LINK": link, "FOLDER": str(folder), "TONE": str(folder / "tone.wav"), "PASSWORD": PASSWORD,
           "LINE_PORT": str(c.practice_port), "LINE_CALLER": CALLER, "LIST": str(folder / "list.csv"), "PROOF": str(folder / "proof.pdf"),
           "POLICY": (hj.ROOT / "practice/policy.json").read_text()}
    out = subprocess.run([str(hj.ROOT / "web/run-node"), "e2e/walk.mjs"], cwd=hj.ROOT / "web", env=env, timeout=600, capture_output=True,
                         text=True)
    print(out.stdout, end="", flush=True)
    assert out.returncode == 0, "the walk did not reach its end " + out.stderr[-1500:]
    return folder, json.loads((folder / "facts.json").read_text())


def test_first_day_by_clicks():
    c = Company(weights={"answer": 1})
    try:
        c.server.start()
        c.start_practice()
        folder, facts = walk(c)
        manager = hj.Http(c.url)
        manager.log_in("4001", PASSWORD)

        assert facts["list"]["done"] == {"新增": "8", "更新": "0", "重复": "1", "无效": "1", "拦截": "1"}, facts["list"]["done"]
        assert facts["campaign"]["added"] == 8, facts["campaign"]
        rows, text = cells(folder / "report.xlsx")
        assert len([r for r in rows if any("客户" in cell or "热线" in cell for cell in r)]) >= len(ROWS), rows
        assert not PLANTED.search(text), "a number stands in the import's report in clear"

        call = facts["call"]["id"]
        rate, (left, right) = wav.read(manager.ok("GET", f"/api/v1/calls/{call}/recording.wav"))
        assert wav.tone_share(right, 1000, rate) > 0.8, f"tone in the right channel: {wav.tone_share(right, 1000, rate):.2f}"
        assert wav.tone_share(left, 1000, rate) < 0.2, "the agent's tone is in the customer's channel"
        assert wav.seconds_of_sound(left, rate) > 0.2, "the customer is not on the left"
        card = manager.ok("GET", f"/api/v1/calls/{call}")
        assert card["score_centi"] == 850 and card["verdict"] == "fail", card
        assert [r["code"] for r in card["results"]][:2] in (["follow", "interested"], ["interested", "follow"]), card["results"]

        rows, text = cells(folder / "figures.xlsx")
        assert not PLANTED.search(text)
        day = manager.ok("GET", "/api/v1/figures?period=day&by=agent")["total"]
        flat = [cell for r in rows for cell in r]
        for name, key in (("拨打", "dialed"), ("接通", "connected"), ("意向", "interested")):
            assert facts["figures"][name]["says"] == str(day[key]), (name, facts["figures"][name], day[key])
            assert name in flat and str(day[key]) in flat, f"{name} {day[key]} is not in the export: {rows}"

        c.stop_practice()
        logs = c.server.log_path.read_text() + c.server.stdout() + (c.folder / "practice.log").read_text(errors="replace")
        found = PLANTED.search(logs)
        assert not found, f"a number stands in a log in clear: {logs[max(0, found.start() - 200):found.end() + 50]}"
    finally:
        c.close()


if __name__ == "__main__":
    hj.run(globals())
