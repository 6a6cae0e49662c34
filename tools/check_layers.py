"""Fails when a source file includes a header of an area that tools/layers.txt does not grant it."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
allowed = {}
for line in (pathlib.Path(__file__).parent / "layers.txt").read_text().splitlines():
    if line and not line.startswith("#"):
        area, _, grants = line.partition(":")
        allowed[area] = {area, "base", *grants.split()}

bad = 0
for f in sorted(root.glob("*/**/*.[ch]")):
    area = f.relative_to(root).parts[0]
    if area not in allowed:
        print(f"{f}: area {area}/ is not in tools/layers.txt")
        bad += 1
        continue
    for n, line in enumerate(f.read_text().splitlines(), 1):
        m = re.match(r'\s*#\s*include\s+"([a-z]+)/', line)
        if m and m[1] not in allowed[area]:
            print(f"{f}:{n}: {area}/ may not include {m[1]}/")
            bad += 1
sys.exit(bad != 0)
