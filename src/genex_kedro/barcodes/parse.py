"""Sample ids taken apart."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from genex_kedro.barcodes.codes import sample_types, sites

# TCGA-<site>-<patient>[-<type><vial>[-<portion>...]], TARGET-<disease>-<patient>[-<type>...];
# R writes dots for the dashes.
_TUMOR_PROGRAM = (
    r"^(?P<program>TCGA|TARGET)[-.](?P<site>[A-Z0-9]{2})[-.](?P<patient>[A-Z0-9]{4,})"
    r"(?:[-.](?P<code>\d\d)[A-Z]?(?:[-.].*)?)?$"
)
# GTEX-<donor>[-<site>...]: the site counts a donor's pieces and does not name the tissue
_GTEX = r"^GTEX[-.](?P<patient>[A-Z0-9]{4,5})(?:[-.](?P<piece>\d{4})(?:[-.].*)?)?$"
_GTEX_CONTROL = r"^K[-.]562[-.]SM[-.]"
# Pieces 0001 to 0004 are lymphocytes made immortal by EBV (107 of 108 in the Toil phenotype;
# one is blood) and 0008 transformed fibroblasts (256 of 256).
_GTEX_CELL_LINES = ("0001", "0002", "0003", "0004", "0008")


COLUMNS = (
    "program",
    "patient_id",
    "sample_type_code",
    "sample_type",
    "condition",
    "tcga_code",
    "cohort",
    "tissue",
)


def parse_barcodes(sample_ids: Iterable[str]) -> pd.DataFrame:
    """What each barcode says.

    Parameters
    ----------
    sample_ids : iterable of str, length n
        Barcodes of any length, from patient to aliquot, with dashes or with R's dots; ids that
        are none give empty rows.

    Returns
    -------
    DataFrame of str, shape (n, 8), indexed by the ids as given
        Empty where a barcode says nothing. ``program``: ``TCGA``, ``TARGET`` or ``GTEX``; empty
        for any other id, and then all columns are. ``patient_id``: ``TCGA-XX-XXXX`` (12
        characters), ``TARGET-XX-XXXXXX`` or ``GTEX-<donor>``, with dashes. ``sample_type_code,
        sample_type``: ``01``, ``Primary Solid Tumor``; GTEx has no code, and is ``Normal
        Tissue`` or ``Cell Line``. ``condition``: ``tumor`` (codes 01 to 09 and 40 to 42) or
        ``normal`` (10 to 14, GTEx tissue); empty for controls, cell lines and xenografts.
        ``tcga_code``: study of TCGA, from the tissue source site: ``LUAD``. ``cohort``: the TCGA
        code, ``TARGET_<disease>`` or ``GTEX``. ``tissue``: organ the study's tumors grow in;
        always empty for GTEx, whose barcode does not say.

    Examples
    --------
    >>> parse_barcodes(["TCGA-NA-A4QV-01A-11R-A28V-07"])["tcga_code"].item()
    'UCS'
    """
    ids = pd.Series(list(sample_ids), dtype=object).astype(str).str.strip()
    table = pd.DataFrame("", index=ids.index, columns=list(COLUMNS), dtype=object)
    _fill_tumor_programs(table, ids)
    _fill_gtex(table, ids)
    return table.set_axis(ids.to_numpy(), axis=0)


def _fill_tumor_programs(table: pd.DataFrame, ids: pd.Series) -> None:
    parts = ids.str.extract(_TUMOR_PROGRAM).dropna(subset="program").fillna("")
    rows, site = parts.index, parts["program"] + "-" + parts["site"]
    study = sites().reindex(site).fillna("").set_axis(rows)
    kind = sample_types().reindex(parts["code"]).fillna("").set_axis(rows)
    tcga = parts["program"] == "TCGA"
    table.loc[rows, "program"] = parts["program"]
    table.loc[rows, "patient_id"] = site + "-" + parts["patient"]
    table.loc[rows, "sample_type_code"] = parts["code"]
    table.loc[rows, ["sample_type", "condition"]] = kind
    table.loc[rows, "tcga_code"] = study["study"].where(tcga, "")
    unknown = study["study"] == ""
    table.loc[rows, "cohort"] = study["cohort"].mask(unknown & ~tcga, "TARGET")
    table.loc[rows, "tissue"] = study["tissue"]


def _fill_gtex(table: pd.DataFrame, ids: pd.Series) -> None:
    parts = ids.str.extract(_GTEX).dropna(subset="patient").fillna("")
    table.loc[parts.index, "patient_id"] = "GTEX-" + parts["patient"]
    control = ids.index[ids.str.contains(_GTEX_CONTROL)]
    table.loc[control, "patient_id"] = "K-562"
    rows = parts.index.union(control)
    lines = parts.index[parts["piece"].isin(_GTEX_CELL_LINES)].union(control)
    table.loc[rows, ["program", "cohort"]] = "GTEX"
    table.loc[rows, ["sample_type", "condition"]] = ["Normal Tissue", "normal"]
    table.loc[lines, ["sample_type", "condition"]] = ["Cell Line", ""]


def with_dashes(sample_ids: Iterable[str]) -> list[str]:
    """The ids as the programs write them: R's dots in a barcode are dashes again."""
    ids = pd.Series(list(sample_ids), dtype=object).astype(str)
    mangled = ids.str.contains(r"^(?:TCGA|TARGET|GTEX|K\.562)\.")
    return ids.mask(mangled, ids.str.replace(".", "-", regex=False)).tolist()
