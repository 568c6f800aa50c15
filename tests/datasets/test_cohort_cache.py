"""The cache of a parsed cohort: used while true, remade when not, whole after any kill."""

import logging
import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData

from genex_kedro.datasets.cohort_cache import CachedCohortDataset
from genex_kedro.datasets.toil import cohort as toil_module
from genex_kedro.fingerprint import data_digest, file_digest
from toil_folder import ToilFolder

KIND = "genex_kedro.datasets.toil.cohort.ToilCohortDataset"
N_KILLS = 20


@pytest.fixture
def toil(tmp_path):
    return ToilFolder(tmp_path / "toil")


@pytest.fixture
def parses(monkeypatch):
    """The settings of every real parse."""
    done = []

    def read(folder, expression, genes, original=toil_module.read_toil):
        done.append((expression, genes))
        return original(folder, expression, genes)

    monkeypatch.setattr(toil_module, "read_toil", read)
    return done


def cached(tmp_path, toil, **settings):
    reader = {"type": KIND, "folder": str(toil.path), **settings}
    return CachedCohortDataset(path=str(tmp_path / "parsed"), reader=reader)


def test_the_second_load_is_equal_and_parses_nothing(tmp_path, toil, parses):
    first, second = (cached(tmp_path, toil).load() for _ in range(2))
    assert len(parses) == 1
    np.testing.assert_array_equal(first.X, second.X)
    pd.testing.assert_frame_equal(first.obs, second.obs)
    pd.testing.assert_frame_equal(first.var, second.var)
    assert dict(first.uns) == dict(second.uns)
    assert (first.obs.dtypes == second.obs.dtypes).all()


def test_other_settings_have_a_cache_of_their_own(tmp_path, toil, parses):
    for _ in range(2):
        cached(tmp_path, toil).load()
        cached(tmp_path, toil, genes="all").load()
    assert len(parses) == 2


@pytest.mark.parametrize("change", ["expression", "phenotype"])
def test_a_changed_source_is_parsed_again(tmp_path, toil, parses, change):
    cached(tmp_path, toil).load()
    if change == "expression":
        toil.tpm.iloc[:, 0] = toil.tpm.iloc[::-1, 0].to_numpy()
        toil.write_expression()
    else:
        toil.phenotype = toil.phenotype.iloc[1:]
        toil.write_phenotype()
    changed = cached(tmp_path, toil).load()
    assert len(parses) == 2
    assert data_digest(changed) == data_digest(cached(tmp_path, toil).load())
    assert len(list((tmp_path / "parsed").iterdir())) == 2  # the old one was replaced


def test_a_copied_source_is_the_same(tmp_path, toil, parses):
    cached(tmp_path, toil).load()
    for path in toil.path.iterdir():
        os.utime(path, ns=(0, 0))
    cached(tmp_path, toil).load()
    assert len(parses) == 1


def test_a_source_of_the_same_size_and_time_is_told_apart(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"a" * 1000)
    os.utime(path, ns=(0, 0))
    before = file_digest(path)
    path.write_bytes(b"a" * 999 + b"b")
    os.utime(path, ns=(0, 0))
    assert file_digest(path) != before


@pytest.mark.parametrize("damage", ["flip", "cut", "record", "empty record"])
def test_a_damaged_cache_is_found_and_remade(tmp_path, toil, parses, damage, caplog):
    first = cached(tmp_path, toil).load()
    path = cached(tmp_path, toil).cache_file
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "cut":
        path.write_bytes(content[:-100])
    else:
        path.with_suffix(".json").write_text("" if damage == "record" else "{}")
    with caplog.at_level(logging.WARNING):
        again = cached(tmp_path, toil).load()
    assert len(parses) == 2 and data_digest(first) == data_digest(again)
    assert ("damaged" in caplog.text) == (damage in ("flip", "cut"))
    cached(tmp_path, toil).load()
    assert len(parses) == 2


def test_killed_at_random_moments_of_a_parse(tmp_path, toil):
    expected = data_digest(toil_module.read_toil(toil.path))
    seconds = time_of_one_load(tmp_path / "timed", toil)
    rng, n_killed = random.Random(0), 0
    for _ in range(N_KILLS):
        child = os.fork()
        if not child:
            cached(tmp_path, toil).load()
            os._exit(0)
        time.sleep(rng.uniform(0, seconds))
        os.kill(child, signal.SIGKILL)
        n_killed += os.waitpid(child, 0)[1] == signal.SIGKILL
        assert_whole(tmp_path, toil, expected)
        if cached(tmp_path, toil).cache_file.exists() and rng.random() < 0.8:
            forget(cached(tmp_path, toil))  # so that the next child has something to do
    # where other work shares the cores, many a child is done sooner than the one timed
    assert n_killed >= N_KILLS // 4
    forget(cached(tmp_path, toil))
    assert data_digest(cached(tmp_path, toil).load()) == expected
    assert data_digest(cached(tmp_path, toil).load()) == expected
    assert not list((tmp_path / "parsed").glob(".part-*"))


@pytest.mark.parametrize("moment", ["half written", "before the rename", "before the record"])
def test_killed_at_the_worst_moments_of_a_write(tmp_path, toil, moment):
    expected = data_digest(toil_module.read_toil(toil.path))
    child = os.fork()
    if not child:
        die_at(moment)
        cached(tmp_path, toil).load()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert_whole(tmp_path, toil, expected)
    assert cached(tmp_path, toil).cache_file.exists() == (moment == "before the record")
    assert data_digest(cached(tmp_path, toil).load()) == expected
    assert not list((tmp_path / "parsed").glob(".part-*"))


def die_at(moment):
    """Let this process kill itself within the writing of the cache."""

    def die(*_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

    def write_half(cohort, path, **_):
        path.write_bytes(b"\x89HDF" * 100)
        die()

    if moment == "half written":
        AnnData.write_h5ad = write_half
    elif moment == "before the rename":
        type(Path()).replace = die
    else:
        Path.write_text = die


def time_of_one_load(folder, toil):
    start = time.perf_counter()
    cached(folder, toil).load()
    return time.perf_counter() - start


def assert_whole(tmp_path, toil, expected):
    """Whatever stands under a final name can be read, and is used only if it is complete."""
    dataset = cached(tmp_path, toil)
    if dataset.cache_file.exists():
        loaded = dataset._load_cached()
        assert loaded is None or data_digest(loaded) == expected
        if dataset._record_file().exists():
            assert loaded is not None


def forget(dataset):
    dataset._record_file().unlink(missing_ok=True)
    dataset.cache_file.unlink(missing_ok=True)
