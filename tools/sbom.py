#!/usr/bin/env python3
"""What the product is made of, with licences: sbom.py [--check] [--binary FILE]

Debian libraries come from what the binary links (ldd, dpkg), packages of the page from its lock file (those of development
left out). Licences of Debian packages are decided in packaging/licences.txt, because a copyright file also names the
licences of its tests and build scripts; each decision must be found in that file again. Writes out/sbom.cdx.json
(CycloneDX 1.5) and docs/licences.md. --check writes nothing and fails when a component is unknown, a licence may not be
linked into a program under Apache-2.0, or docs/licences.md is old."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent
DECISIONS = ROOT / "packaging" / "licences.txt"
DOC = ROOT / "docs" / "licences.md"
OUT = ROOT / "out" / "sbom.cdx.json"

# What a program under Apache-2.0 may link dynamically or ship in its page. GPL without an exception is not among them.
ALLOWED = {
    "MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Attribution", "Apache-2.0", "Zlib", "curl", "PostgreSQL",
    "ICU", "Unicode-DFS-2016", "OLDAP-2.8", "bzip2-1.0.6", "blessing", "CC0-1.0", "Unlicense", "MPL-1.1", "MPL-2.0", "LGPL-2.0-or-later",
    "LGPL-2.1-or-later", "LGPL-3.0-or-later", "GPL-3.0-or-later WITH GCC-exception-3.1", "Python-2.0", "BlueOak-1.0.0",
}


def say(*args):
    return subprocess.run(args, check=True, capture_output=True, text=True).stdout


def options(expression):
    """Alternatives of an SPDX expression, each a list of licences that all hold."""
    return [[one.strip() for one in part.strip(" ()").split(" AND ")] for part in re.sub(r"[()]", "", expression).split(" OR ")]


def is_allowed(expression):
    return any(all(one in ALLOWED for one in all_of) for all_of in options(expression))


# ---- Debian ----

def decisions():
    """{package: (SPDX expression, words to be found in its copyright file, note)}"""
    found = {}
    for n, line in enumerate(DECISIONS.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [c.strip() for c in line.split("|")]
        if len(cells) != 4 or cells[0] in found:
            sys.exit(f"{DECISIONS.name}:{n}: package | SPDX | words of its copyright file | note")
        found[cells[0]] = cells[1:]
    return found


def linked_packages(binary):
    """{package: (version, source, files)} of every library the binary loads."""
    files = re.findall(r"(?:=> )?(/\S+) \(0x", say("ldd", str(binary)))
    owners = {}
    for f in sorted({str(pathlib.Path(f).resolve()) for f in files} | set(files)):
        got = subprocess.run(["dpkg", "-S", f], capture_output=True, text=True, check=False)
        for line in got.stdout.splitlines():
            if not line.startswith("diversion"):
                owners.setdefault(line.split(":")[0], set()).add(pathlib.Path(f).name)
    unknown = [f for f in files if not any(pathlib.Path(f).name in n or pathlib.Path(f).resolve().name in n for n in owners.values())]
    if unknown:
        sys.exit(f"no package owns {unknown}")
    out = {}
    for package, names in sorted(owners.items()):
        version, source = say("dpkg-query", "-W", "-f", "${Version}\t${source:Package}\n", package).splitlines()[0].split("\t")
        out[package] = (version, source, sorted(names))
    return out


def debian(binary, faults):
    decided, components = decisions(), []
    for package, (version, source, names) in linked_packages(binary).items():
        # absl is one source in many packages of one licence
        key = next((k for k in (package, source) if k in decided), None)
        if not key:
            faults.append(f"{package} ({source}) is linked, but packaging/licences.txt does not decide its licence")
            continue
        spdx, words, note = decided[key]
        copyright_file = pathlib.Path("/usr/share/doc") / package / "copyright"
        text = " ".join(copyright_file.read_text(errors="replace").split()) if copyright_file.exists() else ""
        for w in filter(None, (w.strip() for w in words.split(";"))):
            if w not in text:
                faults.append(f"{package}: '{w}' is not in {copyright_file} any more: decide its licence again")
        if not is_allowed(spdx):
            faults.append(f"{package}: {spdx} may not be linked")
        components.append({"kind": "deb", "name": package, "version": version, "licence": spdx, "note": note, "files": names,
                           "purl": f"pkg:deb/debian/{package}@{version}"})
    return components


# ---- the page ----

def npm(faults):
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text())
    components = []
    for path, p in sorted(lock["packages"].items()):
        if not path or p.get("dev") or p.get("devOptional") or p.get("optional") or p.get("extraneous"):
            continue
        name = path.split("node_modules/")[-1]
        licence = p.get("license", "")
        if not licence or not is_allowed(licence):
            faults.append(f"npm {name}: {licence or 'no licence'} may not be shipped in the page")
        components.append({"kind": "npm", "name": name, "version": p["version"], "licence": licence, "note": "", "integrity": p.get("integrity"),
                           "purl": f"pkg:npm/{name.replace('@', '%40')}@{p['version']}"})
    return components


# ---- writing ----

def version():
    return re.search(r"version: '([^']+)'", (ROOT / "meson.build").read_text())[1]


def cyclonedx(components):
    def one(c):
        part = {"type": "library", "bom-ref": c["purl"], "name": c["name"], "version": c["version"], "purl": c["purl"],
                "licenses": [{"expression": c["licence"]}]}
        if c.get("files"):
            part["properties"] = [{"name": "hujiao:file", "value": f} for f in c["files"]]
        if (c.get("integrity") or "").startswith("sha512-"):
            import base64
            part["hashes"] = [{"alg": "SHA-512", "content": base64.b64decode(c["integrity"][7:]).hex()}]
        return part

    own = f"pkg:generic/hujiao@{version()}"
    names = sorted(c["purl"] for c in components)
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(names))}",
            "version": 1,
            "metadata": {"component": {"type": "application", "bom-ref": own, "name": "hujiao", "version": version(),
                                       "licenses": [{"expression": "Apache-2.0"}]}},
            "components": [one(c) for c in components],
            "dependencies": [{"ref": own, "dependsOn": names}]}


HEAD = """# Licences of what is inside

