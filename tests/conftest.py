"""Shared fixtures: where the real cohorts lie, and one thread for every test."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with the real cohorts, or a skip that says so."""
    folder = os.environ.get("GENEX_REAL_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("GENEX_REAL_DATA names no folder: the real cohorts were not tested")
    return Path(folder)
