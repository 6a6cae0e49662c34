"""Fails when docs/coverage.md names a test that does not exist or a ledger row twice.

A row is `| A-QA-12 | what is covered | tests |`; tests are `file::name`, comma separated, where file is a
path below the repository and name a test in it: a C function, a Python function, or a title in quotes."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
bad = 0
seen = set()
rows = 0
for n, line in enumerate((root / "docs/coverage.md").read_text().splitlines(), 1):
    m = re.match(r"\|\s*([AB]-[A-Z]+-\d+)\s*\|[^|]*\|([^|]*)\|", line)
    if not m:
        continue
    rows += 1
    if m[1] in seen:
        print(f"docs/coverage.md:{n}: {m[1]} stands twice")
        bad += 1
    seen.add(m[1])
    tests = re.findall(r"`([^`]+)::([^`]+)`", m[2])
    if not tests:
        print(f"docs/coverage.md:{n}: {m[1]} names no test")
        bad += 1
    for file, name in tests:
        path = root / file
        if not path.is_file() or name not in path.read_text():
            print(f"docs/coverage.md:{n}: no test '{name}' in {file}")
            bad += 1
print(f"{rows} ledger rows, {bad} faults")
sys.exit(bad != 0 or rows == 0)
