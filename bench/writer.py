#!/usr/bin/env python3
"""What committing an attempt before dialing it adds, at 50 attempts a second, on both engines.

    bench/writer.py [--engines sqlite,postgres] [--rate 50] [--seconds 30]

The floor beside each figure is the disk's: 4 KiB written and synced in the same folder, before and after the run."""
import argparse
import json
import subprocess
import sys

import crowd
import line
import hj


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--engines", default="sqlite,postgres")
    a.add_argument("--rate", type=int, default=50)
    a.add_argument("--seconds", type=int, default=30)
    a = a.parse_args()
    b = line.Bench("writer")
    for name in a.engines.split(","):
        with crowd.engine(name) as engine:
            engine.template("million")
            url, key = engine.copy("million", "w")
            try:
                got = subprocess.run([str(hj.BUILD / "bench" / "bench_writer"), url, str(crowd.KEPT), str(a.rate), str(a.seconds)],
                                     capture_output=True, text=True, check=False)
                if got.returncode:
                    sys.exit(got.stderr)
                r = json.loads(got.stdout)
                b.floor(r["sync_p99_ms"], "ms", what="4 KiB and fdatasync, p99", p50_ms=r["sync_p50_ms"])
                b.put("commit_then_act_p99_ms", r["p99_ms"], "ms", engine=name, attempts_per_s=a.rate, attempts=r["n"], p50_ms=r["p50_ms"],
                      max_ms=r["max_ms"])
            finally:
                engine.drop("w")


if __name__ == "__main__":
    main()
