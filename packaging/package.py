#!/usr/bin/env python3
"""Makes out/hujiao_VERSION_ARCH.deb and, beside it, a bundle for machines without network: package.py [--no-bundle]

Expects the program in build/ and the page in web/dist (./run package makes both first). The bundle holds the package and
what it needs beyond a minimal Debian 12 (what debootstrap's minbase has), fetched with apt from the mirror it is set up
with, and an install script that checks every file against its SHA-256 first."""
import argparse
import gzip
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("HUJIAO_BUILD", ROOT / "build"))
OUT = ROOT / "out"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "hujiao" / "debs"
DEB = ROOT / "packaging" / "deb"
MAINTAINER = "Hujiao <maintainers@hujiao.invalid>"
# What it runs but does not link: names of people's zones, the user the service runs as.
DEPENDS = ["adduser", "tzdata"]
RECOMMENDS = ["postgresql-client-15", "openssl"]
SUGGESTS = ["postgresql-15", "kamailio"]


def say(*args, **kw):
    return subprocess.run([str(a) for a in args], check=True, capture_output=True, text=True, **kw).stdout


def version():
    return re.search(r"version: '([^']+)'", (ROOT / "meson.build").read_text())[1]


def changed_at():
    """The last commit's time: the same commit gives the same package."""
    try:
        return int(say("git", "-C", ROOT, "log", "-1", "--format=%ct"))
    except (subprocess.CalledProcessError, OSError):
        return int((ROOT / "CHANGELOG.md").stat().st_mtime)


# ---- the tree ----

def put(source, target, mode=0o644):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def put_tree(source, target, skip=()):
    for f in sorted(source.rglob("*")):
        if f.is_file() and f.name not in skip:
            put(f, target / f.relative_to(source))


def put_gz(data, target, when):
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=when, compresslevel=9) as out:
        out.write(data)
    target.chmod(0o644)


def changelog(when):
    """CHANGELOG.md's newest section in Debian's form."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    section = re.split(r"^## .*$", text, flags=re.M)[1]
    items = [re.sub(r"\s+", " ", i).strip() for i in re.split(r"^- ", section, flags=re.M)[1:]]
    lines = [f"hujiao ({version()}) bookworm; urgency=medium", ""]
    for i in items:
        words, line = i.split(" "), "  *"
        for w in words:
            if len(line) + 1 + len(w) > 78:
                lines.append(line)
                line = "   "
            line += " " + w
        lines.append(line)
    date = say("date", "-R", "-u", "-d", f"@{when}").strip()
    return "\n".join([*lines, "", f" -- {MAINTAINER}  {date}", ""]).encode()


def page_licences():
    """The texts of what is built into the page, as its authors ask for."""
    import json
    names = json.loads((ROOT / "web/package.json").read_text())["dependencies"]
    out = []
    for name in sorted(names):
        folder = ROOT / "web/node_modules" / name
        for f in sorted(f for f in folder.glob("*") if f.is_file() and f.name.lower().startswith(("licen", "notice"))):
            out.append(f"==== {name} {names[name]} ====\n\n{f.read_text(encoding='utf-8')}\n")
    return "\n".join(out).encode()


def manual(when):
    text = (DEB / "hujiao.1").read_text(encoding="utf-8")
    day = say("date", "-u", "-d", f"@{when}", "+%Y-%m-%d").strip()
    return text.replace("@VERSION@", version()).replace("@DATE@", day).encode()


def fill(tree, when):
    share, doc = tree / "usr/share/hujiao", tree / "usr/share/doc/hujiao"
    binary = tree / "usr/bin/hujiao"
    put(BUILD / "src/app/hujiao", binary, 0o755)
    say("strip", "--strip-unneeded", "--remove-section=.comment", binary)
    put_tree(ROOT / "web/dist", share / "web")
    put_tree(BUILD / "voices", share / "voices")
    put_tree(ROOT / "practice", share / "practice", skip=("README.md",))
    put_tree(ROOT / "profiles", share / "profiles", skip=("README.md",))
    put(DEB / "hujiao.service", tree / "lib/systemd/system/hujiao.service")
    put(DEB / "sysusers.conf", tree / "usr/lib/sysusers.d/hujiao.conf")
    put(DEB / "tmpfiles.conf", tree / "usr/lib/tmpfiles.d/hujiao.conf")
    put(DEB / "copyright", doc / "copyright")
    put_gz(changelog(when), doc / "changelog.gz", when)
    put_gz(manual(when), tree / "usr/share/man/man1/hujiao.1.gz", when)
    put_gz(page_licences(), doc / "page-licences.gz", when)
    for name in ("operations.md", "operations.zh-CN.md"):
        if (ROOT / "docs" / name).exists():
            put(ROOT / "docs" / name, doc / name)
    put(ROOT / "docs/adr/0004-numbers-at-rest.md", doc / "adr/0004-numbers-at-rest.md")
    (doc / "examples").mkdir(parents=True)
    (doc / "examples/hujiao.conf").write_text(say(BUILD / "src/app/hujiao", "help", "example"), encoding="utf-8")


# ---- the package ----

def linked(tree):
    """Debian's own tool says which packages the program is linked to."""
    with tempfile.TemporaryDirectory() as work:
        (pathlib.Path(work) / "debian").mkdir()
        (pathlib.Path(work) / "debian/control").write_text("Source: hujiao\n\nPackage: hujiao\nArchitecture: any\n")
        said = say("dpkg-shlibdeps", "-O", "--ignore-missing-info", tree / "usr/bin/hujiao", cwd=work)
    return re.search(r"shlibs:Depends=(.*)", said)[1].split(", ")


