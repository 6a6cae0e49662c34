"""Recordings as tests look at them: channels, levels, the strength of one tone. Plain Python, 8 kHz A-law or PCM16."""
import math
import struct


def _alaw(byte):
    byte ^= 0x55
    seg, man = (byte & 0x70) >> 4, byte & 0x0F
    v = (man << 4) + 8
    if seg:
        v = (v + 0x100) << (seg - 1)
    return v if byte & 0x80 else -v


ALAW = [_alaw(b) for b in range(256)]


def read(data):
    """(rate, [left, right]) of a two-channel WAV; takes the length its header claims."""
    assert data[:4] == b"RIFF" and data[8:12] == b"WAVE", "not a WAV file"
    at, fmt = 12, None
    while at + 8 <= len(data):
        name, size = data[at:at + 4], struct.unpack("<I", data[at + 4:at + 8])[0]
        if name == b"fmt ":
            fmt = struct.unpack("<HHIIHH", data[at + 8:at + 24])
        if name == b"data":
            body = data[at + 8:at + 8 + size]
            assert len(body) == size, f"the header claims {size} bytes, there are {len(body)}"
            break
        at += 8 + size + size % 2
    kind, channels, rate = fmt[:3]
    assert channels == 2, f"{channels} channels"
    samples = [ALAW[b] for b in body] if kind == 6 else list(struct.unpack(f"<{len(body) // 2}h", body))
    return rate, [samples[0::2], samples[1::2]]


def tone_share(samples, hz, rate=8000):
    """How much of the energy lies at `hz` (Goertzel over blocks of 0.1 s with any sound): 0..1."""
    block, total, at_hz = rate // 10, 0.0, 0.0
    k = 2 * math.cos(2 * math.pi * hz / rate)
    for i in range(0, len(samples) - block, block):
        part = samples[i:i + block]
        energy = sum(x * x for x in part)
        if energy < block * 100 * 100:
            continue
        s1 = s2 = 0.0
        for x in part:
            s1, s2 = x + k * s1 - s2, s1
        at_hz += 2 * (s1 * s1 + s2 * s2 - k * s1 * s2) / block
        total += energy
    return at_hz / total if total else 0.0


def seconds_of_sound(samples, rate=8000, level=300):
    block = rate // 50
    return sum(1 for i in range(0, len(samples) - block, block)
               if sum(x * x for x in samples[i:i + block]) > block * level * level) / 50
