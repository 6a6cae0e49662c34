"""Long runs of the real program: soak.py [kills|hangups|load] [--n N] [--minutes M]. Without a name: all three in full.

  kills    1,000 kill -9 of a running campaign (--n), each followed by a restart and its checks
  hangups  1,000 calls ended at random moments on either side (--n)
  load     an hour of calls (--minutes) with flat memory and file handles

--minutes bounds the first two as well; HUJIAO_SEED repeats a run. The last results stand in docs/soak.md."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUNS = ("kills", "hangups", "load")


def main():
    args = sys.argv[1:]
    if args and args[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    if args and not args[0].startswith("-"):
        if args[0] not in RUNS:
            sys.exit(f"there is no '{args[0]}'; there are: {' '.join(RUNS)}")
        names, args = [args[0]], args[1:]
    else:
        names = RUNS
    codes = [subprocess.run([sys.executable, ROOT / "tests" / "soak" / f"{n}.py", *args], check=False).returncode for n in names]
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
