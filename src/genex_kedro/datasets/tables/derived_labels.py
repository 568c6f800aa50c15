"""Labels for a table without a sample sheet: its own columns, and the barcodes of its samples."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from genex_kedro.barcodes import (
    NORMALS_OF_OTHER_ORGANS,
    condition_of_sample_type,
    parse_barcodes,
    tissue_of_primary_site,
    with_dashes,
)
from genex_kedro.cohort import NOT_GIVEN, REQUIRED_OBS
from genex_kedro.datasets.tables.columnar import as_labels
from genex_kedro.datasets.tables.raw_table import RawTable
from genex_kedro.datasets.tables.sample_sheet import tidy_labels
from genex_kedro.errors import InputError, some

HOW_TO_PASS = "kedro run --env table --params cohort.expression=FILE,cohort.samples=FILE"
_XENA_TYPE, _XENA_SITE = "_sample_type", "_primary_site"


@dataclass
class Labels:
    """A sample sheet, and what to say of where it comes from.

    Attributes
    ----------
    sheet : DataFrame, indexed by sample id
    ids_are : str
        What a sample id is found by: ``"sample ids of the sheet"``.
    derived : bool
        Whether the table itself gave the labels: then no sample is in one of the two only.
    notices : list of (check, count, detail)
    """

    sheet: pd.DataFrame
    ids_are: str = "sample ids of the sheet"
    derived: bool = False
    notices: list[tuple[str, int, str]] = field(default_factory=list)


def own_labels(raw: RawTable, tissue: str | None) -> Labels:
    """The labels that a table carries itself, or that its barcodes allow.

    Parameters
    ----------
    raw : RawTable
    tissue : str or None
        For samples whose tissue neither the file nor the barcode tells (GTEx).

    Raises
    ------
    InputError
        Sample ids that are no barcodes; a tissue that is not known; no sample left.
    """
    own = _columns_beside(raw)
    if set(REQUIRED_OBS) <= set(own):
        own = own.drop(columns="sample_id", errors="ignore")
        own.insert(0, "sample_id", own.index)
        return Labels(tidy_labels(own, f"{raw.where}, obs"), "samples with labels in the file")
    in_rows, in_columns = parse_barcodes(raw.rows), parse_barcodes(raw.columns)
    counts = [(side["program"] != "").sum() for side in (in_rows, in_columns)]
    said = in_rows if counts[0] >= counts[1] else in_columns
    _require_barcodes(said, counts, raw)
    beside = own if own.index.equals(said.index) else pd.DataFrame(index=said.index)
    return _from_barcodes(said, beside, tissue, raw.where)


def _from_barcodes(said, beside: pd.DataFrame, tissue: str | None, where: str) -> Labels:
    labels = said.assign(source=said["program"])
    notices = [("labels read from barcodes", len(said), _counted(said["program"]))]
    if _XENA_TYPE in beside:
        of_type = condition_of_sample_type()
        given = beside[_XENA_TYPE].str.lower()
        labels["condition"] = given.map(of_type).where(given.isin(of_type), labels["condition"])
        labels["sample_type"] = beside[_XENA_TYPE].mask(given == "", labels["sample_type"])
    if _XENA_SITE in beside:
        site = beside[_XENA_SITE].str.lower().map(tissue_of_primary_site()).fillna("")
        labels["tissue"] = labels["tissue"].mask(labels["tissue"] == "", site)
    neither = labels["condition"] == ""
    elsewhere = labels["sample_type_code"].isin(NORMALS_OF_OTHER_ORGANS)
    for check, left_out in (
        ("samples left out: neither tumor nor normal tissue", neither),
        ("samples left out: normal, but of another organ than the tumor's", elsewhere & ~neither),
    ):
        if left_out.any():
            kinds = labels.loc[left_out, "sample_type"].replace("", "no sample type in the barcode")
            notices.append((check, int(left_out.sum()), _counted(kinds)))
    labels = labels[~(neither | elsewhere)]
    _require_some(labels, said, where)
    labels = _fill_tissue(labels, tissue, notices, where)
    gtex = labels["program"] == "GTEX"  # as RNAseqDB and Toil call them
    labels["cohort"] = labels["cohort"].mask(gtex, "GTEX_" + labels["tissue"])
    labels["tumor_type"] = labels["cohort"].where(labels["condition"] == "tumor", "")
    kept = ["patient_id", "tissue", "condition", "cohort", "source", "program", "sample_type", "tumor_type"]  # fmt: skip
    further = beside.loc[:, ~beside.columns.isin([*kept, "sample", "samples"])]
    sheet = labels[kept].join(further) if further.shape[1] else labels[kept]
    sheet = sheet.set_axis(with_dashes(sheet.index), axis=0)
    return Labels(sheet, "sample ids that are barcodes", True, notices)


def _fill_tissue(labels: pd.DataFrame, tissue: str | None, notices: list, where: str):
    unknown = labels["tissue"] == ""
    if not unknown.any():
        return labels.copy()
    if not tissue:
        ids = labels.index[unknown]
        raise InputError(
            where=f"{where}, tissue",
            found=f"{len(ids)} samples whose barcode does not tell it: {some(ids, 3)}",
            expected="the tissue of every sample",
            remedy="Name it, if it is one for all of them (--params cohort.tissue=thyroid), or "
            f"bring a sample sheet: {HOW_TO_PASS}",
        )
    if tissue != NOT_GIVEN:
        notices.append(("tissue as stated (cohort.tissue)", int(unknown.sum()), tissue))
    return labels.assign(tissue=labels["tissue"].mask(unknown, tissue))


def _columns_beside(raw: RawTable) -> pd.DataFrame:
    if raw.obs is not None:
        return as_labels(raw.obs)
    return pd.DataFrame(raw.annotations, index=raw.rows, dtype=object)


def _require_barcodes(said: pd.DataFrame, counts: list[int], raw: RawTable) -> None:
    others = said.index[said["program"] == ""]
    if max(counts) and not len(others):
        return
    if raw.obs is not None and not max(counts):  # labels are there, but not all that are needed
        tidy_labels(as_labels(raw.obs).assign(sample_id=raw.obs.index), f"{raw.where}, obs")
    if max(counts):
        found = f"nothing, and {len(others)} sample ids that are none: {some(others, 3)}"
    else:
        found = f"nothing, and none in the rows ({some(raw.rows, 2)}) or columns ({some(raw.columns, 2)})"
    raise InputError(
        where="parameter cohort.samples, or barcodes of TCGA, TARGET or GTEx for sample ids",
        found=found,
        expected="the path of a sample sheet with sample_id, patient_id, tissue and condition",
        remedy=f"Pass both files: {HOW_TO_PASS}",
    )


def _require_some(labels: pd.DataFrame, said: pd.DataFrame, where: str) -> None:
    if labels.empty:
        raise InputError(
            where=f"{where}, sample ids",
            found=f"{len(said)} barcodes, none of a tumor or a normal sample: {some(said.index, 3)}",
            expected="barcodes with a sample type, such as TCGA-02-0047-01",
            remedy=f"Keep the barcodes at 15 characters or more, or bring a sample sheet: {HOW_TO_PASS}",
        )


def _counted(labels: pd.Series) -> str:
    return ", ".join(f"{name}: {count}" for name, count in labels.value_counts().items())
