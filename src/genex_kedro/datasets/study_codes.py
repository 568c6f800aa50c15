"""What the codes of TCGA and TARGET mean: source sites, sample types, tumor types, tissues."""

from __future__ import annotations

import functools
from importlib.resources import files

import pandas as pd


@functools.cache
def tumor_types() -> pd.DataFrame:
    """All tumor types: columns ``program, tumor_type, disease, tissue``, text.

    ``disease`` is the name in Xena's phenotype tables in lower case. Shared: do not change it.
    """
    return _read("tumor_types.tsv")


@functools.cache
def tumor_type_of_site() -> dict[str, str]:
    """The tumor type each tissue source site of a TCGA barcode collected (``NA`` is a site)."""
    return _mapping("tcga_source_sites.tsv", "site", "tumor_type")


@functools.cache
def tissue_of_type() -> dict[str, str]:
    """The tissue each tumor type grew in."""
    return _mapping("tumor_types.tsv", "tumor_type", "tissue")


@functools.cache
def sample_type_of_code() -> dict[str, str]:
    """The sample type of each two-digit code of a TCGA barcode: ``11`` is Solid Tissue Normal."""
    return _mapping("tcga_sample_types.tsv", "code", "sample_type")


@functools.cache
def condition_of_code() -> dict[str, str]:
    """``tumor`` or ``normal`` for each two-digit code, empty for controls and cell lines."""
    return _mapping("tcga_sample_types.tsv", "code", "condition")


@functools.cache
def tissue_of_toil_site() -> dict[str, str]:
    """The tissue behind every spelling of ``_primary_site`` in Toil's phenotype table."""
    return _mapping("toil_sites.tsv", "site", "tissue")


def _mapping(name: str, key: str, value: str) -> dict[str, str]:
    table = _read(name)
    return dict(zip(table[key], table[value], strict=True))


def _read(name: str) -> pd.DataFrame:
    """A resource as text: a code ``NA`` must not become a missing value."""
    with (files("genex_kedro.datasets") / "resources" / name).open("rb") as handle:
        return pd.read_csv(handle, sep="\t", dtype=str, keep_default_na=False)
