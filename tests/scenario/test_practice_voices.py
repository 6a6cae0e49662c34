#!/usr/bin/env python3
"""A recording in practice/voices/ takes the place of the synthetic speech of its line, and of that line only."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import hj
import wav

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TONE_HZ, LINE = 440, "refuse_short-03"  # 不需要，谢谢。


def render(practice, out):
    subprocess.run([sys.executable, str(ROOT / "tools/render_voices.py"), "--practice", str(practice), "--out", str(out)], check=True)
    return json.loads((out / "bank.json").read_text())


def small_practice(folder):
    """One dialogue, a voice a side and few names: seconds, not a minute."""
    (folder / "dialogues").mkdir(parents=True)
    shutil.copy(ROOT / "practice/dialogues/refuse_short.json", folder / "dialogues")
    head = json.loads((ROOT / "practice/voices.json").read_text())
    head["voices"] = [next(v for v in head["voices"] if v["side"] == side) for side in ("customer", "agent")]
    head["names"]["姓"] = head["names"]["姓"][:1]
    (folder / "voices.json").write_text(json.dumps(head))


def spoken(out, bank, text):
    """The A-law of a customer's piece, as linear samples."""
    voice = next(v for v in bank["voices"] if v["side"] == "customer")
    at, n = voice["at"][bank["pieces"]["customer"].index(text)]
    return [wav.ALAW[b] for b in (out / voice["file"]).read_bytes()[at:at + n]]


def test_a_recording_takes_the_place_of_its_line():
    with tempfile.TemporaryDirectory() as tmp:
        practice, out = pathlib.Path(tmp) / "practice", pathlib.Path(tmp) / "out"
        small_practice(practice)
        before = render(practice, out)
        assert before["synthetic"] is True
        other = spoken(out, before, "喂？")
        assert wav.tone_share(spoken(out, before, "不需要，谢谢。"), TONE_HZ) < 0.5
        (practice / "voices").mkdir()
        subprocess.run(["sox", "-n", "-r", "48000", "-c", "2", str(practice / "voices" / f"{LINE}.wav"), "synth", "1.5", "sine", str(TONE_HZ)],
                       check=True)
        after = render(practice, out)
        assert after["synthetic"] is False
        tone = spoken(out, after, "不需要，谢谢。")
        assert 1.4 * 8000 < len(tone) < 1.6 * 8000, len(tone)
        assert wav.tone_share(tone, TONE_HZ) > 0.8
        assert abs(len(spoken(out, after, "喂？")) - len(other)) < 80


hj.run(globals())
