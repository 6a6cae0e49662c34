"""Finds the SQL in src/ and checks the rules that let one text run on both engines: lint_sql.py BUILD [OUT]

A statement is a string literal (adjacent ones joined, macros expanded by the preprocessor) that begins with SELECT,
INSERT INTO, UPDATE, DELETE FROM or WITH. With OUT the statements are also written there, one JSON object a line, for
tests/unit/store/test_sql.c, which prepares each on both engines. The drivers' own statements are not portable by nature."""
import concurrent.futures
import json
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXEMPT = {"src/store/db_postgres.c", "src/store/db_sqlite.c", "src/store/migrate.c"}
BEGINS = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s", re.I)
TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|\'(?:[^\'\\]|\\.)*\'|^#\s*(\d+)\s+"([^"]*)".*$|(\s+)|(.)', re.M)

RULES = [
    (r'"', "a quoted name: letters, digits and _ need none"),
    (r"%[-+ 0-9.]*[sdulif]", "made by printf: SQL is static"),
    (r"::", "a cast is CAST(x AS T)"),
    (r"\b(IFNULL|NVL|GROUP_CONCAT|STRING_AGG|ILIKE|REGEXP|GLOB|PRINTF|INSTR|STRPOS)\b", "exists on one engine only"),
    (r"\b(INSERT\s+OR|REPLACE\s+INTO|ROWID|AUTOINCREMENT|LAST_INSERT_ROWID|SERIAL|PRAGMA)\b", "exists on one engine only"),
    (r"\b(STRFTIME|JULIANDAY|DATETIME|UNIXEPOCH|NOW\s*\(|CURRENT_\w+|EXTRACT\s*\(|TO_CHAR|DATE_TRUNC)", "a date function: time comes in as an argument"),
    (r"\b(JSON\w*|JSONB\w*)\s*\(", "a JSON function: only CAST(c->>'k' AS TEXT)"),
    (r"(?<!CAST\()(?<!CAST\(COALESCE\()\bSUM\s*\(", "CAST(SUM(x) AS BIGINT), as PostgreSQL's sum is numeric"),
    (r"\bAVG\s*\(", "divide two CAST(SUM(x) AS BIGINT) instead: averages differ"),
    (r"(?<!CAST\()(?<!CAST\(\w\.)\b\w+\s*->>", "CAST(c->>'k' AS TEXT)"),
    (r"->(?!>)", "only ->>"),
    (r"\bBETWEEN\s+SYMMETRIC\b|\bFOR\s+UPDATE\b|\bSKIP\s+LOCKED\b", "exists on one engine only"),
]


def tables():
    """Column names that may be NULL, by table."""
    found = {}
    for f in sorted((ROOT / "src/store/migrations").glob("*.sql")):
        text = re.sub(r"--[^\n]*", "", f.read_text(encoding="utf-8"))
        for name, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\)\s*@strict", text, re.S):
            nullable = set()
            depth, column = 0, ""
            for c in body + ",":
                depth += (c == "(") - (c == ")")
                if c == "," and depth == 0:
                    words = column.split()
                    if words and words[0] not in ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK") and "NOT NULL" not in column and "PRIMARY KEY" not in column:
                        nullable.add(words[0])
                    column = ""
                else:
                    column += c
            found[name] = nullable
    return found


NULLABLE = tables()


def order_terms(sql):
    for m in re.finditer(r"\bORDER BY\b(.*?)(?:\bLIMIT\b|\bOFFSET\b|\bON CONFLICT\b|$)", sql, re.S | re.I):
        depth, term = 0, ""
        for c in m[1] + ",":
            depth += (c == "(") - (c == ")")
            if depth < 0:
                break
            if c == "," and depth == 0:
                yield term.strip()
                term = ""
            else:
                term += c
        if depth < 0 and term.strip():
            yield term.strip()


def problems(sql):
    bare = re.sub(r"'[^']*'", "''", sql)
    for pattern, rule in RULES:
        if re.search(pattern, bare, re.I):
            yield rule
    used = {t for t in re.findall(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)", bare, re.I) if t in NULLABLE}
    for term in order_terms(bare):
        m = re.fullmatch(r"(?:\w+\.)?(\w+)(\s+(?:ASC|DESC))?", term, re.I)
        # A comparison already leaves the NULLs out.
        if m and any(m[1] in NULLABLE[t] for t in used) and not re.search(rf"\b{m[1]}\s*([<>=]|IS NOT NULL|BETWEEN|IN\b)", bare, re.I):
            yield f"ORDER BY {m[1]} may be NULL: say NULLS FIRST or NULLS LAST"


def preprocess(entry):
    args = [a for a in shlex.split(entry["command"])]
    out = args.index("-o")
    del args[out:out + 2]
    args = [a for a in args if a not in ("-MD", "-c") and not a.startswith("-fsanitize")]
    for flag in ("-MQ", "-MF"):
        if flag in args:
            i = args.index(flag)
            del args[i:i + 2]
    return subprocess.run([*args, "-E"], cwd=entry["directory"], check=True, capture_output=True, text=True).stdout


def unescape(body):
    return body.encode("utf-8").decode("unicode_escape").encode("latin-1", "surrogatepass").decode("utf-8", "replace")


def literals(text, own):
    """(line, joined literal) of the file itself, not of headers outside src/."""
    line, is_own, start, parts = 1, False, 0, []
    for m in TOKEN.finditer(text):
        if m[1] is not None:
            if not parts:
                start = line
            if is_own:
                parts.append(m[1])
            continue
        if m[2] is not None:
            line, is_own = int(m[2]) - 1, own(m[3])
            continue
        if m[4] is not None:
            line += m[4].count("\n")
            continue
        if parts:
            yield start, "".join(parts)
            parts = []


def statements(entry):
    path = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
    name = str(path.relative_to(ROOT))

    def own(file):
        p = (pathlib.Path(entry["directory"]) / file).resolve()
        return ROOT / "src" in p.parents

    found = []
    for line, body in literals(preprocess(entry), own):
        sql = unescape(body)
        if BEGINS.match(sql):
            found.append((name, line, sql))
    return found


def main():
    build = pathlib.Path(sys.argv[1])
    entries = [e for e in json.loads((build / "compile_commands.json").read_text()) if e["file"].endswith(".c")
               and ROOT / "src" in (pathlib.Path(e["directory"]) / e["file"]).resolve().parents]
    entries = [e for e in entries if str((pathlib.Path(e["directory"]) / e["file"]).resolve().relative_to(ROOT)) not in EXEMPT]
    bad, seen = 0, {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for found in pool.map(statements, entries):
            for name, line, sql in found:
                seen.setdefault(sql, (name, line))
    for sql, (name, line) in seen.items():
        for problem in problems(sql):
            print(f"{name}:{line}: {problem}\n    {sql}")
            bad += 1
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w", encoding="utf-8") as out:
            for sql, (name, line) in seen.items():
                out.write(json.dumps({"at": f"{name}:{line}", "sql": sql}) + "\n")
    print(f"{len(seen)} statements, {bad} problems")
    return 1 if bad or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