Hujiao is under the Apache License 2.0. It links the Debian libraries below, and its page holds the npm packages below them.
`./run sbom` writes this page and `out/sbom.cdx.json` (CycloneDX 1.5, with versions and hashes); the lint stage fails when a
component is not listed, its licence is unknown, or it may not be linked into a program under Apache-2.0.

**How it is decided.** A Debian copyright file also names the licences of tests and build scripts. What holds for the library
itself is decided in `packaging/licences.txt`, with words that must be found in the copyright file again, so that a change of
licence is noticed.

**LGPL** (glibc, GnuTLS, libmicrohttpd, nettle, GMP and others): linked dynamically from Debian's own packages, unchanged; whoever
wants another build of such a library installs it. **Choices** ("OR"): the first allowed one is taken; libfreexl, for one, is
MPL-1.1 or GPL-2+ or LGPL-2.1+, and is used under the LGPL. **libgcc and libstdc++** are GPL-3+ with the runtime exception, which
puts no condition on programs. **GPL alone** is never linked. What is under the GPL runs as a program of its own or not at all:
espeak-ng speaks the simulated customers' phrases while the program is being built (its output, not its code, is shipped), and
sipp, sipsak and tshark belong to the tests.
"""


def document(components):
    text = HEAD
    for kind, title in (("deb", "Debian libraries"), ("npm", "Packages of the page")):
        text += f"\n## {title}\n\n"
        rows = [c for c in components if c["kind"] == kind]
        if kind == "deb":
            text += "| package | licence | note |\n| --- | --- | --- |\n"
            text += "".join(f"| {c['name']} | {c['licence']} | {c['note']} |\n" for c in rows)
        else:
            text += "| package | version | licence |\n| --- | --- | --- |\n"
            text += "".join(f"| {c['name']} | {c['version']} | {c['licence']} |\n" for c in rows)
    return text


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--check", action="store_true")
    ap.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/src/app/hujiao")
    args = ap.parse_args()
    faults = []
    components = debian(args.binary, faults) + npm(faults)
    text = document(components)
    if args.check:
        if not DOC.exists() or DOC.read_text() != text:
            faults.append("docs/licences.md is old: ./run sbom")
    elif not faults:
        OUT.parent.mkdir(exist_ok=True)
        OUT.write_text(json.dumps(cyclonedx(components), indent=1, ensure_ascii=False) + "\n")
        DOC.write_text(text)
    for f in faults:
        print(f)
    print(f"{len(components)} components, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
