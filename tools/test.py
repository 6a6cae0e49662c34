"""Runs every test in stages: test.py [STAGE...]. Prints the time of each stage and ends with "N passed, N failed".

A case is a cmocka test, an `ok` or `not ok` line of a script, a vitest test, or a check that passes as a whole. A program
that crashes, runs too long or has no case counts as one failure more."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fuzz  # noqa: E402
import with_pg  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "out" / "test"
CORES = os.cpu_count() or 2
# Threads meet here; the rest of the program is one thread's business at a time.
TSAN_AREAS = ("base", "store", "voice", "call", "acd", "floor", "job")
SANITIZED = {"ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:detect_stack_use_after_return=0",
             "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1", "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
             "LSAN_OPTIONS": f"suppressions={ROOT}/tools/leaks.supp:print_suppressions=0"}
FUZZ_SECONDS = 3  # for each target; longer by ./run fuzz
# Warnings are errors in the ordinary build; a sanitizer's view of the code has warnings of its own.
SANITIZER = ("-Db_lundef=false", "-Doptimization=1", "-Dwerror=false")


class Count:
    """Cases so far; a failure is told at once, with the end of its output."""

    def __init__(self):
        self.passed = self.failed = 0

    def add(self, name, passed, failed, output):
        self.passed += passed
        self.failed += failed
        log = LOGS / (re.sub(r"[^\w.-]+", "_", name) + ".log")
        log.write_text(output, encoding="utf-8")
        if failed:
            print(f"--- {name}: {failed} failed ({log.relative_to(ROOT)})")
            print("\n".join(interesting(output)), flush=True)


def interesting(output):
    lines = output.splitlines()
    bad = [line for line in lines if re.search(r"^not ok|FAILED|ERROR|error:|runtime error|SUMMARY|WARNING: Thread", line)]
    return (bad[:30] + ["..."] if len(lines) > 60 else []) + lines[-25:]


def run(args, timeout=600, env=None, cwd=ROOT):
    """(exit code, output); a time-out is a failure with a word about it."""
    try:
        p = subprocess.run([str(a) for a in args], cwd=cwd, env=os.environ | SANITIZED | (env or {}), timeout=timeout, check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", stdin=subprocess.DEVNULL)
        return p.returncode, p.stdout
    except subprocess.TimeoutExpired as e:
        out = e.stdout.decode("utf-8", "replace") if isinstance(e.stdout, bytes) else e.stdout or ""
        return 124, out + f"\nstopped after {timeout} s"


def cases(code, output):
    """(passed, failed) of a program's output."""
    # cmocka names the skipped ones again at its end
    output = re.sub(r"^\[  SKIPPED \] \d+ test\(s\), listed below:\n(\[  SKIPPED \] \w+\n?)+", "", output, flags=re.M)
    begun = len(re.findall(r"^\[ RUN      \]", output, re.M))
    skipped = len(re.findall(r"^\[  SKIPPED \] \w+$", output, re.M))
    passed = len(re.findall(r"^\[       OK \]", output, re.M)) + len(re.findall(r"^ok\b", output, re.M))
    failed = begun - skipped - len(re.findall(r"^\[       OK \]", output, re.M)) + len(re.findall(r"^not ok\b", output, re.M))
    if (code and not failed) or passed + failed == 0:
        failed += 1
    return passed, failed


def check(count, name, args, **kw):
    """A check that passes or fails as a whole."""
    code, output = run(args, **kw)
    count.add(name, int(code == 0), int(code != 0), output)
    return code == 0


