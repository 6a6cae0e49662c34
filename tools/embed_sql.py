"""Writes the migrations of a folder into one C file: embed_sql.py FOLDER OUT.c"""
import pathlib
import re
import sys

folder, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
files = sorted(folder.glob("*.sql"))
numbers = [f.name[:4] for f in files]
for f in files:
    if not re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", f.name):
        sys.exit(f"{f}: a migration is named NNNN_area.sql")
if len(set(numbers)) != len(numbers):
    sys.exit(f"{folder}: two migrations have one number")


text = '/* Made by tools/embed_sql.py from the migrations. */\n#include "store/migrate_int.h"\n\n'
for f in files:
    # As bytes: C17 promises string literals of 4095 only.
    body = ",".join(str(b if b < 128 else b - 256) for b in f.read_bytes()) + ",0"
    text += f"static const char M{f.name[:4]}[] = {{ {body} }};\n"
text += "\nconst struct migration MIGRATIONS[] = {\n"
for f in files:
    text += f'\t{{ {int(f.name[:4])}, "{f.stem}", M{f.name[:4]} }},\n'
text += "};\nconst size_t N_MIGRATIONS = sizeof MIGRATIONS / sizeof *MIGRATIONS;\n"

# An unchanged file keeps its time, so nothing is compiled again.
if not out.exists() or out.read_text(encoding="utf-8") != text:
    out.write_text(text, encoding="utf-8")
