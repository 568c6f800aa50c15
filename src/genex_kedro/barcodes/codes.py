"""The code tables behind the barcodes, read once."""

from __future__ import annotations

import functools
from importlib.resources import files

import pandas as pd


@functools.cache
def sites() -> pd.DataFrame:
    """Which study a tissue source site (TCGA) or a disease code (TARGET) belongs to.

    Returns
    -------
    DataFrame, indexed by ``<program>-<site>`` (``TCGA-NA``)
        ``program, site, study, disease, tissue``, all text; ``tissue`` is empty for controls.
        Shared between callers: do not change it.
    """
    joined = _read("sites.tsv").merge(_read("studies.tsv"), on=["program", "study"], how="left")
    return joined.set_index(joined["program"] + "-" + joined["site"])


@functools.cache
def sample_types() -> pd.DataFrame:
    """Sample types by two-digit code: ``sample_type, condition`` (empty: neither tumor nor normal)."""
    return _read("sample_types.tsv").set_index("code")


def _read(name: str) -> pd.DataFrame:
    with (files("genex_kedro.barcodes") / "resources" / name).open("rb") as handle:
        # as text, and nothing taken for missing: the site NA collected uterine carcinosarcomas
        return pd.read_csv(handle, sep="\t", dtype=str, keep_default_na=False)
