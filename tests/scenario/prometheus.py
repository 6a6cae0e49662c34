"""Reads Prometheus text (exposition format 0.0.4) strictly: what `promtool check metrics` and a server would refuse is an
AssertionError."""
import math
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)\Z")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|\Z)')


def labels_of(text):
    found, at = {}, 0
    while at < len(text):
        m = LABEL.match(text, at)
        assert m, f"bad labels: {text}"
        assert m[1] not in found, f"label twice: {text}"
        found[m[1]] = m[2]
        at = m.end()
    return found


def value_of(text):
    v = {"+Inf": math.inf, "-Inf": -math.inf, "NaN": math.nan}.get(text)
    return float(text) if v is None else v


def check_histogram(name, series):
    by = {}
    for sample, labels, value in series:
        key = tuple(sorted((k, v) for k, v in labels.items() if k != "le"))
        by.setdefault(key, {"buckets": []})
        if sample == name + "_bucket":
            by[key]["buckets"].append((value_of(labels["le"]), value))
        else:
            by[key][sample[len(name):]] = value
    for key, h in by.items():
        bounds = [b for b, _ in h["buckets"]]
        counts = [c for _, c in h["buckets"]]
        assert bounds == sorted(set(bounds)) and bounds[-1] == math.inf, (name, key, bounds)
        assert counts == sorted(counts), (name, key, counts)
        assert h["_count"] == counts[-1] and h["_sum"] >= 0, (name, key)


def read(text):
    """{name: {"type", "help", "series": [(sample name, labels, value)]}}; every rule of the format is checked."""
    assert text.endswith("\n"), "the last line must end"
    families, seen, now = {}, set(), None
    for line in text.split("\n")[:-1]:
        assert line == line.strip() and line, f"blank or padded line: {line!r}"
        if line.startswith("# "):
            _, word, name, rest = line.split(" ", 3)
            assert word in ("HELP", "TYPE") and NAME.match(name), line
            if word == "HELP":
                assert name not in families, f"a family in two pieces: {name}"
                assert rest[0].isupper() or rest[0].isdigit(), line
                now = families[name] = {"name": name, "help": rest, "series": []}
            else:
                assert now and now["name"] == name and "type" not in now, line
                assert rest in ("counter", "gauge", "histogram"), line
                assert (rest == "counter") == name.endswith("_total"), f"counters, and only they, end in _total: {name}"
                now["type"] = rest
            continue
        m = SAMPLE.match(line)
        assert m, f"no sample: {line}"
        labels, value = labels_of(m[2] or ""), value_of(m[3])
        endings = ("_bucket", "_sum", "_count") if now["type"] == "histogram" else ("",)
        assert m[1] in [now["name"] + e for e in endings], f"{m[1]} stands under {now['name']}"
        key = (m[1], tuple(sorted(labels.items())))
        assert key not in seen, f"series twice: {line}"
        seen.add(key)
        assert now["type"] == "gauge" or value >= 0, line
        now["series"].append((m[1], labels, value))
    for name, f in families.items():
        if f["type"] == "histogram":
            check_histogram(name, f["series"])
    return families


def value(families, name, **labels):
    """The one sample with these labels; of a histogram its count."""
    f = families[name]
    want = name + "_count" if f["type"] == "histogram" else name
    found = [v for n, has, v in f["series"] if n == want and all(has.get(k) == x for k, x in labels.items())]
    assert len(found) == 1, (name, labels, found)
    return found[0]
