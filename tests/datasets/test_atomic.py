"""Files and folders appear whole or not at all, whatever an earlier process left."""

import os

import pytest

from genex_kedro.datasets.atomic import staged_file, staged_folder


def test_a_folder_takes_the_place_of_the_old_one_in_whole(tmp_path):
    for text in ("old", "new"):
        with staged_folder(tmp_path / "models") as folder:
            (folder / text).write_text(text)
    assert [p.name for p in (tmp_path / "models").iterdir()] == ["new"]
    assert [p.name for p in tmp_path.iterdir()] == ["models"]


def test_a_failure_leaves_what_was_there(tmp_path):
    (tmp_path / "models").mkdir()
    with pytest.raises(RuntimeError), staged_folder(tmp_path / "models") as folder:
        (folder / "half").write_text("half")
        raise RuntimeError("cut off")
    assert not list((tmp_path / "models").iterdir())
    assert [p.name for p in tmp_path.iterdir()] == ["models"]


def test_leftovers_of_an_earlier_process_with_our_number_are_swept(tmp_path):
    """In a container every run is process 1."""
    (tmp_path / "models").mkdir()
    for kind in ("old", "part"):
        leftover = tmp_path / f".{kind}-{os.getpid()}-models"
        leftover.mkdir()
        (leftover / "weights").write_text("of another run")
    with staged_folder(tmp_path / "models") as folder:
        (folder / "weights").write_text("ours")
    assert (tmp_path / "models" / "weights").read_text() == "ours"
    assert [p.name for p in tmp_path.iterdir()] == ["models"]


def test_a_living_process_keeps_what_it_is_writing(tmp_path):
    theirs = tmp_path / f".part-{os.getppid()}-table.csv"
    theirs.write_text("half")
    with staged_file(tmp_path / "table.csv") as path:
        path.write_text("whole")
    assert theirs.exists() and (tmp_path / "table.csv").read_text() == "whole"
