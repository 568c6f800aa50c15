"""The storage of trials: opened or created, never saved, mended after a kill."""

import errno
import json
from pathlib import Path

import optuna
import pytest
from kedro.io import DatasetError

from genex_kedro.datasets.files import OptionalYAMLDataset
from genex_kedro.datasets.trial_storage import TrialStorageDataset
from genex_kedro.session import find_mistake
from refusals import assert_refused

optuna.logging.set_verbosity(optuna.logging.WARNING)


def add_trial(storage, value=1.0):
    study = optuna.create_study(storage=storage, study_name="s", load_if_exists=True)
    trial = study.ask()
    trial.suggest_int("latent", 1, 9)
    study.tell(trial, value)
    return study


def refused(dataset, *pieces):
    """Kedro wraps the error; the session prints the cause."""
    assert_refused(lambda: TrialStorageDataset.load.__wrapped__(dataset), pieces)


def test_loading_creates_and_then_opens(tmp_path):
    dataset = TrialStorageDataset(str(tmp_path / "new" / "trials.log"))
    assert not dataset.exists()
    assert json.loads(dataset.preview()) == {}
    add_trial(dataset.load(), 2.0)
    assert dataset.exists()
    study = add_trial(TrialStorageDataset(str(tmp_path / "new" / "trials.log")).load())
    assert [trial.value for trial in study.trials] == [2.0, 1.0]
    assert json.loads(dataset.preview())["s"]["best value"] == 1.0


def test_saving_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="cannot be saved"):
        TrialStorageDataset(str(tmp_path / "trials.log")).save(1)


def test_a_shared_journal_takes_the_place_of_the_projects_and_is_never_discarded(tmp_path):
    own, shared = tmp_path / "own.log", tmp_path / "shared.log"
    dataset = TrialStorageDataset(str(own), shared=str(shared))
    add_trial(dataset.load())
    assert shared.exists() and not own.exists()
    dataset.discard()
    assert len(add_trial(dataset.load()).trials) == 2
    mine = TrialStorageDataset(str(own))
    add_trial(mine.load())
    mine.discard()
    assert not mine.exists()


def test_a_database_is_a_storage_too(tmp_path):
    url = f"sqlite:///{tmp_path}/trials.db"
    dataset = TrialStorageDataset(str(tmp_path / "trials.log"), shared=url)
    assert dataset.exists()
    add_trial(dataset.load())
    assert len(add_trial(TrialStorageDataset("elsewhere", shared=url).load()).trials) == 2


def test_half_a_line_of_a_killed_process_is_dropped(tmp_path):
    path = tmp_path / "trials.log"
    add_trial(TrialStorageDataset(str(path)).load())
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code":4,"work')
    assert len(add_trial(TrialStorageDataset(str(path)).load()).trials) == 2
    assert path.read_bytes().startswith(whole + b'{"op_code"')


@pytest.mark.parametrize(
    "content", [b"study: s\n", b'{"op_code": 4}\n', b"\x00\xff\n", b"[]\n", b"somebody's notes"]
)
def test_a_file_that_is_no_journal_is_refused(tmp_path, content):
    path = tmp_path / "trials.log"
    path.write_bytes(content)
    refused(TrialStorageDataset(str(path)), str(path), "tuning.storage=PATH")
    assert path.read_bytes() == content


def test_a_disk_that_refuses_is_not_called_a_damaged_journal(tmp_path, monkeypatch):
    """Who moves a good journal away because the disk was full has lost the trials."""
    path = tmp_path / "trials.log"
    add_trial(TrialStorageDataset(str(path)).load())

    def refuse(self):
        raise OSError(errno.EACCES, "Permission denied", str(self))

    with monkeypatch.context() as patch, pytest.raises(DatasetError) as caught:
        patch.setattr(Path, "read_bytes", refuse)
        TrialStorageDataset(str(path)).load()
    mistake = find_mistake(caught.value)
    assert "no right" in mistake.found and mistake.where == str(path)
    assert "away" not in mistake.remedy


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError) as caught:
        TrialStorageDataset(str(tmp_path / "file" / "trials.log")).load()
    mistake = find_mistake(caught.value)
    assert mistake.where == str(tmp_path / "file") and "place of a folder" in mistake.found


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all/trials.db", "nonsense://host/name"])
def test_a_database_that_cannot_be_reached_is_refused(tmp_path, url):
    dataset = TrialStorageDataset(str(tmp_path / "trials.log"), shared=url)
    refused(dataset, "tuning.storage", "SQLAlchemy URL")


def test_what_was_never_made_is_empty(tmp_path):
    dataset = OptionalYAMLDataset(filepath=str(tmp_path / "best.yml"))
    assert dataset.load() == {}
    dataset.save({"study": "grid", "parameters": {"learning_rate": 1.780461872739285e-05}})
    assert dataset.load()["parameters"]["learning_rate"] == 1.780461872739285e-05
