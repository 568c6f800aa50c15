"""The folder that public files are put into, the offline folder, and the list of the files."""

import gzip
import hashlib
import os
import shutil

import numpy as np
import pytest

from genex_kedro.datasets.downloads import download
from genex_kedro.datasets.downloads.download import ensure, expected_state, fetch
from genex_kedro.datasets.downloads.sources import Source, choose_files, public_files
from genex_kedro.errors import InputError
from genex_kedro.fingerprint import file_digest
from unreliable_server import serving

CONTENT = gzip.compress(np.random.default_rng(0).bytes(300_000))
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NOWHERE = "http://nowhere.invalid/"


def _fetch(source, folder, progress=lambda *_: None):
    return fetch(source, folder, progress=progress)


def _left(folder):
    return sorted(path.name for path in folder.iterdir())


# --- the folder ------------------------------------------------------------------------------


def test_an_offline_folder_needs_no_network(tmp_path):
    source = Source("table.gz", NOWHERE, len(CONTENT))
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "table.gz").write_bytes(CONTENT)
    (path,) = ensure([source], tmp_path / "mine", offline=tmp_path / "stick")
    assert path == tmp_path / "mine" / "table.gz" and path.read_bytes() == CONTENT
    (path,) = ensure([source], tmp_path / "stick", offline=tmp_path / "stick")
    assert _left(tmp_path / "stick") == ["table.gz"]


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such file"), (CONTENT[:-1], "the published size"), (b"x" * len(CONTENT), "sha256")],
)
def test_an_offline_file_that_is_not_the_published_one(content, said, tmp_path):
    (tmp_path / "stick").mkdir()
    if content is not None:
        (tmp_path / "stick" / "table.gz").write_bytes(content)
    source = Source("table.gz", NOWHERE, len(CONTENT), SHA256)
    with pytest.raises(InputError, match=said) as caught:
        ensure([source], tmp_path / "mine", offline=tmp_path / "stick")
    assert str(tmp_path / "stick") in caught.value.where and "table.gz" in str(caught.value)
    assert not (tmp_path / "mine" / "table.gz").exists()


def test_all_files_that_an_offline_folder_lacks_are_named(tmp_path):
    sources = [Source(f"{n}.gz", f"{NOWHERE}{n}", 1) for n in range(3)]
    (tmp_path / "1.gz").write_bytes(b"x")
    with pytest.raises(InputError, match=r"no such file: 0\.gz, 2\.gz"):
        ensure(sources, tmp_path / "mine", offline=tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        ensure(sources, tmp_path / "mine", offline=tmp_path / "elsewhere")


def test_a_file_that_is_there_is_verified_and_kept(tmp_path):
    source = Source("table.gz", NOWHERE, len(CONTENT), "0" * 64)
    (tmp_path / "table.gz").write_bytes(CONTENT)
    with pytest.raises(InputError, match="Delete the file to have it fetched"):
        fetch(source, tmp_path)
    assert (tmp_path / "table.gz").read_bytes() == CONTENT


def test_a_full_disk_is_said_before_the_first_byte(tmp_path, monkeypatch):
    full = shutil.disk_usage(tmp_path)._replace(free=(64 << 20) + 1000)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: full)
    with serving(CONTENT) as state:
        with pytest.raises(InputError, match=r"0\.07 GB free"):
            _fetch(Source("table.gz", state.url, len(CONTENT), SHA256), tmp_path)
        assert not state.requests
        with pytest.raises(InputError, match="free on the disk"):  # told by the server
            _fetch(Source("table.gz", state.url, None, SHA256), tmp_path)


def test_a_disk_that_fills_up_is_no_broken_connection(tmp_path):
    def write(*_):
        raise OSError(28, "No space left on device")

    with serving(CONTENT) as state, pytest.raises(InputError, match="No space left"):
        _fetch(Source("table.gz", state.url, len(CONTENT), SHA256), tmp_path, progress=write)
    assert len(state.requests) == 1


def test_a_folder_that_is_read_only(tmp_path, monkeypatch):
    def refuse(path, *_):  # a superuser may write anywhere, so permissions are no test
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    with serving(CONTENT) as state, pytest.raises(InputError, match="Permission denied") as caught:
        _fetch(Source("table.gz", state.url, len(CONTENT), SHA256), tmp_path)
    assert str(tmp_path) in caught.value.where and "permissions" in caught.value.remedy


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "file").write_text("")
    with serving(CONTENT) as state, pytest.raises(InputError, match="can be written to"):
        _fetch(Source("table.gz", state.url, len(CONTENT), SHA256), tmp_path / "file" / "folder")


# --- the list --------------------------------------------------------------------------------


def test_the_list_of_public_files():
    assert len(public_files("rnaseqdb")) == 52
    assert len(public_files("toil")) == 4 and len(public_files("pancan")) == 3
    for collection in ("toil", "rnaseqdb", "pancan"):
        for source in choose_files(collection):
            assert source.url.startswith("https://") and (
                source.digest[0] or source.name.endswith(".gz")
            )
    with pytest.raises(InputError, match=r"parameter toil\.files"):
        choose_files("toil", ["nothing.gz"])
    with pytest.raises(InputError, match="one of pancan, rnaseqdb, toil"):
        public_files("gtex")


def test_the_fingerprint_is_the_same_before_and_after(tmp_path):
    with serving(CONTENT) as state:
        source = Source("table.gz", state.url, len(CONTENT), SHA256)
        before = expected_state([source], tmp_path)
        _fetch(source, tmp_path)
        assert expected_state([source], tmp_path) == before
        (tmp_path / "table.gz").write_bytes(b"another")
        assert expected_state([source], tmp_path) != before


@pytest.mark.real
def test_the_digests_of_the_list_are_those_of_the_real_files(real_data):
    names = public_files("rnaseqdb")
    paths = sorted((real_data / "rnaseqdb" / "normalized").glob("*.gz"))[:6]
    assert paths
    for path in paths:
        source = names[path.name]
        assert path.stat().st_size == source.size
        for kind in ("sha256", "md5", "git_blob_sha1"):
            assert file_digest(path, kind) == getattr(source, kind)
