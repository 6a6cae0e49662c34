"""Fuzzes what reads bytes from outside: fuzz.py [TARGET...] [--seconds N] [--list].

Builds the targets of tests/fuzz/ with clang, libFuzzer, ASan and UBSan in build-fuzz and runs each for N seconds (60),
starting from its corpus in the tree and from what earlier runs found (out/fuzz/TARGET). A finding is a file
out/fuzz/TARGET-crash-… (leak, oom, timeout); once mended it belongs into tests/fuzz/corpus/TARGET."""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-fuzz"
HOME = ROOT / "tests" / "fuzz"
OUT = ROOT / "out" / "fuzz"
CLANG = "clang-14"
# Longest input: what is larger only makes a run slower.
LONGEST_BYTES = {"sheet": 20000, "xlsx": 12000, "sip": 8000, "json": 8000, "profile": 12000}
# These hold memory from one input to the next by design; what they lose is counted when they end.
STATEFUL = ("sip", "door")
ENV = {"ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1", "UBSAN_OPTIONS": "print_stacktrace=1",
       "LSAN_OPTIONS": f"suppressions={ROOT}/tools/leaks.supp:print_suppressions=0"}


def targets():
    return sorted(f.name for f in (HOME / "corpus").iterdir() if (HOME / f"{f.name}.c").exists())


def is_there():
    """Whether this machine can fuzz at all."""
    return shutil.which(CLANG) is not None


def build(names, cores=os.cpu_count() or 2):
    if not (BUILD / "build.ninja").exists():
        subprocess.run(["meson", "setup", str(BUILD), "-Dfuzz=true", "-Dwerror=false", "-Db_lundef=false", "-Doptimization=1"], cwd=ROOT,
                       check=True, stdout=subprocess.DEVNULL, env=os.environ | {"CC": CLANG, "CXX": CLANG.replace("clang", "clang++")})
    subprocess.run(["ninja", "-C", str(BUILD), f"-j{cores}", "--quiet", *(f"tests/fuzz/fuzz_{n}" for n in names)], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)


def fuzz(name, seconds):
    """(whether nothing was found, a line about it, the output)"""
    found = OUT / name
    found.mkdir(parents=True, exist_ok=True)
    words = HOME / "dict" / f"{name}.dict"
    args = [BUILD / "tests" / "fuzz" / f"fuzz_{name}", found, HOME / "corpus" / name, f"-max_total_time={seconds}", "-timeout=10",
            "-rss_limit_mb=1500", "-print_final_stats=1", f"-max_len={LONGEST_BYTES.get(name, 4096)}", f"-artifact_prefix={OUT}/{name}-"]
    if name in STATEFUL:
        args.append("-detect_leaks=0")
    if words.exists():
        args.append(f"-dict={words}")
    p = subprocess.run([str(a) for a in args], cwd=ROOT, env=os.environ | ENV, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    runs = re.search(r"number_of_executed_units: (\d+)", p.stdout)
    edges = re.findall(r"cov: (\d+)", p.stdout)
    rss = re.search(r"peak_rss_mb: +(\d+)", p.stdout)
    line = (f"{name}: {runs.group(1) if runs else '?'} runs in {seconds} s, {edges[-1] if edges else '?'} edges, "
            f"{rss.group(1) if rss else '?'} MB")
    return p.returncode == 0, line, p.stdout


def main():
    p = argparse.ArgumentParser(prog="./run fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("target", nargs="*", help=" ".join(targets()))
    p.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    p.add_argument("--list", action="store_true", help="names the targets")
    a = p.parse_args()
    names = a.target or targets()
    for n in names:
        if n not in targets():
            sys.exit(f"there is no target '{n}'; there are: {' '.join(targets())}")
    if a.list:
        print("\n".join(names))
        return 0
    if not is_there():
        sys.exit(f"fuzzing needs {CLANG}: apt-get install clang-14 libclang-rt-14-dev")
    build(names)
    OUT.mkdir(parents=True, exist_ok=True)
    failed = 0
    for n in names:
        good, line, output = fuzz(n, a.seconds)
        print(f"{'ok' if good else 'not ok'} fuzz/{line}", flush=True)
        if not good:
            failed += 1
            print("\n".join(output.splitlines()[-60:]), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