def configure(build, *options):
    if not (ROOT / build / "build.ninja").exists():
        subprocess.run(["meson", "setup", build, *options], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def sources():
    files = subprocess.run(["git", "ls-files", "src/*.[ch]", "src/**/*.[ch]", "tests/**/*.[ch]"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split()
    return sorted({f for f in files if (ROOT / f).exists()})


def meson_tests(build, want):
    """The tests of a build, as meson knows them, with an executable to build for each."""
    listed = json.loads(subprocess.run(["meson", "introspect", "--tests", build], cwd=ROOT, check=True, capture_output=True,
                                       text=True).stdout)
    return [t for t in listed if want(t)]


def run_meson_tests(count, tests, slower, env):
    def one(t):
        code, output = run(t["cmd"], timeout=t["timeout"] * slower, env=env | {k: str(v) for k, v in t["env"].items()},
                           cwd=t["workdir"] or ROOT)
        return t["name"], code, output

    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        for name, code, output in pool.map(one, tests):
            count.add(name, *cases(code, output), output)


# ---- stages ----

def stage_lint(count):
    """layers, SQL, formatting"""
    configure("build")
    check(count, "build", ["ninja", "-C", "build", "--quiet"], timeout=1800)
    check(count, "layers", ["python3", "tools/check_layers.py", "src"])
    check(count, "sql", ["python3", "tools/lint_sql.py", "build"])
    check(count, "coverage", ["python3", "tools/check_coverage.py"])
    check(count, "security", ["python3", "tools/check_security.py"])
    check(count, "licences", ["python3", "tools/sbom.py", "--check"])
    check(count, "clang-format", ["clang-format", "--dry-run", "-Werror", *sources()])


def tidy_key(path, headers):
    """What the answer about one file depends on."""
    return hashlib.sha256((ROOT / path).read_bytes() + headers).hexdigest()


def stage_tidy(count):
    """clang-tidy over the files that changed since it last liked them"""
    configure("build")
    liked = ROOT / ".stamps" / "tidy"
    liked.mkdir(parents=True, exist_ok=True)
    files = [f for f in sources() if f.startswith("src/") and f.endswith(".c")]
    headers = b"".join((ROOT / f).read_bytes() for f in [".clang-tidy", *sources()] if not f.endswith(".c"))
    todo = [(f, tidy_key(f, headers)) for f in files if not (liked / tidy_key(f, headers)).exists()]

    def one(item):
        code, output = run(["clang-tidy", "-p", "build", "--quiet", item[0]], timeout=300)
        if code == 0:
            (liked / item[1]).touch()
        return code, output

    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        bad = [output for code, output in pool.map(one, todo) if code]
    print(f"   {len(todo)} of {len(files)} files looked at")
    count.add("clang-tidy", int(not bad), int(bool(bad)), "\n".join(bad))


def stage_cppcheck(count):
    """cppcheck over the C files; what it is told to leave out, and why: tools/cppcheck.txt"""
    known = ROOT / ".stamps" / "cppcheck"
    known.mkdir(parents=True, exist_ok=True)
    files = [f for f in sources() if f.startswith("src/") and f.endswith(".c")]
    # fail() picks its form by counting arguments and json_*_foreach() hide a loop: it parses neither, and then drops the file.
    check(count, "cppcheck", ["cppcheck", "--enable=warning,performance,portability", "--suppressions-list=tools/cppcheck.txt", "--std=c11",
                              "--language=c", "-Isrc", "-Ufail", "-Djson_object_foreach(o,k,v)=for(;(k)&&(v);)",
                              "-Djson_array_foreach(a,i,v)=for(;(i)&&(v);)", "--quiet", f"-j{CORES}", f"--cppcheck-build-dir={known}",
                              "--error-exitcode=1", *files], timeout=900)


def stage_unit(count):
    """unit and storage tests on both engines, under ASan and UBSan"""
    configure("build-asan", "-Db_sanitize=address,undefined", *SANITIZER)
    if not check(count, "build-asan", ["ninja", "-C", "build-asan", "--quiet"], timeout=2400):
        return
    server = with_pg.Server()
    try:
        sql = LOGS / "statements"
        run(["python3", "tools/lint_sql.py", "build-asan", sql])
        tests = meson_tests("build-asan", lambda t: True)
        run_meson_tests(count, tests, 4, {"HJ_TEST_PG": server.url, "HJ_TEST_SQL": str(sql)})
    finally:
        server.remove()


def stage_threads(count):
    """tests of what threads share, under TSan"""
    configure("build-tsan", "-Db_sanitize=thread", *SANITIZER)
    tests = meson_tests("build-tsan", lambda t: t["name"].split("/")[0] in TSAN_AREAS and "unit" in
                        [s.split(":")[-1] for s in t["suite"]])
    targets = sorted({os.path.relpath(t["cmd"][0], ROOT / "build-tsan") for t in tests if t["cmd"][0].startswith(str(ROOT))})
    if check(count, "build-tsan", ["ninja", "-C", "build-tsan", "--quiet", *targets], timeout=1800):
        run_meson_tests(count, tests, 6, {})


def stage_fuzz(count):
    """a few seconds of every fuzz target, where there is clang (their corpora run with the unit tests)"""
    if not fuzz.is_there():
        print("   no clang: left out")
        return
    names = fuzz.targets()
    fuzz.OUT.mkdir(parents=True, exist_ok=True)
    try:
        fuzz.build(names)
    except subprocess.CalledProcessError as e:
        count.add("build-fuzz", 0, 1, str(e))
        return
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        for good, line, output in pool.map(lambda n: fuzz.fuzz(n, FUZZ_SECONDS), names):
            count.add("fuzz/" + line.split(":", maxsplit=1)[0], int(good), int(not good), line + "\n" + output)


def stage_page(count):
    """types, lint and tests of the page, and its build"""
    web = ROOT / "web"
    check(count, "page check", ["npm", "run", "--silent", "check"], cwd=web)
    report = LOGS / "vitest.json"
    report.unlink(missing_ok=True)
    code, output = run(["./run-node", "vitest", "run", "--reporter=default", "--reporter=json", f"--outputFile.json={report}"], cwd=web)
    passed = failed = 0
    if report.exists():
        result = json.loads(report.read_text())
        passed, failed = result["numPassedTests"], result["numFailedTests"]
    if (code and not failed) or passed + failed == 0:
        failed += 1
    count.add("vitest", passed, failed, output)
    check(count, "page build", ["./run", "build"], timeout=1200)


def scripts(count, files, at_once=1, env=None):
    def one(f):
        runner = ROOT / "web" / "run-node" if f.suffix == ".mjs" else sys.executable
        return f, *run([runner, f], timeout=1200, env=env)

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for f, code, output in pool.map(one, files):
            count.add(f"{f.parent.name}/{f.stem}", *cases(code, output), output)


def stage_scenario(count):
    """the real program: calls, imports, crashes"""
    # They wait for telephones and people most of their time.
    scripts(count, sorted((ROOT / "tests" / "scenario").glob("test_*.py")), at_once=CORES)


def stage_soak(count):
    """a few kills, hang-ups and a minute's load; the full counts: ./run soak"""
    for name, *args in (("kills", "--n", "2"), ("hangups", "--n", "15"), ("load", "--minutes", "0.2", "--agents", "2")):
        code, output = run(["python3", f"tests/soak/{name}.py", *args], timeout=1200)
        count.add(f"soak/{name}", *cases(code, output), output)


def stage_browser(count):
    """the real program in real Chromium"""
    scripts(count, sorted((ROOT / "web" / "e2e").glob("test_*.mjs")))


STAGES = {"lint": stage_lint, "tidy": stage_tidy, "cppcheck": stage_cppcheck, "page": stage_page, "unit": stage_unit, "threads": stage_threads, "fuzz": stage_fuzz,
          "scenario": stage_scenario, "soak": stage_soak,
          "browser": stage_browser}


def main():
    names = sys.argv[1:] or list(STAGES)
    for n in names:
        if n not in STAGES:
            sys.exit(f"there is no stage '{n}'; there are: {' '.join(STAGES)}")
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    count, began = Count(), time.monotonic()
    for n in names:
        print(f"== {n}: {STAGES[n].__doc__}", flush=True)
        at, before = time.monotonic(), (count.passed, count.failed)
        STAGES[n](count)
        print(f"== {n}: {count.passed - before[0]} passed, {count.failed - before[1]} failed, {time.monotonic() - at:.0f} s", flush=True)
    print(f"all stages took {time.monotonic() - began:.0f} s")
    print(f"{count.passed} passed, {count.failed} failed", flush=True)
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
