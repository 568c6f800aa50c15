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


@functools.cache
def tissue_of_primary_site() -> dict[str, str]:
    """Xena's ``_primary_site``, in lower case, to the tissue's name here."""
    table = _read("primary_sites.tsv")
    return dict(zip(table["primary_site"].str.lower(), table["tissue"], strict=True))


@functools.cache
def condition_of_sample_type() -> dict[str, str]:
    """The name of a sample type, in lower case, to ``tumor``, ``normal`` or nothing.

    Xena and GTEx have names of their own beside those of the code table.
    """
    table = _read("sample_types.tsv")
    of_name = dict(zip(table["sample_type"].str.lower(), table["condition"], strict=True))
    xena = {"primary tumor": "tumor", "recurrent tumor": "tumor", "normal tissue": "normal"}
    return of_name | xena | {"cell line": ""}


def _read(name: str) -> pd.DataFrame:
    with (files("genex_kedro.barcodes") / "resources" / name).open("rb") as handle:
        # as text, and nothing taken for missing: the site NA collected uterine carcinosarcomas
        return pd.read_csv(handle, sep="\t", dtype=str, keep_default_na=False)
