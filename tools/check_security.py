"""Fails when docs/security.md names a test that does not exist, a row twice, or leaves a row without test or reason.

A row is `| V2.1.1 | what holds | `file::name`, … |` or `| V2.1.1 | … | – reason |`; file is a path below the repository and
name a test in it."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
bad = rows = tested = 0
seen = set()
for n, line in enumerate((root / "docs/security.md").read_text().splitlines(), 1):
    m = re.match(r"\|\s*(V\d+\.\d+\.\d+)\s*\|[^|]*\|\s*([^|]*?)\s*\|$", line)
    if not m:
        if re.match(r"\|\s*V\d", line):
            print(f"docs/security.md:{n}: a row has three cells")
            bad += 1
        continue
    rows += 1
    if m[1] in seen:
        print(f"docs/security.md:{n}: {m[1]} stands twice")
        bad += 1
    seen.add(m[1])
    tests = re.findall(r"`([^`]+)::([^`]+)`", m[2])
    tested += bool(tests)
    if not tests and not re.match(r"– \w", m[2]):
        print(f"docs/security.md:{n}: {m[1]} names no test and gives no reason")
        bad += 1
    for file, name in tests:
        path = root / file
        if not path.is_file() or not re.search(rf"\b{re.escape(name)}\b", path.read_text()):
            print(f"docs/security.md:{n}: no test '{name}' in {file}")
            bad += 1
print(f"{rows} rows of ASVS, {tested} with tests, {bad} faults")
sys.exit(bad != 0 or rows == 0)
