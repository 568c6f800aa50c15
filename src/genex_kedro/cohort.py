"""What a cohort is, and the one place that checks it.

A cohort is an :class:`anndata.AnnData`, samples x genes, float32:

===============  =====================================================================
``X``            expression in the unit of ``uns["unit"]``; NaN = not measured
``obs`` index    sample id, unique
``obs``          ``patient_id, tissue, condition, cohort, source, program`` (text), and
                 whatever else the sample sheet holds
``var`` index    gene symbol, unique
``var``          ``entrez``, ``ensembl`` (text, empty where unknown), ``given``: the name in the file
``uns``          ``unit``: one of :data:`~genex_kedro.units.UNITS`; ``given_unit``: the one that the values had
                 before :func:`to_study_unit`; ``notices``: what was noticed on the way
===============  =====================================================================

``cohort`` is the TCGA code or the name of the collection, ``source`` the laboratory or
pipeline that made the values, ``program`` the study the patient belongs to (TCGA, GTEX,
TARGET, ...), read from the barcode where it is one and otherwise the ``source``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.errors import InputError, some
from genex_kedro.units import (
    STUDY_UNIT,
    check_values,
    first_places,
    from_linear,
    to_linear,
)

CONDITIONS = ("tumor", "normal")
NOT_GIVEN = "not given"  # the tissue of a sample to be judged of which nobody told it
REQUIRED_OBS = ("patient_id", "tissue", "condition")
SHEET_REMEDY = (
    "Name the columns in the first line; sample_id, patient_id, tissue and condition "
    "(tumor or normal) are needed, cohort and source are optional."
)


def build_cohort(
    expression: np.ndarray, obs: pd.DataFrame, var: pd.DataFrame, unit: str, where: str
) -> AnnData:
    """Put a cohort together and check it.

    Parameters
    ----------
    expression : ndarray, shape (n_samples, n_genes)
    obs : DataFrame, indexed by sample id
        Needs ``patient_id, tissue, condition``; ``cohort`` and ``source`` default to ``own``.
    var : DataFrame, indexed by gene symbol
        May hold ``entrez``, ``ensembl`` and ``given``, which defaults to the symbol.
    unit : str
        One of :data:`~genex_kedro.units.UNITS`.
    where : str
        What to call the data in an error: the file's path.

    Returns
    -------
    AnnData
        Labels stripped of surrounding blanks; missing values counted in a notice.

    Raises
    ------
    InputError
        As :func:`check_cohort`.
    """
    obs = obs.copy()
    for column in ("cohort", "source"):
        obs[column] = obs.get(column, "own")
    require_columns(obs.columns, REQUIRED_OBS, f"{where}, sample sheet", SHEET_REMEDY)
    if "program" not in obs:
        obs["program"] = program_of(obs.index, obs["source"])
    obs = obs.apply(lambda labels: labels.astype(object).fillna("").astype(str).str.strip())
    obs.index = obs.index.astype(str)
    obs.index.name = "sample_id"
    given = var.get("given", pd.Series(var.index, index=var.index))
    var = var.reindex(columns=["entrez", "ensembl"]).assign(given=given).fillna("").astype(str)
    var.index = var.index.astype(str)
    var.index.name = "symbol"
    require_unique(obs.index, "sample id", where)
    require_unique(var.index, "gene", where)
    cohort = AnnData(np.ascontiguousarray(expression, dtype=np.float32), obs=obs, var=var)
    cohort.uns["unit"] = unit
    check_cohort(cohort, where)
    _note_missing(cohort)
    return cohort


def check_cohort(cohort: AnnData, where: str) -> None:
    """Refuse what no study can use.

    Raises
    ------
    InputError
        No samples or genes; missing or unknown labels; repeated samples or genes; a sample
        without any value; infinities; values that contradict the unit; a tumor patient in two
        tissues. Other missing values are no error.
    """
    if not cohort.n_obs or not cohort.n_vars:
        raise InputError(
            where=where,
            found=f"{cohort.n_obs} samples x {cohort.n_vars} genes",
            expected="at least one sample and one gene",
            remedy="Check that the file is the expression table and that its samples are in the sample sheet.",
        )
    require_columns(cohort.obs.columns, REQUIRED_OBS, f"{where}, sample sheet", SHEET_REMEDY)
    require_unique(cohort.obs_names, "sample id", where)
    require_unique(cohort.var_names, "gene", where)
    _check_labels(cohort, where)
    check_values(cohort.X, cohort.uns.get("unit"), cohort.obs_names, cohort.var_names, where)
    _check_patients(cohort, where)


def program_of(sample_ids, source) -> pd.Series:
    """The program of each sample: TCGA, TARGET or GTEX by its barcode, else its source."""
    ids = pd.Series(sample_ids, index=sample_ids).astype(str)
    prefix = ids.str.extract(r"^(TCGA|TARGET|GTEX)[-.]", expand=False)
    return prefix.fillna(pd.Series(np.asarray(source), index=ids.index))


def to_study_unit(cohort: AnnData) -> AnnData:
    """The same cohort in log2(x+1), the unit all studies work in. Missing values stay missing."""
    unit, values = cohort.uns["unit"], cohort.X
    if unit != STUDY_UNIT:
        values = from_linear(to_linear(values, unit), STUDY_UNIT)
        values = np.maximum(values, 0).astype(np.float32)
    converted = cohort.copy()
    converted.X = values
    converted.uns |= {"unit": STUDY_UNIT, "given_unit": given_unit(cohort)}
    return converted


def given_unit(cohort: AnnData) -> str:
    """The unit that the values had when they came, whatever they are in now."""
    return str(cohort.uns.get("given_unit", cohort.uns["unit"]))


def add_notice(cohort: AnnData, check: str, count: int, detail: str) -> None:
    """Note something a user should know but need not mend; it ends up in the cohort report."""
    rows = json.loads(cohort.uns.get("notices", "[]"))
    rows.append({"check": check, "count": int(count), "detail": detail})
    cohort.uns["notices"] = json.dumps(rows)


def notices(cohort: AnnData) -> pd.DataFrame:
    """What was noticed on the way: columns ``check, count, detail``."""
    rows = json.loads(cohort.uns.get("notices", "[]"))
    return pd.DataFrame(rows, columns=["check", "count", "detail"])


def require_unique(names: pd.Index, what: str, where: str, remedy: str = "") -> None:
    """Refuse repeated names with an InputError that lists them (`what`: "sample id", "gene")."""
    names = pd.Index(names)
    repeated = names[names.duplicated()].unique()
    if len(repeated):
        remedy = remedy or f"Rename, merge or remove the repeated {what}s"
        raise InputError(
            where=where,
            found=f"{len(repeated)} {what}s more than once: {some(repeated)}",
            expected=f"every {what} once",
            remedy=f"{remedy}; none is picked in silence.",
        )


def require_columns(columns: pd.Index, needed: Iterable[str], where: str, remedy: str) -> None:
    """Refuse a table that lacks a column, or has one twice, with an InputError that names it."""
    repeated = columns[columns.duplicated()]
    missing = [name for name in needed if name not in columns]
    if len(repeated):
        found, expected = f"the column {repeated[0]!r} more than once", "every column once"
    elif missing:
        found, expected = f"columns {some(columns, 12)}", f"also {', '.join(missing)}"
    else:
        return
    raise InputError(where=where, found=found, expected=expected, remedy=remedy)


def _note_missing(cohort: AnnData) -> None:
    missing = np.isnan(cohort.X)
    count = int(missing.sum())
    if count:
        places = [f"{cohort.obs_names[i]}/{cohort.var_names[j]}" for i, j in first_places(missing)]
        detail = f"{count / missing.size:.1%} of all values, first {', '.join(places)}"
        add_notice(cohort, "missing values", count, detail)
        if len(empty := cohort.var_names[missing.all(axis=0)]):
            add_notice(cohort, "genes without any value", len(empty), some(empty))


def _check_labels(cohort: AnnData, where: str) -> None:
    for column in REQUIRED_OBS:
        labels = cohort.obs[column].astype(str).str.strip()
        empty = cohort.obs_names[labels.isin(["", "nan", "None"])]
        if len(empty):
            raise InputError(
                where=f"{where}, column '{column}'",
                found=f"no value for {len(empty)} samples: {some(empty)}",
                expected="a value for every sample",
                remedy="Fill the column, or leave those samples out of the sample sheet.",
            )
    unknown = ~cohort.obs["condition"].isin(CONDITIONS)
    if unknown.any():
        values = cohort.obs["condition"][unknown].unique()
        raise InputError(
            where=f"{where}, column 'condition'",
            found=f"{some([repr(v) for v in values])} in {int(unknown.sum())} samples, "
            f"first in {cohort.obs_names[unknown.to_numpy()][0]}",
            expected="'tumor' or 'normal'",
            remedy="Rename the labels, or leave those samples out of the sample sheet.",
        )


def _check_patients(cohort: AnnData, where: str) -> None:
    """A donor may give many tissues; a patient with a tumor belongs to one."""
    by_patient = cohort.obs.groupby("patient_id", observed=True)
    tissues = by_patient["tissue"].nunique()
    has_tumor = by_patient["condition"].agg(lambda c: (c == "tumor").any())
    wrong = tissues.index[(tissues > 1) & has_tumor]
    if len(wrong):
        raise InputError(
            where=f"{where}, column 'patient_id'",
            found=f"{len(wrong)} patients with a tumor and more than one tissue: {some(wrong)}",
            expected="one tissue for a tumor and its own normal",
            remedy="Correct the tissue, or give the samples distinct patient ids if they are distinct people.",
        )
