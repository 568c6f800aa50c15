"""One process at a time, and a killed one holds nobody up."""

import os
import signal
import time

import pytest

from genex_kedro.datasets.lock import locked, only_run
from refusals import assert_refused


@pytest.fixture
def child():
    """Runs a function in another process; it is killed in the end."""
    started = []

    def start(work):
        pid = os.fork()
        if not pid:
            work()
            os._exit(0)
        started.append(pid)
        return pid

    yield start
    for pid in started:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def hold(lock, ready):
    """What a child does: take the lock, say so, sleep."""

    def work():
        with lock():
            ready.touch()
            time.sleep(60)

    return work


def wait_for(path):
    end = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < end, f"{path} never came"
        time.sleep(0.01)


def test_one_who_waits_goes_on_once_the_holder_is_killed(child, tmp_path):
    path, ready = tmp_path / ".lock", tmp_path / "ready"
    holder = child(hold(lambda: locked(path, "it"), ready))
    wait_for(ready)
    taken = tmp_path / "taken"
    child(hold(lambda: locked(path, "it"), taken))
    time.sleep(0.3)
    assert not taken.exists()
    os.kill(holder, signal.SIGKILL)
    wait_for(taken)


def test_who_was_never_in_the_way_leaves_no_file(tmp_path):
    with locked(tmp_path / ".lock", "it"):
        assert (tmp_path / ".lock").exists()
    assert not list(tmp_path.iterdir())


def test_many_take_turns_though_the_file_goes_each_time(child, tmp_path):
    """A lock on a file that its last holder removed would bind nobody."""
    count = tmp_path / "count"
    count.write_text("0")

    def add():
        for _ in range(20):
            with locked(tmp_path / ".lock", "it"):
                before = int(count.read_text())
                time.sleep(0.001)
                count.write_text(str(before + 1))
        (tmp_path / f"done {os.getpid()}").touch()
        time.sleep(60)

    for pid in [child(add) for _ in range(3)]:
        wait_for(tmp_path / f"done {pid}")
    assert count.read_text() == "60"


def test_a_second_run_is_refused_and_told_which_is_the_first(child, tmp_path):
    path, ready = tmp_path / "data" / "lock", tmp_path / "ready"
    holder = child(hold(lambda: only_run(path, tmp_path), ready))
    wait_for(ready)

    def begin():
        with only_run(path, tmp_path):
            pass

    for _ in range(2):  # one who was refused changes nothing
        assert_refused(begin, [str(tmp_path), f"process {holder}"])
    os.kill(holder, signal.SIGKILL)
    os.waitid(os.P_PID, holder, os.WEXITED | os.WNOWAIT)
    begin()
