"""Checkpoints survive the disk, and a damaged one is named."""

import pytest
import torch
from kedro.io import DatasetError
from safetensors.torch import save_file

from genex_kedro.datasets.checkpoint import CheckpointDataset
from genex_kedro.errors import InputError
from genex_kedro.training import Checkpoint


def checkpoint(epoch: int = 3) -> Checkpoint:
    state = {
        "status": "running",
        "epoch": epoch,
        "history": [{"epoch": 1, "train.loss": None}],
        "seed": 1,
        "fingerprint": "f",
    }
    tensors = {
        "modules/net/weight": torch.arange(6.0).reshape(2, 3),
        "optimizers/net/0/step": torch.tensor(4.0),
    }
    return Checkpoint(tensors, state)


def test_what_is_saved_is_loaded(tmp_path):
    dataset = CheckpointDataset(str(tmp_path / "checkpoints"))
    assert not dataset.exists()
    assert dataset.load() == {}
    dataset.save({"seed_0": checkpoint()})
    assert dataset.exists()
    loaded = dataset.load()["seed_0"]
    assert loaded.state == checkpoint().state
    assert loaded.tensors.keys() == checkpoint().tensors.keys()
    assert all(torch.equal(t, loaded.tensors[k]) for k, t in checkpoint().tensors.items())


def test_entries_not_saved_are_left_alone(tmp_path):
    dataset = CheckpointDataset(str(tmp_path))
    dataset.save({"seed_0": checkpoint(1), "seed_1": checkpoint(2)})
    dataset.save({"seed_1": checkpoint(9)})
    assert {key: c.state["epoch"] for key, c in dataset.load().items()} == {
        "seed_0": 1,
        "seed_1": 9,
    }


def test_a_file_half_written_by_a_killed_run_is_not_read(tmp_path):
    dataset = CheckpointDataset(str(tmp_path))
    dataset.save({"seed_0": checkpoint()})
    (tmp_path / ".part-77-seed_1.safetensors").write_bytes(b"half")
    assert list(dataset.load()) == ["seed_0"]


@pytest.mark.parametrize("damage", ["truncated", "garbage", "no state"])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path, damage):
    dataset = CheckpointDataset(str(tmp_path))
    dataset.save({"seed_0": checkpoint()})
    path = tmp_path / "seed_0.safetensors"
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-5])
    elif damage == "garbage":
        path.write_bytes(b"\x80\x04pickle" * 20)
    else:
        save_file({"a": torch.ones(2)}, path)
    with pytest.raises(DatasetError) as raised:  # Kedro's wrapper; the session prints the cause
        dataset.load()
    assert isinstance(raised.value.__cause__, InputError)
    assert "seed_0.safetensors" in str(raised.value)
    assert "Delete this file" in str(raised.value)


def test_a_key_that_leaves_the_folder_is_refused(tmp_path):
    for key in ("../a", "a/b", "", ".part"):
        with pytest.raises(DatasetError, match="cannot be that of a file"):
            CheckpointDataset(str(tmp_path / "in")).save({key: checkpoint()})
