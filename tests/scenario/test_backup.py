#!/usr/bin/env python3
"""Backups made while calls run, restored elsewhere; differences found; keys saved, changed and missed. Both engines."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import hj
from company import PASSWORD, Company, numbers

sys.path.insert(0, str(hj.ROOT / "tools"))
import with_pg  # noqa: E402


def tool(*args, code=0, **kw):
    """Runs `hujiao ARGS` and returns what it said."""
    run = subprocess.run([hj.BINARY, *map(str, args)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **kw)
    assert run.returncode == code, f"{args[:2]}: exit {run.returncode}\n{run.stdout}\n{run.stderr}"
    return run.stdout + run.stderr


def on(data, database=None):
    """The options that name an installation."""
    return ["--set", f"data_dir={data}", *(["--set", f"database={database}"] if database else [])]


def settle(c, n):
    """Calls until `n` are answered and recorded."""
    def enough():
        """enough calls are recorded"""
        return len([x for x in c.manager.ok("GET", "/api/v1/calls?size=100")["items"] if x["recording"] and x["outcome"] == "answered"]) >= n
    hj.wait_for(enough, 120)


@contextlib.contextmanager
def at_work(rows=60):
    """A company whose two agents talk to simulated customers."""
    c = Company(agents=2)
    try:
        c.start().staff(phones=True).line().open_hours()
        campaign = c.campaign()
        c.import_list([(f"王客户{i}", n) for i, n in enumerate(numbers(rows))], campaign)
        c.start_practice(agents=["1001", "1002"])
        c.manager.ok("POST", f"/api/v1/campaigns/{campaign}/start")
        settle(c, 2)
        yield c
    finally:
        c.close()


def newest(folder):
    return sorted(folder.glob("hujiao-*"))[-1]


def recordings(data):
    return sorted(f for f in (data / "recordings").rglob("*.wav"))


def test_a_backup_made_while_calls_run_is_whole_elsewhere():
    with at_work() as c:
        data, to = c.folder / "data", c.folder / "backups"
        said = tool("backup", "--to", to, "--recordings", *on(data))
        assert "未加密" in said and "Not encrypted" in said, said
        first = newest(to)
        before = len(c.manager.ok("GET", "/api/v1/calls?size=100")["items"])
        hj.wait_for(lambda: len(c.manager.ok("GET", "/api/v1/calls?size=100")["items"]) > before, 60)
        time.sleep(max(0, 1.1 - (time.time() - first.stat().st_mtime)))
        tool("backup", "--to", to, "--recordings", *on(data))
        second = newest(to)
        assert second != first
        manifest = json.loads((second / "manifest.json").read_text())
        assert manifest["files"] >= 2 and manifest["encrypted"] is False, manifest
        c.server.stop()
        c.stop_practice()

        new = c.folder / "elsewhere"
        new.mkdir()
        shutil.copy(data / "master.key", new / "master.key")
        said = tool("restore", "--from", second, *on(new))
        assert "号码可打开 / numbers that open: 60 / 60" in said, said
        assert len(recordings(new)) == manifest["files"]
        assert "0 缺失 / missing, 0 改动 / changed, 0 多余 / extra" in tool("verify", "--against", second, *on(new))
        tool("restore", "--from", second, *on(new), code=1)

        c.server.args = [a.replace(str(data), str(new)) for a in c.server.args]
        c.restart()
        c.manager.log_in("4001", PASSWORD)
        call = [x for x in c.manager.ok("GET", "/api/v1/calls?size=100")["items"] if x["recording"] and x["outcome"] == "answered"][0]
        assert len(c.manager.ok("GET", f"/api/v1/calls/{call['id']}/recording.wav")) > 1000
        c.server.stop()

        # A byte that turned over in the copy, and one in a recording's.
        for victim in (first / "database.db", next((to / "files").rglob("*.wav"))):
            broken = bytearray(victim.read_bytes())
            broken[len(broken) // 2] ^= 1
            victim.write_bytes(broken)
            last = c.folder / f"broken-{victim.name}"
            last.mkdir()
            said = tool("restore", "--from", first if victim.name == "database.db" else second, *on(last), code=2)
            assert "备份已损坏" in said and victim.name in said, said
            assert not (last / "hujiao.db").exists()

        # What was changed, removed and added is told by name.
        tool("backup", "--to", to, *on(data))
        files = recordings(data)
        changed = bytearray(files[0].read_bytes())
        changed[-1] ^= 1
        files[0].write_bytes(changed)
        files[1].unlink()
        extra = data / "recordings" / "stray.wav"
        extra.write_bytes(b"RIFF")
        os.utime(extra, (1, 1))
        said = tool("verify", *on(data), code=3)
        for word, f in (("changed", files[0]), ("missing", files[1]), ("extra", extra)):
            line = [x for x in said.splitlines() if f.name in x]
            assert line and word in line[0], f"{word}: {said}"
        assert "1 缺失 / missing, 1 改动 / changed, 1 多余 / extra" in said, said


def test_postgresql_is_backed_up_and_restored():
    pg = with_pg.Server()
    c = Company(agents=1, extra=["--set", f"database={pg.url}"])
    try:
        subprocess.run([with_pg.BIN / "createdb", "-h", pg.dir, "-U", "hj", "elsewhere"], check=True)
        c.start().staff().line().open_hours()
        c.import_list([(f"李客户{i}", n) for i, n in enumerate(numbers(30))])
        data, to, new = c.folder / "data", c.folder / "backups", c.folder / "elsewhere"
        tool("backup", "--to", to, *on(data, pg.url))
        new.mkdir()
        shutil.copy(data / "master.key", new / "master.key")
        other = pg.url.replace("/postgres?", "/elsewhere?")
        tool("restore", "--from", newest(to), *on(data, pg.url), code=1)
        said = tool("restore", "--from", newest(to), *on(new, other))
        assert "30 / 30" in said, said
        assert "30 可打开 / open, 0 打不开" in tool("verify", *on(new, other))
        said = tool("backup", "--to", to, *on(new, other), code=1, env={**os.environ, "PATH": "/nowhere"})
        assert "postgresql-client" in said, said
    finally:
        c.close()
        pg.remove()


def test_a_wrong_key_is_refused_and_the_saved_one_helps():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hujiao-key-"))
    try:
        data, words = folder / "data", folder / "words"
        words.write_text("correct horse battery staple\n")
        tool("setup", "--config", folder / "etc/hujiao.conf", "--data-dir", data, "--user", "", "--yes")
        here = ["--config", folder / "etc/hujiao.conf"]
        tool("key", "backup", "--to", folder / "short", "--passphrase-file", "/dev/null", *here, code=2)
        tool("key", "backup", "--to", folder / "saved", "--passphrase-file", words, *here)
        key = folder / "etc/master.key"
        right = key.read_text()
        assert (folder / "saved").stat().st_mode & 0o077 == 0 and right.strip() not in (folder / "saved").read_text()

        def start():
            run = subprocess.run([hj.BINARY, "serve", "--config", folder / "etc/hujiao.conf", "--set", "http_port=" + str(hj.free_port())],
                                 capture_output=True, text=True, timeout=60, check=False)
            assert run.returncode == 1
            return run.stderr

        key.write_text("01" * 32 + "\n")
        said = start()
        assert "is not the one of this database" in said and "key restore" in said and str(key) in said, said
        tool("key", "restore", "--from", folder / "saved", "--passphrase-file", words, *here, code=1)
        key.unlink()
        said = start()
        assert "is gone" in said and "key restore" in said, said
        (folder / "other").write_text("some other words here")
        assert "口令打不开" in tool("key", "restore", "--from", folder / "saved", "--passphrase-file", folder / "other", *here, code=2)
        tool("key", "restore", "--from", folder / "saved", "--passphrase-file", words, *here)
        assert key.read_text() == right and key.stat().st_mode & 0o077 == 0
        assert "指纹" in tool("key", "show", *here)
        key.chmod(0o644)
        assert "chmod 600" in start()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def begin_and_kill(c, here):
    """Starts a rotation and kills the server when it has begun. Returns the follower, and how far it was."""
    follow = subprocess.Popen([hj.BINARY, "key", "rotate", *here], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    first = follow.stdout.readline()
    assert "重新密封" in first, first
    seen = follow.stdout.readline()
    c.server.kill()
    return follow, [int(x) for x in seen.split("/")]


def rotate_and_kill(c, data, database=None):
    """A rotation whose server is killed in the middle, again and again, ends with every number open."""
    here = on(data, database)
    assert "数据密钥 / data keys  1 (0" in tool("key", "show", *here)
    for keys in range(2, 12):  # one that was over before the kill is followed by another
        follow, (done, total) = begin_and_kill(c, here)
        if done < total:
            break
        c.restart()
        follow.communicate(timeout=60)
    assert done < total, "never killed in the middle"
    for wait in (0.15, 0.3):
        c.restart()
        time.sleep(wait)
        c.server.kill()
    c.restart()
    # Customers come in meanwhile, and are found by number.
    c.manager.log_in("4001", PASSWORD)
    c.import_list([("周客户", "13900777777")])
    rest, _ = follow.communicate(timeout=120)
    assert follow.returncode == 0 and "完成" in rest, rest
    said = tool("verify", *here)
    assert "3001 可打开 / open, 0 打不开" in said, said
    assert f"data keys  {keys} ({keys - 2}" in tool("key", "show", *here), "the first key gives the hashes and stays"
    again = c.import_list([("吴客户", "13900000005")])
    assert again["counts"]["duplicate"] + again["counts"]["updated"] == 1, "the same number has the same hash"
    tool("key", "rotate", *here)
    assert f"data keys  {keys + 1} ({keys - 1}" in tool("key", "show", *here)


def with_customers(extra, database=None):
    c = Company(agents=1, extra=extra)
    try:
        c.start().staff().line().open_hours()
        c.import_list([(f"赵客户{i}", n) for i, n in enumerate(numbers(3000))])
        rotate_and_kill(c, c.folder / "data", database)
    finally:
        c.close()


def test_a_key_rotation_killed_in_the_middle_ends_well():
    with_customers([])


def test_a_key_rotation_killed_in_the_middle_ends_well_on_postgresql():
    pg = with_pg.Server()
    try:
        with_customers(["--set", f"database={pg.url}"], pg.url)
    finally:
        pg.remove()


def test_a_new_master_key_is_taken_up_without_a_stop():
    c = Company(agents=1)
    try:
        c.start().staff().line().open_hours()
        c.import_list([(f"孙客户{i}", n) for i, n in enumerate(numbers(20))])
        data = c.folder / "data"
        old = (data / "master.key").read_text()
        tool("key", "rotate", "--master", *on(data))
        assert (data / "master.key").read_text() != old
        tool("key", "rotate", *on(data))
        c.import_list([("周客户", "13900777777")])
        assert "21 可打开 / open, 0 打不开" in tool("verify", *on(data))
        c.server.stop(signal.SIGTERM)
        c.restart()
    finally:
        c.close()


if __name__ == "__main__":
    hj.run(globals())
