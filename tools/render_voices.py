#!/usr/bin/env python3
"""Renders practice/dialogues/*.json to speech: OUT/<voice>.alaw (8 kHz A-law, all pieces of one voice
behind each other) and OUT/bank.json, the manifest that audio/bank.h reads.

A line is cut at its {placeholders} into pieces; a piece is rendered once per voice of its side. Names that
fill placeholders are pieces too. Debian's espeak-ng knows few Chinese characters but reads pinyin well, so
pieces go through ICU (uconv) first; "readings" in voices.json correct characters with several readings. A recording practice/voices/<dialogue>-<line>.wav (line from 1, two
digits) takes the place of the synthetic speech of that line. The work is skipped when the inputs' hash is
the one in OUT/bank.json."""
import argparse
import array
import ctypes
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

RATE_IN_HZ, RATE_HZ = 22050, 8000
PAD = RATE_IN_HZ // 50  # 20 ms between pieces, so that the resampler does not smear one into the next


class Espeak:
    """libespeak-ng in this process: a process per line would spend its time loading the dictionary."""

    SYNC, RATE, PITCH, UTF8, END_PAUSE = 2, 1, 3, 1, 0x1000

    def __init__(self):
        self.lib = ctypes.CDLL("libespeak-ng.so.1")
        self.rate_hz = self.lib.espeak_Initialize(self.SYNC, 0, None, 0)
        if self.rate_hz != RATE_IN_HZ:
            sys.exit("espeak-ng: cannot start, or another sample rate than %d" % RATE_IN_HZ)
        self.callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)(self.take)
        self.lib.espeak_SetSynthCallback(self.callback)
        self.out = array.array("h")

    def take(self, samples, n, _events):
        if samples and n > 0:
            self.out.frombytes(ctypes.string_at(samples, n * 2))
        return 0

    def voice(self, v):
        if self.lib.espeak_SetVoiceByName(v["voice"].encode()):
            sys.exit("espeak-ng has no voice " + v["voice"])
        self.lib.espeak_SetParameter(self.RATE, v["wpm"], 0)
        self.lib.espeak_SetParameter(self.PITCH, v["pitch"], 0)

    def say(self, text):
        self.out = array.array("h")
        raw = text.encode() + b"\0"
        if self.lib.espeak_Synth(raw, ctypes.c_size_t(len(raw)), 0, 0, 0, self.UTF8, None, None):
            sys.exit("espeak-ng refused: " + text)
        self.lib.espeak_Synchronize()
        return trimmed(self.out)


