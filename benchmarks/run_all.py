"""Runs every benchmark and prints one table of ratios beside those recorded.

Usage: ``python benchmarks/run_all.py [--full] [--record] [--strict] [--only NAME ...]``. Quick
sizes take some minutes; ``--full`` those of the recorded results, hours. A ratio more than 20 %
below its record is marked; ``--strict`` then ends with 1. A benchmark that fails always does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import common

SCRIPTS = {path.stem.removeprefix("bench_"): path for path in sorted(Path(__file__).parent.glob("bench_*.py"))}  # fmt: skip


def run(benchmark: str, flags: list[str]) -> list[dict] | None:
    """Its rows beside the record; None if it failed."""
    with tempfile.TemporaryDirectory() as folder:
        rows, start = Path(folder) / "rows.json", time.monotonic()
        known = common.recorded(benchmark)  # before --record replaces it
        command = [sys.executable, str(SCRIPTS[benchmark]), "--json", str(rows), *flags]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        print(f"{benchmark}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return None
        return common.compare(benchmark, json.loads(rows.read_text()), known)


def main() -> int:
    """Run, show, and say by the exit status whether to look closer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="the sizes of the recorded results")
    parser.add_argument("--record", action="store_true", help="keep what was measured in results/")
    parser.add_argument("--strict", action="store_true", help="end with 1 after a regression")
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=list(SCRIPTS))
    options = parser.parse_args()
    flags = [f"--{name}" for name in ("full", "record") if getattr(options, name)]
    found = {benchmark: run(benchmark, flags) for benchmark in options.only}
    common.show([row for rows in found.values() for row in rows or []])
    if failed := [name for name, rows in found.items() if rows is None]:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
        return 1
    regressed = any(row["regressed"] for rows in found.values() for row in rows)
    return int(options.strict and regressed)


if __name__ == "__main__":
    sys.exit(main())