def control(tree, arch):
    size = sum(f.stat().st_size for f in tree.rglob("*") if f.is_file()) // 1024
    return f"""Package: hujiao
Version: {version()}
Architecture: {arch}
Maintainer: {MAINTAINER}
Installed-Size: {size}
Depends: {", ".join(sorted(linked(tree) + DEPENDS))}
Recommends: {", ".join(RECOMMENDS)}
Suggests: {", ".join(SUGGESTS)}
Section: comm
Priority: optional
Description: telesales call centre in one program
 Customer lists, dialing over SIP trunks, agents in browsers or on desk
 phones, two-channel recordings, quality scores and figures that open
 their calls. One machine needs nothing else; several share a PostgreSQL
 database.
 .
 After installing run "hujiao setup".
"""


def md5sums(tree):
    files = sorted(f for f in tree.rglob("*") if f.is_file() and "DEBIAN" not in f.parts)
    return "".join(f"{hashlib.md5(f.read_bytes()).hexdigest()}  {f.relative_to(tree)}\n" for f in files)


def make_deb(arch):
    when = changed_at()
    with tempfile.TemporaryDirectory(prefix="hujiao-deb-") as work:
        tree = pathlib.Path(work) / "tree"
        (tree / "DEBIAN").mkdir(parents=True)
        tree.chmod(0o755)
        fill(tree, when)
        (tree / "DEBIAN/control").write_text(control(tree, arch))
        (tree / "DEBIAN/md5sums").write_text(md5sums(tree))
        for name in ("postinst", "prerm", "postrm"):
            put(DEB / name, tree / "DEBIAN" / name, 0o755)
        for d in [tree, *tree.rglob("*")]:
            if d.is_dir():
                d.chmod(0o755)
        deb = OUT / f"hujiao_{version()}_{arch}.deb"
        OUT.mkdir(exist_ok=True)
        say("dpkg-deb", "--build", "--root-owner-group", "-Zxz", "-z3", "--threads-max=2", tree, deb,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(when)})
    return deb


# ---- the bundle ----

def resolved(*wanted):
    """What apt would install of `wanted` on a machine with nothing installed: {(name, version)}."""
    if not any(pathlib.Path("/var/lib/apt/lists").glob("*_Packages*")):
        say("apt-get", "-q", "update")
    with tempfile.NamedTemporaryFile() as nothing:
        said = say("apt-get", "-s", "-o", f"Dir::State::status={nothing.name}", "-o", "APT::Install-Recommends=0", "-o",
                   "Debug::NoLocking=1", "install", *wanted)
    return {(m[1], m[2]) for m in re.finditer(r"^Inst (\S+) \((\S+) ", said, re.M)}


def minimal():
    """Packages of a minimal Debian: those marked required, and apt."""
    said = say("dpkg-query", "-W", "-f", "${Package} ${Priority}\n")
    names = sorted({line.split()[0] for line in said.splitlines() if line.endswith(" required")})
    return [*names, "apt"]


def fetch(packages):
    """The .deb files of (name, version), from the cache or by apt."""
    CACHE.mkdir(parents=True, exist_ok=True)
    found, missing = {}, []
    for name, v in sorted(packages):
        stem = f"{name.split(':')[0]}_{v.replace(':', '%3a')}_"
        hit = sorted(CACHE.glob(stem + "*.deb"))
        if hit:
            found[name] = hit[0]
        else:
            missing.append((name, v, stem))
    if missing:
        say("apt-get", "-o", "APT::Sandbox::User=root", "download", *[f"{n}={v}" for n, v, _ in missing], cwd=CACHE)
    for name, _, stem in missing:
        found[name] = sorted(CACHE.glob(stem + "*.deb"))[0]
    return sorted(found.values())


def make_bundle(deb, arch):
    base = minimal()
    beyond = resolved(*base, deb) - resolved(*base)
    debs = fetch({(n, v) for n, v in beyond if n != "hujiao"})
    name = f"hujiao_{version()}_{arch}-offline"
    target = OUT / f"{name}.tar"
    with tempfile.TemporaryDirectory(prefix="hujiao-bundle-") as work:
        top = pathlib.Path(work) / name
        for f in [deb, *debs]:
            put(f, top / "debs" / f.name.replace("%3a", "_"))
        sums = "".join(f"{hashlib.sha256(f.read_bytes()).hexdigest()}  debs/{f.name}\n" for f in sorted((top / "debs").iterdir()))
        (top / "SHA256SUMS").write_text(sums)
        put(DEB / "install.sh", top / "install.sh", 0o755)
        with tarfile.open(target, "w") as out:
            out.add(top, name, filter=lambda t: (setattr(t, "uid", 0), setattr(t, "gid", 0), setattr(t, "uname", "root"),
                                                 setattr(t, "gname", "root"), t)[-1])
    return target, len(debs)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--no-bundle", action="store_true", help="the package alone, without asking apt for anything")
    chosen = options.parse_args()
    arch = say("dpkg", "--print-architecture").strip()
    deb = make_deb(arch)
    print(f"{deb.relative_to(ROOT)}  {deb.stat().st_size / 1e6:.1f} MB")
    if not chosen.no_bundle:
        tar, n = make_bundle(deb, arch)
        print(f"{tar.relative_to(ROOT)}  {tar.stat().st_size / 1e6:.1f} MB with {n} packages it needs beyond a minimal Debian 12")
    return 0


if __name__ == "__main__":
    sys.exit(main())
