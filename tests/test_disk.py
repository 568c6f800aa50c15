"""A full disk and a folder that cannot be written: one clear mistake, and the next run goes on."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from contextlib import contextmanager

import pytest

from genex_kedro.errors import InputError
from genex_kedro.session import find_mistake


@contextmanager
def largest_file(size):
    """No file may grow beyond `size` bytes: to a program the same as a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def report(project):
    return json.loads((project / "data/08_reporting/cohort/report.json").read_text())


def test_a_full_disk_is_one_mistake_and_leaves_nothing_half_written(project, run_session):
    with largest_file(50_000), pytest.raises(InputError) as full:
        run_session("data_processing")
    assert "no room to write" in str(full.value) and "data/" in full.value.where
    assert not list(project.rglob(".part-*"))
    run_session("data_processing")  # there is room again
    assert report(project)["pairs"] == 60


def test_a_folder_that_cannot_be_written_is_one_mistake(project, run_session):
    data = project / "data"
    if os.geteuid():
        data.chmod(0o555)
    elif subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", data], check=False).returncode:  # fmt: skip
        pytest.skip("root, and no right to mount: a read-only folder was NOT tested")
    try:
        with pytest.raises(InputError) as refused:
            run_session("data_processing")
    finally:
        if os.geteuid():
            data.chmod(0o755)
        else:
            subprocess.run(["umount", data], check=True)
    assert "no right to read or write here" in str(refused.value)
    assert str(data) in refused.value.where


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (OSError("Can't write data (errno = 28, error message = 'No space left on device')"), "no room"),  # HDF5
        (Exception("(sqlite3.OperationalError) database or disk is full"), "no room"),
        (Exception("I/O error: Read-only file system (os error 30)"), "no right"),  # safetensors
        (OSError(5, "Input/output error"), "a disk that fails"),
        (NotADirectoryError(20, "Not a directory"), "in the place of a folder"),
    ],
)  # fmt: skip
def test_libraries_that_pass_on_the_words_alone_are_understood(error, found):
    wrapped = RuntimeError(
        "Failed while saving data to dataset X(filepath=/p/data/a.h5ad, load={})"
    )
    wrapped.__cause__ = error
    mistake = find_mistake(wrapped)
    assert found in mistake.found and mistake.where == "/p/data/a.h5ad"
    assert find_mistake(RuntimeError("something else")) is None
