#!/usr/bin/env python3
"""How fast a list becomes customers, against the engine alone.

    bench/import.py [--engines sqlite,postgres] [--formats csv,xlsx] [--into empty,million] [--rows 100000] [--times 3]

import_ratio is the time the engine takes for the rows an import left (its log of rows, customers, numbers, consents; by
prepared INSERT on SQLite, by COPY on PostgreSQL, in one transaction, into the same tables with all their indexes) divided by
the time of the import itself: reading the file in its child, classifying, sealing, committing slice by slice, applying. Both
are taken in turn on copies of the same database; the line gives the median ratio. `ratio_customers` leaves the log of rows out
of the engine's side."""
import argparse
import pathlib
import sys
import zipfile

import crowd
import line

SURNAME, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
HEAD = ["130", "135", "138", "139", "150", "158", "186", "189"]


def number_of(i):
    """The i-th number of the crowd (bench/import.c has the same rule)."""
    return f"{HEAD[i % 8]}{(i // 8 * 7919 + 13) % 100000000:08d}"


def rows(n):
    """A list as companies buy them: one row in a hundred is twice in it, one has no number."""
    yield ["姓名", "手机号码", "性别", "公司", "备注"]
    for i in range(n):
        k = crowd.CUSTOMERS + (i - 1 if i % 100 == 50 else i)
        yield [SURNAME[k % 20] + GIVEN[k // 7 % 20] + GIVEN[k // 3 % 20], "无" if i % 100 == 77 else number_of(k), "男女"[k % 2],
               f"第{k % 997}贸易有限公司", "老客户，上午联系" if k % 3 == 0 else ""]


def write_csv(path, n):
    path.write_bytes("".join(",".join(r) + "\r\n" for r in rows(n)).encode("gb18030"))


def write_xlsx(path, n):
    """As spreadsheet programs write: every text in the shared table."""
    shared, order = {}, []

    def index(text):
        if text not in shared:
            shared[text] = len(order)
            order.append(text)
        return shared[text]

    sheet = []
    for y, row in enumerate(rows(n), 1):
        cells = "".join(f'<c r="{"ABCDE"[x]}{y}" t="s"><v>{index(text)}</v></c>' for x, text in enumerate(row) if text)
        sheet.append(f'<row r="{y}">{cells}</row>')
    ns = "http://schemas.openxmlformats.org"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", f'{head}<Types xmlns="{ns}/package/2006/content-types"><Default Extension="rels" '
                   'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" '
                   'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override '
                   'PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
                   '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>')
        rel = f"{ns}/officeDocument/2006/relationships"
        z.writestr("_rels/.rels", f'{head}<Relationships xmlns="{ns}/package/2006/relationships"><Relationship Id="rId1" '
                   f'Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        z.writestr("xl/_rels/workbook.xml.rels", f'{head}<Relationships xmlns="{ns}/package/2006/relationships"><Relationship Id="rId1" '
                   f'Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{rel}/sharedStrings" '
                   'Target="sharedStrings.xml"/></Relationships>')
        z.writestr("xl/workbook.xml", f'{head}<workbook xmlns="{ns}/spreadsheetml/2006/main" xmlns:r="{rel}"><sheets><sheet name="Sheet1" '
                   'sheetId="1" r:id="rId1"/></sheets></workbook>')
        z.writestr("xl/worksheets/sheet1.xml", f'{head}<worksheet xmlns="{ns}/spreadsheetml/2006/main"><sheetData>{"".join(sheet)}'
                   '</sheetData></worksheet>')
        z.writestr("xl/sharedStrings.xml", f'{head}<sst xmlns="{ns}/spreadsheetml/2006/main" uniqueCount="{len(order)}">'
                   + "".join(f"<si><t>{t}</t></si>" for t in order) + "</sst>")


def once(engine, size, path):
    """One import and one run of the yardstick, on copies of the same database."""
    try:
        mine, key = engine.copy(size, "a")
        took = crowd.tool("run", mine, key, path)
        other, _ = engine.copy(size, "b")
        bare = crowd.tool("copy", mine, other, took["batch"])
        return took, bare
    finally:
        engine.drop("a")
        engine.drop("b")


def measure(b, engine, size, fmt, path, a):
    engine.template(size)
    ratios, strict, runs = [], [], []
    for _ in range(a.times):
        took, bare = once(engine, size, path)
        ms = took["look_ms"] + took["classify_ms"] + took["apply_ms"]
        runs.append((ms, took, bare))
        ratios.append(bare["ms"] / ms)
        strict.append((bare["ms"] - bare["import_row"]["ms"]) / ms)
        print(took, bare, file=sys.stderr)
    ms, took, bare = sorted(runs, key=lambda r: r[0])[len(runs) // 2]
    b.floor(bare["ms"], "ms", what="prepared INSERT" if engine.name == "sqlite" else "COPY", rows={t: v["rows"] for t, v in bare.items() if isinstance(v, dict)})
    b.put("import_ratio", round(line.median(ratios), 3), "1", engine=engine.name, format=fmt, into=size, rows=a.rows,
          ratio_customers=round(line.median(strict), 3), import_ms=ms, classify_ms=took["classify_ms"], apply_ms=took["apply_ms"],
          rows_per_s=round(a.rows * 1000 / ms), times=a.times)


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--engines", default="sqlite,postgres")
    a.add_argument("--formats", default="csv,xlsx")
    a.add_argument("--into", default="empty,million")
    a.add_argument("--rows", type=int, default=100_000)
    a.add_argument("--times", type=int, default=3)
    a = a.parse_args()
    b = line.Bench("import")
    crowd.KEPT.mkdir(parents=True, exist_ok=True)
    files = {}
    for fmt in a.formats.split(","):
        files[fmt] = pathlib.Path(crowd.KEPT / f"list-{a.rows}.{fmt}")
        {"csv": write_csv, "xlsx": write_xlsx}[fmt](files[fmt], a.rows)
    for name in a.engines.split(","):
        with crowd.engine(name) as engine:
            for size in a.into.split(","):
                for fmt, path in files.items():
                    measure(b, engine, size, fmt, path, a)


if __name__ == "__main__":
    main()
