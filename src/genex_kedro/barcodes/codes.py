"""The code tables behind the barcodes, read once."""

from __future__ import annotations

import functools
from importlib.resources import files

import pandas as pd

# Normal, but not of the organ the tumor grows in: blood, a cheek, cells in culture, marrow
NORMALS_OF_OTHER_ORGANS = ("10", "12", "13", "14")


@functools.cache
def sites() -> pd.DataFrame:
    """Which study a tissue source site (TCGA) or a disease code (TARGET) belongs to.

    Returns
    -------
    DataFrame, indexed by ``<program>-<site>`` (``TCGA-NA``)
        ``program, site, study, disease, tissue, cohort``, all text; ``tissue`` is empty for
        controls. Shared between callers: do not change it.
    """
    joined = _read("sites.tsv").merge(studies(), on=["program", "study"], how="left")
    return joined.set_index(joined["program"] + "-" + joined["site"])


@functools.cache
def studies() -> pd.DataFrame:
    """The studies of TCGA and TARGET: ``program, study, disease, tissue, cohort``, all text.

    ``disease`` is the name in Xena's phenotype tables; ``cohort`` the TCGA code, or
    ``TARGET_<disease code>``. Shared between callers: do not change it.
    """
    table = _read("studies.tsv")
    tcga = table["program"] == "TCGA"
    return table.assign(cohort=table["study"].where(tcga, "TARGET_" + table["study"]))


@functools.cache
def sample_types() -> pd.DataFrame:
    """Sample types by two-digit code: ``sample_type, condition`` (empty: neither tumor nor normal)."""
    return _read("sample_types.tsv").set_index("code")


@functools.cache
def cohort_of_disease() -> dict[tuple[str, str], str]:
    """Program and disease, as Xena's phenotype tables name it, in lower case, to the cohort."""
    table = studies()
    keys = zip(table["program"], table["disease"].str.lower(), strict=True)
    return dict(zip(keys, table["cohort"], strict=True))


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
