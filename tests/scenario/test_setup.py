#!/usr/bin/env python3
"""First steps on an empty machine: `hujiao setup`, then the server by the file it made."""
import os
import pathlib
import re
import shutil
import sqlite3
import ssl
import subprocess
import tempfile
import urllib.request

import hj
from company import PASSWORD


def setup(*args, ok=True, answers=None):
    run = subprocess.run([hj.BINARY, "setup", "--user", "", *map(str, args)], capture_output=True, text=True, input=answers, check=False)
    assert (run.returncode == 0) == ok, run.stdout + run.stderr
    return run.stdout + run.stderr


class Place:
    """A folder that stands for a machine."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hujiao-setup-"))
        self.config = self.folder / "etc" / "hujiao.conf"
        self.http, self.sip = hj.free_port(), hj.free_port(hj.socket.SOCK_DGRAM)
        self.args = ["--config", self.config, "--data-dir", self.folder / "data", "--http-port", self.http, "--sip-port", self.sip,
                     "--sip-addr", "127.0.0.1", "--media-addr", "127.0.0.1", "--http-addr", "127.0.0.1", "--company", "测试公司"]
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


def test_setup_makes_all_that_a_first_log_in_needs():
    with Place() as p:
        said = setup(*p.args, "--name", "hujiao.test", "--yes")
        for f in (p.config, p.config.parent / "master.key", p.folder / "data/tls/server.key"):
            assert f.stat().st_mode & 0o077 == 0, f"others can read {f.name}"
        assert f"{p.http}/tcp" in said and f"{p.sip}/udp" in said, said
        token = re.search(r"https://hujiao\.test:\d+/link\?token=(\S+)", said)[1]
        server = hj.Server(["serve", "--config", p.config, "--drain", "1"], folder=p.folder).start()
        try:
            trust = ssl.create_default_context(cafile=p.folder / "data/tls/ca.crt")
            base = f"https://127.0.0.1:{p.http}"
            browser = hj.Http(base)
            browser.opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust),
                                                         urllib.request.HTTPCookieProcessor(browser.jar))

            def up():
                """the page answers over https that the company's root vouches for"""
                try:
                    return browser.get("/healthz")[0] == 200
                except OSError:
                    return False

            hj.wait_for(up)
            browser.ok("POST", "/api/v1/link", {"token": token, "password": PASSWORD})
            assert browser.log_in("admin", PASSWORD)["role"] == "administrator"
            assert "/link?token" not in server.stdout(), "the server made a second link"
        finally:
            server.close()


def test_a_second_setup_changes_nothing_and_shows_what_is_set():
    with Place() as p:
        setup(*p.args, "--yes")
        before = {f: f.read_bytes() for f in (p.config, p.config.parent / "master.key", p.folder / "data/tls/server.crt")}
        said = setup("--config", p.config)
        assert str(p.http) in said and "测试公司" in said and "schema" in said, said
        said = setup("--config", p.config, "--company", "别的公司", ok=False)
        assert "不会覆盖" in said and "not overwritten" in said, said
        assert all(f.read_bytes() == text for f, text in before.items())
        assert "/link?token=" in setup("--config", p.config, "--link"), "a lost link can be made again"


def test_a_database_that_cannot_be_reached_is_told_at_once():
    with Place() as p:
        said = setup(*p.args, "--database", "postgres://hujiao:secret@127.0.0.1:1/none", "--yes", ok=False)
        assert "数据库" in said and "database" in said and "secret" not in said, said
        assert not p.config.exists()


def test_questions_are_asked_again_until_they_are_answered_well():
    with Place() as p:
        import pty
        main, end = pty.openpty()
        child = subprocess.Popen([hj.BINARY, "setup", "--config", str(p.config), "--user", "", "--sip-port", str(p.sip)], stdin=end,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        os.close(end)
        os.write(main, f"测试公司\n{p.folder}/data\n\n127.0.0.1\nhttps\n{p.http}\n127.0.0.1\n127.0.0.1\n".encode())
        said = child.communicate(timeout=60)[0]
        os.close(main)
        assert child.returncode == 0, said
        assert "it is not a port" in said, said
        text = p.config.read_text()
        assert f"http_port = {p.http}" in text and "company = 测试公司" in text, text


def run_to_end(config, *args):
    """A start that must fail, and what it says."""
    run = subprocess.run([hj.BINARY, "serve", "--config", config, *args], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 1, run.stderr
    return run.stderr


def test_an_upgrade_copies_first_and_an_older_program_names_the_copy():
    with Place() as p:
        setup(*p.args, "--yes")
        path = p.folder / "data/hujiao.db"

        def sql(*statements):
            db = sqlite3.connect(path)
            got = [db.execute(s).fetchall() for s in statements]
            db.commit()
            db.close()
            return got[-1]

        names = [n for n, in sql("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = 'import_row_class'")]
        assert names, "the index of migration 21 is gone: choose another"
        steps = sql("DROP INDEX import_row_class", "DROP INDEX import_row_dial", "DELETE FROM schema_version WHERE number = 21",
                    "SELECT COUNT(*) FROM schema_version")[0][0]
        server = hj.Server(["serve", "--config", p.config, "--drain", "1"], folder=p.folder).start()
        try:
            hj.wait_for(lambda: "database_upgraded" in server.log_path.read_text())
        finally:
            server.close()
        copies = list((p.folder / "data/backup").glob(f"schema-{steps}-to-{steps + 1}-*.db"))
        assert len(copies) == 1, copies
        db = sqlite3.connect(copies[0])
        assert db.execute("SELECT COUNT(*) FROM schema_version").fetchall() == [(steps,)]
        db.close()
        assert sql("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'import_row_class'") == [(1,)]

        # Now a newer program was here, from this one's schema to the next.
        sql("INSERT INTO schema_version VALUES (9999, 'later', '', 0)")
        assert "use the newer program" in run_to_end(p.config)
        kept = p.folder / f"data/backup/schema-{steps + 1}-to-{steps + 2}-20300101-000000.db"
        shutil.copy(copies[0], kept)
        said = run_to_end(p.config)
        assert kept.name in said and "go back" in said, said


if __name__ == "__main__":
    hj.run(globals())
