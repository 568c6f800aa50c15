"""kill -9 at any moment, then resume: the same bits as a fit that was left in peace."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import killed_fit
import pytest
import torch

from genex_kedro.datasets.checkpoint import CheckpointDataset

SCRIPT = Path(killed_fit.__file__)
FILE = "fit.safetensors"


def start(folder: Path, moment: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, str(SCRIPT), str(folder), moment])


def die(folder: Path, moment: str) -> None:
    assert start(folder, moment).wait(timeout=60) == -signal.SIGKILL


def epoch_of(folder: Path) -> int:
    return CheckpointDataset(str(folder)).load()["fit"].state["epoch"]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    killed_fit.main(str(folder), "never")
    return CheckpointDataset(str(folder)).load()["fit"]


def finish_and_compare(folder: Path, uninterrupted) -> None:
    killed_fit.main(str(folder), "never")
    resumed = CheckpointDataset(str(folder)).load()["fit"]
    assert resumed.status == uninterrupted.status == "finished"
    assert resumed.tensors.keys() == uninterrupted.tensors.keys()
    for key, tensor in uninterrupted.tensors.items():
        assert torch.equal(tensor, resumed.tensors[key]), key
    timing = {"seconds", "samples_per_second"}
    for one, other in zip(resumed.history, uninterrupted.history, strict=True):
        assert {k: one[k] for k in one.keys() - timing} == {
            k: other[k] for k in other.keys() - timing
        }


def test_killed_within_an_epoch_and_within_a_save(tmp_path, uninterrupted):
    die(tmp_path, "step:9")  # before there is a checkpoint
    assert CheckpointDataset(str(tmp_path)).load() == {}
    die(tmp_path, "step:37")  # 16 steps an epoch: within the third
    assert epoch_of(tmp_path) == 2
    die(tmp_path, "write:3")  # half of epoch 5 on disk: epoch 4 stands
    assert epoch_of(tmp_path) == 4
    die(tmp_path, "rename:2")
    assert epoch_of(tmp_path) == 5
    finish_and_compare(tmp_path, uninterrupted)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]  # nothing half written is left


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_a_random_moment(tmp_path, uninterrupted, seed):
    process = start(tmp_path, "slow")  # .16 s an epoch, 2 s in all
    deadline = time.monotonic() + 60
    while not (tmp_path / FILE).exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(random.Random(seed).uniform(0, 1.2))
    process.kill()
    assert process.wait(timeout=60) == -signal.SIGKILL
    assert 1 <= epoch_of(tmp_path) < 12
    finish_and_compare(tmp_path, uninterrupted)
