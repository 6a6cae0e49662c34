#!/usr/bin/env python3
"""The package in a clean Debian 12 without network: installed from the bundle, a backup restored, a call made and recorded.

The clean root is debootstrap's minbase, kept in a cache folder once made. Everything happens in a chroot with namespaces of
its own for mounts, network and processes, which end with the test. Needs root."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import hj
import wav
from company import PASSWORD, Company, numbers

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "hujiao"
ROWS = 8


# ---- outside ----

def mirror():
    """Where apt gets Debian 12 from."""
    said = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages"],
                          check=True, capture_output=True, text=True).stdout
    return [u for u, codename, part in (line.split() for line in said.splitlines()) if codename == "bookworm" and part == "main"][0]


def base_root():
    """A tar of a minimal Debian 12."""
    kept = CACHE / "bookworm-minbase.tar"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="hujiao-base-") as work:
            subprocess.run(["debootstrap", "--variant=minbase", "bookworm", f"{work}/root", mirror()], check=True,
                           stdout=subprocess.DEVNULL)
            part = kept.with_suffix(".part")
            subprocess.run(["tar", "-C", f"{work}/root", "--exclude=./var/cache/apt/archives/*.deb", "-cf", part, "."], check=True)
            part.rename(kept)
    return kept


def bundle():
    if not (hj.ROOT / "web/dist/index.html").exists():
        subprocess.run([hj.ROOT / "run", "build"], check=True, stdout=subprocess.DEVNULL)
    said = subprocess.run([sys.executable, hj.ROOT / "packaging/package.py"], check=True, capture_output=True, text=True).stdout
    return hj.ROOT / re.search(r"(out/\S+\.tar)", said)[1]


def company_with_backup(folder):
    """A company on the built program, its list not yet called, and a backup of it."""
    c = Company(agents=1)
    try:
        c.start().staff(phones=True).line().open_hours()
        campaign = c.campaign()
        c.import_list([(f"王客户{i}", n) for i, n in enumerate(numbers(ROWS))], campaign)
        subprocess.run([hj.BINARY, "backup", "--to", folder / "backups", "--set", f"data_dir={c.folder}/data"], check=True,
                       stdout=subprocess.DEVNULL)
        (folder / "words").write_text("correct horse battery staple")
        subprocess.run([hj.BINARY, "key", "backup", "--to", folder / "saved-key", "--passphrase-file", folder / "words", "--set",
                        f"data_dir={c.folder}/data"], check=True, stdout=subprocess.DEVNULL)
        return {"campaign": campaign, "http_port": c.http_port, "sip_port": c.sip_port, "practice_port": c.practice_port}
    finally:
        c.close()


def test_the_package_in_a_clean_root_restores_a_backup_and_makes_a_call():
    assert os.geteuid() == 0, "a chroot and namespaces need root"
    work = pathlib.Path(tempfile.mkdtemp(prefix="hujiao-package-"))
    try:
        root = work / "root"
        root.mkdir()
        subprocess.run(["tar", "-C", root, "-xf", base_root()], check=True)
        subprocess.run(["tar", "-C", root / "root", "-xf", bundle()], check=True)
        facts = company_with_backup(root / "root")
        inside = subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", sys.executable, __file__, "--inside",
                                 root, json.dumps(facts)], capture_output=True, text=True, check=False)
        assert inside.returncode == 0, inside.stdout[-3000:] + inside.stderr[-3000:]
    finally:
        shutil.rmtree(work, ignore_errors=True)


# ---- inside ----

class Root:
    """The chroot; `run` is a command line in it as root."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        subprocess.run(["mount", "-t", "proc", "proc", self.path / "proc"], check=True)
        subprocess.run(["mount", "--rbind", "/dev", self.path / "dev"], check=True)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def run(self, *args, code=0, env=None):
        done = subprocess.run(["/usr/sbin/chroot", self.path, *map(str, args)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **(env or {})})
        assert done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout + done.stderr

    def start(self, *args, user=None, env=None, **kw):
        who = [f"--userspec={user}:{user}"] if user else []
        return subprocess.Popen(["/usr/sbin/chroot", *who, self.path, *map(str, args)], env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **(env or {})},
                                **kw)


def install(root):
    folder = next((root.path / "root").glob("hujiao_*-offline"))
    here = "/" + str(folder.relative_to(root.path))
    one = next((folder / "debs").glob("libre0_*.deb"))
    whole = one.read_bytes()
    one.write_bytes(whole[:-1] + b"x")
    assert "damaged or changed" in root.run(f"{here}/install.sh", code=1)
    one.write_bytes(whole)
    said = root.run(f"{here}/install.sh")
    assert "hujiao setup" in said, said
    assert "hujiao 0." in root.run("hujiao", "help")
    return here