def trimmed(s, quiet=300, keep=RATE_IN_HZ // 40):
    """Without the silence at both ends, but for 25 ms."""
    a, b = 0, len(s)
    while a < b and abs(s[a]) < quiet:
        a += 1
    while b > a and abs(s[b - 1]) < quiet:
        b -= 1
    return s[max(0, a - keep):b + keep]


def recording(path):
    raw = subprocess.run(["sox", str(path), "-t", "raw", "-r", str(RATE_IN_HZ), "-e", "signed", "-b", "16", "-c", "1", "-"],
                         check=True, capture_output=True).stdout
    return trimmed(array.array("h", raw[:len(raw) // 2 * 2]))


def pinyin(texts, readings):
    """Pinyin with tone numbers of every text. A corrected word passes ICU as one private character."""
    words = sorted(readings, key=len, reverse=True)
    marks = {w: chr(0xE000 + i) for i, w in enumerate(words)}
    lines = []
    for t in texts:
        for w in words:
            t = t.replace(w, " " + marks[w] + " ")
        lines.append(t)
    raw = subprocess.run(["uconv", "-f", "utf-8", "-t", "utf-8", "-x", "Han-Latin; Latin-NumericPinyin"],
                         input="\n".join(lines).encode(), check=True, capture_output=True).stdout.decode()
    out = []
    for line in raw.split("\n"):
        for w in words:
            line = line.replace(marks[w], readings[w])
        line = line.translate(str.maketrans("，。？！、：；", ",.?!,::"))
        line = re.sub(r"([,.?!:])(?=\S)", r"\1 ", line)
        line = re.sub(r"([1-5])(?=[a-zü])", r"\1 ", line)
        out.append(re.sub(r"([a-zü])(?![a-zü1-5])", r"\g<1>5", line))  # no number: the neutral tone
    assert len(out) == len(texts)
    return out


def cut(text):
    return [p for p in re.split(r"(\{[^}]+\})", text) if p]


def speakable(piece):
    return re.search(r"\w", piece) is not None


def plan(dialogues, names, recordings):
    """The pieces of each side, and each dialogue's lines as lists of pieces."""
    pieces = {"customer": {}, "agent": {}}

    def add(side, text, path=None):
        key = (text, path)
        return pieces[side].setdefault(key, len(pieces[side]))

    for d in dialogues:
        for i, line in enumerate(d["lines"]):
            path = recordings.get("%s-%02d" % (d["key"], i + 1))
            parts = [line["text"]] if path else cut(line["text"])
            line["pieces"] = [p if p.startswith("{") and not path else add(line["side"], p, path)
                              for p in parts if path or speakable(p)]
            # Text that is not spoken (a comma between two placeholders) still belongs to the sentence.
            line["parts"] = parts
    for company in names["公司"]:
        add("agent", company)
    for digit in names["数字"]:
        add("agent", digit)
    for surname in names["姓"]:
        for title in names["尊称"]:
            add("agent", surname + title)
    return pieces


def render(voices, pieces, readings, out):
    tts = Espeak()
    where = {}
    spoken = {side: pinyin([t for t, _ in pieces[side]], readings) for side in pieces}
    for v in voices:
        tts.voice(v)
        raw, spans = array.array("h"), []
        for (_, path), text in zip(pieces[v["side"]], spoken[v["side"]]):
            s = recording(path) if path else tts.say(text)
            spans.append((len(raw), len(s)))
            raw.extend(s)
            raw.extend([0] * PAD)
        with tempfile.NamedTemporaryFile(suffix=".raw") as f:
            raw.tofile(f)
            f.flush()
            subprocess.run(["sox", "-t", "raw", "-r", str(RATE_IN_HZ), "-e", "signed", "-b", "16", "-c", "1", f.name,
                            "-t", "raw", "-r", str(RATE_HZ), "-e", "a-law", "-c", "1", str(out / (v["id"] + ".alaw")),
                            "gain", "-n", "-4", "highpass", "200", "sinc", "-3600"], check=True, stderr=subprocess.DEVNULL)
        size = (out / (v["id"] + ".alaw")).stat().st_size
        where[v["id"]] = [[min(a * RATE_HZ // RATE_IN_HZ, size), min(n * RATE_HZ // RATE_IN_HZ, size - a * RATE_HZ // RATE_IN_HZ)]
                          for a, n in spans]
    return where


def inputs(practice, script):
    files = [script, practice / "voices.json"] + sorted((practice / "dialogues").glob("*.json")) + sorted((practice / "voices").glob("*.wav"))
    h = hashlib.sha256()
    for f in files:
        h.update(f.name.encode() + b"\0" + f.read_bytes())
    return h.hexdigest()


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("--practice", type=pathlib.Path, required=True, help="the practice/ folder")
    ap.add_argument("--out", type=pathlib.Path, required=True)
    a = ap.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    digest = inputs(a.practice, pathlib.Path(__file__))
    manifest = a.out / "bank.json"
    if manifest.exists() and json.loads(manifest.read_text()).get("inputs") == digest:
        return
    head = json.loads((a.practice / "voices.json").read_text())
    dialogues = [json.loads(f.read_text()) for f in sorted((a.practice / "dialogues").glob("*.json"))]
    recordings = {f.stem: f for f in (a.practice / "voices").glob("*.wav")}
    pieces = plan(dialogues, head["names"], recordings)
    where = render(head["voices"], pieces, head["readings"], a.out)
    version = subprocess.run(["espeak-ng", "--version"], capture_output=True, text=True, check=True).stdout.split("Data at")[0].strip()
    bank = {"inputs": digest, "synthetic": not recordings, "zh": head["zh"], "en": head["en"], "engine": version, "rate_hz": RATE_HZ,
            "voices": [{"id": v["id"], "side": v["side"], "gender": v["gender"], "file": v["id"] + ".alaw", "at": where[v["id"]]}
                       for v in head["voices"]],
            "pieces": {side: [t for t, _ in pieces[side]] for side in pieces},
            "dialogues": dialogues}
    tmp = manifest.with_suffix(".tmp")
    tmp.write_text(json.dumps(bank, ensure_ascii=False))
    tmp.rename(manifest)


main()
