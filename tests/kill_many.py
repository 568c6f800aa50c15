"""kill -9 at random moments of a whole small run, many times; then compare every file.

``python tests/kill_many.py --kills 50`` runs ``kedro run --env test`` once undisturbed, then again
and again in a fresh folder, each time killed with all its children, until one run comes to its
end; its folder is compared file by file, and its MLflow store run by run. Folders are begun
until the kills are spent. Tests kill a few times; this takes about half an hour on one core.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil

from conftest import ROOT
from same_results import differences

_NODE = re.compile(r"\[(\d+)/(\d+)\] (\S+)")
_SHORTEST, _LONGEST = 0.5, 20.0  # seconds of computing in a life: imports alone take five


def fresh_project(folder: Path) -> Path:
    """The configuration and an empty ``data``; the package is that of this checkout."""
    shutil.copytree(ROOT / "conf", folder / "conf")
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "src").mkdir()
    (folder / "data").mkdir()
    return folder


def start(project: Path, arguments: list[str]) -> subprocess.Popen:
    """`kedro run` in its own process group, writing to ``run.log``."""
    log = (project / "run.log").open("a")
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "kedro", "run", "--env", "test", *arguments],
        cwd=project, env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip


def live(project: Path, arguments: list[str], seconds: float = math.inf) -> bool:
    """One life of so many seconds of computing; True if the run came to its end before."""
    process = start(project, arguments)
    clock = psutil.Process(process.pid)
    while process.poll() is None:
        with suppress(psutil.NoSuchProcess):
            used = clock.cpu_times()
            if used.user + used.system >= seconds:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return False
        time.sleep(0.01)
    if code := process.returncode:
        raise SystemExit(
            f"the run failed by itself ({code}):\n{(project / 'run.log').read_text()[-4000:]}"
        )
    return True


def last_node(project: Path) -> str:
    """The node that was at work, by the log of the life that ended."""
    found = _NODE.findall((project / "run.log").read_text())
    return found[-1][2] if found else "before the first node"


def killed_run(project: Path, arguments: list[str], draw: random.Random, most: int) -> Counter:
    """Kill up to `most` times and let the run end; where it was killed."""
    killed = Counter()
    while True:
        (project / "run.log").unlink(missing_ok=True)
        seconds = draw.uniform(_SHORTEST, _LONGEST) if killed.total() < most else math.inf
        if live(project, arguments, seconds):
            return killed
        killed[last_node(project)] += 1
        print(f"  killed after {seconds:4.1f} s at {last_node(project)}", flush=True)


def main() -> None:
    """Kill as often as asked for, print every difference, and fail if there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="kept; a temporary one otherwise")
    parser.add_argument("rest", nargs="*", help="for kedro run, behind --")
    given = parser.parse_args()
    base = given.folder or Path(tempfile.mkdtemp(prefix="kill_many_"))
    base.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    whole = base / "uninterrupted"
    if not whole.exists():  # of an earlier call with the same folder
        live(fresh_project(whole), given.rest)
    print(f"uninterrupted: {time.monotonic() - begin:.0f} s", flush=True)
    draw, killed, n, wrong = random.Random(given.seed), Counter(), 0, 0
    while killed.total() < given.kills:
        project, n = fresh_project(base / f"killed_{n}"), n + 1
        killed += killed_run(project, given.rest, draw, given.kills - killed.total())
        found, compared = differences(project, whole)
        wrong += len(found)
        print(f"folder {n}: {killed.total()} kills so far, {compared} files and runs compared, "
              f"{len(found)} differ", *found, sep="\n  ", flush=True)  # fmt: skip
    print(f"{killed.total()} kills at {len(killed)} points, {n} runs, {wrong} differences")
    for point, times in killed.most_common():
        print(f"  {times:3d} {point}")
    if given.folder is None and not wrong:
        shutil.rmtree(base)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