def set_up(root, facts):
    """The way of the guide: the key back, the backup restored, then setup over both."""
    there = ["--set", "data_dir=/var/lib/hujiao", "--set", "master_key_file=/etc/hujiao/master.key"]
    root.run("hujiao", "key", "restore", "--from", "/root/saved-key", "--passphrase-file", "/root/words", *there)
    kept = next((root.path / "root/backups").glob("hujiao-*")).name
    said = root.run("hujiao", "restore", "--from", f"/root/backups/{kept}", *there)
    assert f"{ROWS} / {ROWS}" in said, said
    said = root.run("hujiao", "setup", "--yes", "--https", "off", "--http-addr", "127.0.0.1", "--http-port", facts["http_port"], "--sip-addr",
                    "127.0.0.1", "--sip-port", facts["sip_port"], "--media-addr", "127.0.0.1")
    assert "/link?token" not in said, "the restored administrator was forgotten"
    for f in ("hujiao.conf", "master.key"):
        at = (root.path / "etc/hujiao" / f).stat()
        assert at.st_mode & 0o777 == 0o600 and at.st_uid == 0, f


def serve(root):
    """As the unit would: its user, its credentials, its command line."""
    unit = (root.path / "lib/systemd/system/hujiao.service").read_text()
    given = pathlib.Path("/run/credentials/hujiao.service")
    (root.path / str(given)[1:]).mkdir(parents=True)
    uid = int(re.search(r"^hujiao:x:(\d+):", (root.path / "etc/passwd").read_text(), re.M)[1])
    for name, source in re.findall(r"^LoadCredential=(\S+):(\S+)$", unit, re.M):
        to = root.path / str(given)[1:] / name
        shutil.copy(root.path / source[1:], to)
        os.chown(to, uid, uid)
        to.chmod(0o400)
    line = re.search(r"^ExecStart=(.*)$", unit, re.M)[1].replace("${CREDENTIALS_DIRECTORY}", str(given))
    log = open(root.path / "root/server.log", "wb")
    return root.start(*line.replace("--drain 300", "--drain 2").split(), user="hujiao", env={"CREDENTIALS_DIRECTORY": str(given)}, stdout=log,
                      stderr=log), uid


def practice(root, facts, url):
    orders = {"port": facts["practice_port"], "server_url": url, "voices": "/usr/share/hujiao/voices",
              "agents": [{"job_no": "1001", "password": PASSWORD, "wrapup_min_ms": 500, "wrapup_max_ms": 1500}],
              "mix": "/root/mix.json"}
    (root.path / "root/mix.json").write_text(json.dumps({"seed": 7, "ring_ms": [200, 400], "pause_ms": [400, 700], "weights": {"answer": 1}}))
    child = root.start("/usr/bin/hujiao", "practice", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                       stderr=open(root.path / "root/practice.log", "wb"))
    child.stdin.write(json.dumps(orders).encode() + b"\n")
    child.stdin.flush()
    return child


def call(root, facts, uid):
    url = f"http://127.0.0.1:{facts['http_port']}"
    manager = hj.Http(url)

    def up():
        """the page answers"""
        try:
            return manager.get("/api/v1/me")[0] == 401
        except OSError:
            return False

    hj.wait_for(up, 60)
    assert b"<div id=\"app\"" in manager.get("/")[1], "the page is in the package"
    manager.log_in("4001", PASSWORD)
    child = practice(root, facts, url)
    manager.ok("POST", f"/api/v1/campaigns/{facts['campaign']}/start")

    def recorded():
        """a call was talked through and recorded"""
        return [x for x in manager.ok("GET", "/api/v1/calls?size=100")["items"] if x["outcome"] == "answered" and x["result"] and x["recording"]]

    one = hj.wait_for(recorded, 180)[0]
    rate, (left, right) = wav.read(manager.ok("GET", f"/api/v1/calls/{one['id']}/recording.wav"))
    assert wav.seconds_of_sound(left, rate) > 0.2 and wav.seconds_of_sound(right, rate) > 0.2, "both voices are in the recording"
    child.stdin.close()
    child.wait(30)
    kept = list((root.path / "var/lib/hujiao/recordings").rglob("*.wav"))
    assert kept and all(f.stat().st_uid == uid for f in kept)


def remove(root, here):
    """Data stays when the package goes, and goes when that is asked for."""
    base = ["env", "DEBIAN_FRONTEND=noninteractive"]
    said = root.run(*base, "dpkg", "--purge", "hujiao")
    assert "Kept the data" in said and (root.path / "var/lib/hujiao/hujiao.db").exists(), said
    root.run(f"{here}/install.sh")
    assert "Set up already" in root.run("hujiao", "setup")
    root.run(*base, "HUJIAO_PURGE_DATA=yes", "dpkg", "--purge", "hujiao")
    assert not (root.path / "var/lib/hujiao").exists() and not (root.path / "etc/hujiao").exists()


def inside(path, facts):
    root = Root(path)
    try:
        here = install(root)
        set_up(root, facts)
        server, uid = serve(root)
        try:
            call(root, facts, uid)
        finally:
            server.terminate()
            status = server.wait(60)
        assert status == 0, f"the server ended with {status}"
        root.run("hujiao", "verify")
        remove(root, here)
    except BaseException:
        for f in ("server.log", "practice.log"):
            if (root.path / "root" / f).exists():
                print((root.path / "root" / f).read_text()[-2500:])
        raise


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], json.loads(sys.argv[3]))
    else:
        hj.run(globals())
