"""A download killed again and again loses nothing and ends with the same bytes."""

import gzip
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genex_kedro.datasets.downloads.download import fetch
from genex_kedro.datasets.downloads.sources import Source
from unreliable_server import serving

KILLS = 20
CONTENT = gzip.compress(np.random.default_rng(0).bytes(6_000_000), 1)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def fetcher():
    """A function that starts a fetch in a process of its own and gives its id."""
    script = Path(__file__).with_name("fetching_process.py")
    process = subprocess.Popen([sys.executable, script], stdin=-1, stdout=-1, text=True)
    yield process
    process.stdin.close()
    process.wait()


def _start(fetcher, url, folder):
    fetcher.stdin.write(f"{url} {len(CONTENT)} {SHA256} {folder}\n")
    fetcher.stdin.flush()
    return int(fetcher.stdout.readline())


def _slowly(handler, number):
    handler.fault.piece, handler.fault.pause = 20_000, 0.005


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_kill_at_random_moments(fetcher, tmp_path):
    draw = np.random.default_rng(2)
    final, part = tmp_path / "table.gz", tmp_path / "table.gz.part"
    sizes, during = [0], 0
    with serving(CONTENT, behave=_slowly) as state:
        for _ in range(KILLS):
            child = _start(fetcher, state.url, tmp_path)
            time.sleep(draw.uniform(0, 0.12))
            os.kill(child, signal.SIGKILL)
            during += fetcher.stdout.readline().strip() == str(signal.SIGKILL.value)
            if final.exists():
                assert hashlib.sha256(final.read_bytes()).hexdigest() == SHA256
            elif part.exists():
                sizes.append(part.stat().st_size)
                assert part.read_bytes() == CONTENT[: sizes[-1]]
        _start(fetcher, state.url, tmp_path)
        assert fetcher.stdout.readline().strip() == "0"
        served = [int(r.get("Range", "bytes=0-")[6:-1]) for r in state.requests]
    assert hashlib.sha256(final.read_bytes()).hexdigest() == SHA256
    assert [path.name for path in tmp_path.iterdir()] == ["table.gz"]
    assert sizes == sorted(sizes)  # nothing that was fetched is lost
    assert served == sorted(served) and during >= KILLS // 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_that_waits_goes_on_for_one_that_is_killed(fetcher, tmp_path):
    source = Source("table.gz", "", len(CONTENT), SHA256)
    with serving(CONTENT, behave=_slowly) as state:
        child = _start(fetcher, state.url, tmp_path)
        while not (tmp_path / "table.gz.part").exists():
            time.sleep(0.01)
        waiting = threading.Thread(target=fetch, args=(replace(source, url=state.url), tmp_path))
        waiting.start()
        time.sleep(0.3)
        assert len(state.requests) == 1  # one fetches, the other waits
        os.kill(child, signal.SIGKILL)
        waiting.join()
        assert int(state.requests[1]["Range"][6:-1]) > 0
    assert hashlib.sha256((tmp_path / "table.gz").read_bytes()).hexdigest() == SHA256
    assert [path.name for path in tmp_path.iterdir()] == ["table.gz"]
