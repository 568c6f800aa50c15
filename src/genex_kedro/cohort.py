"""What a cohort is, and the one place that checks it.

A cohort is an :class:`anndata.AnnData`, samples x genes, float32:

===============  =====================================================================
``X``            expression in the unit of ``uns["unit"]``; NaN = not measured
``obs`` index    sample id, unique
``obs``          ``patient_id, tissue, condition, cohort, source, program`` (text), and
                 whatever else the sample sheet holds
``var`` index    gene symbol, unique
``var``          ``entrez``, ``ensembl`` (text, empty where unknown)
``uns``          ``unit``: one of :data:`UNITS`; ``notices``: what was noticed on the way
===============  =====================================================================

``cohort`` is the TCGA code or the name of the collection, ``source`` the laboratory or
pipeline that made the values, ``program`` the study the patient belongs to (TCGA, GTEX,
TARGET, ...), read from the barcode where it is one and otherwise the ``source``.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.errors import InputError, some

CONDITIONS = ("tumor", "normal")
REQUIRED_OBS = ("patient_id", "tissue", "condition")
OBS = (*REQUIRED_OBS, "cohort", "source", "program")
UNITS = ("log2(x+1)", "log2(tpm+0.001)", "linear")
STUDY_UNIT = "log2(x+1)"
_FLOOR = {"log2(x+1)": 0.0, "log2(tpm+0.001)": np.log2(0.001), "linear": 0.0}
_LOG_CEILING = 40.0  # 2**40 FPKM is far beyond any instrument: the values are not logarithms
_TOLERANCE = 1e-3  # printed values carry four decimals


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
    unit : str
        One of :data:`UNITS`.
    where : str
        What to call the data in an error: the file's path.

    Raises
    ------
    InputError
        As :func:`check_cohort`.
    """
    obs = obs.copy()
    for column in ("cohort", "source"):
        obs[column] = obs.get(column, "own")
    _require_columns(obs, where)
    if "program" not in obs:
        obs["program"] = program_of(obs.index, obs["source"])
    obs = obs.fillna("").astype(dict.fromkeys(obs.columns, str))
    obs.index = obs.index.astype(str)
    obs.index.name = "sample_id"
    var = var.reindex(columns=["entrez", "ensembl"]).fillna("").astype(str)
    var.index = var.index.astype(str)
    var.index.name = "symbol"
    _unique(obs.index, "sample id", where)
    _unique(var.index, "gene", where)
    cohort = AnnData(np.ascontiguousarray(expression, dtype=np.float32), obs=obs, var=var)
    cohort.uns["unit"] = unit
    check_cohort(cohort, where)
    return cohort


def check_cohort(cohort: AnnData, where: str) -> None:
    """Refuse what no study can use.

    Raises
    ------
    InputError
        No samples or genes; missing or unknown labels; repeated samples or genes; infinities;
        values that contradict the unit; a tumor patient in two tissues.
    """
    if not cohort.n_obs or not cohort.n_vars:
        raise InputError(
            where=where,
            found=f"{cohort.n_obs} samples x {cohort.n_vars} genes",
            expected="at least one sample and one gene",
            remedy="Check that the file is the expression table and that its samples are in the sample sheet.",
        )
    _require_columns(cohort.obs, where)
    _unique(cohort.obs_names, "sample id", where)
    _unique(cohort.var_names, "gene", where)
    _check_labels(cohort, where)
    _check_values(cohort, where)
    _check_patients(cohort, where)


def program_of(sample_ids, source) -> pd.Series:
    """The program of each sample: TCGA, TARGET or GTEX by its barcode, else its source."""
    ids = pd.Series(sample_ids, index=sample_ids).astype(str)
    prefix = ids.str.extract(r"^(TCGA|TARGET|GTEX)[-.]", expand=False)
    return prefix.fillna(pd.Series(np.asarray(source), index=ids.index))


def guess_unit(values: np.ndarray) -> str | None:
    """The unit that the values allow, or None where they allow none or more than one.

    The floor gives it away: zero TPM is printed -9.9658 in log2(tpm+0.001); a minimum of 0
    and a maximum below 25 is log2(x+1); a maximum above 100 is linear.
    """
    low, high = np.nanmin(values), np.nanmax(values)
    if abs(low - _FLOOR["log2(tpm+0.001)"]) < _TOLERANCE:
        return "log2(tpm+0.001)"
    if low >= -_TOLERANCE and high < 25:
        return "log2(x+1)"
    if low >= 0 and high > 100:
        return "linear"
    return None


def to_study_unit(cohort: AnnData) -> AnnData:
    """The same cohort in log2(x+1), the unit all studies work in. Missing values stay missing."""
    unit = cohort.uns["unit"]
    values = cohort.X
    if unit == "linear":
        values = np.log2(values + 1)
    elif unit == "log2(tpm+0.001)":
        values = np.log2(np.maximum(np.exp2(values) - np.float32(0.001), 0) + 1)
    converted = cohort.copy()
    converted.X = np.maximum(values, 0).astype(np.float32) if unit != STUDY_UNIT else values
    converted.uns["unit"] = STUDY_UNIT
    return converted


def add_notice(cohort: AnnData, check: str, count: int, detail: str) -> None:
    """Note something a user should know but need not mend; it ends up in the cohort report."""
    rows = json.loads(cohort.uns.get("notices", "[]"))
    rows.append({"check": check, "count": int(count), "detail": detail})
    cohort.uns["notices"] = json.dumps(rows)


def notices(cohort: AnnData) -> pd.DataFrame:
    """What was noticed on the way: columns ``check, count, detail``."""
    rows = json.loads(cohort.uns.get("notices", "[]"))
    return pd.DataFrame(rows, columns=["check", "count", "detail"])


def _require_columns(obs: pd.DataFrame, where: str) -> None:
    missing = [column for column in REQUIRED_OBS if column not in obs]
    if missing:
        raise InputError(
            where=f"{where}, sample sheet",
            found=f"columns {some(obs.columns, 12)}",
            expected=f"also {', '.join(missing)}",
            remedy="Add the columns; sample_id, patient_id, tissue and condition are needed.",
        )


def _unique(names: pd.Index, what: str, where: str) -> None:
    repeated = names[names.duplicated()].unique()
    if len(repeated):
        raise InputError(
            where=where,
            found=f"{len(repeated)} {what}s more than once: {some(repeated)}",
            expected=f"every {what} once",
            remedy=f"Rename, merge or remove the repeated {what}s; none is picked in silence.",
        )


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


def _check_values(cohort: AnnData, where: str) -> None:
    unit, values = cohort.uns.get("unit"), cohort.X
    if unit not in UNITS:
        raise InputError(
            where=f"{where}, unit",
            found=repr(unit),
            expected=" or ".join(UNITS),
            remedy="State the unit of the values: --params cohort.unit=linear (or one of the others).",
        )
    _refuse(np.isinf(values), cohort, where, "infinite values", "finite numbers",
            "Look for a logarithm of zero or an overflow in the pipeline that made the file.")  # fmt: skip
    too_low = values < _FLOOR[unit] - _TOLERANCE
    _refuse(too_low, cohort, where, f"values below {_FLOOR[unit]:g}",
            f"none in {unit}: its smallest value is {_FLOOR[unit]:g}",
            "Set cohort.unit to the real unit, or undo the centring: expression before scaling is needed.")  # fmt: skip
    if unit != "linear":
        _refuse(values > _LOG_CEILING, cohort, where, f"values above {_LOG_CEILING:g}",
                f"logarithms, as the unit {unit} says",
                "If no logarithm was taken yet, set cohort.unit=linear.")  # fmt: skip
    elif np.nanmax(values, initial=0) < 25:  # a whole cohort without one value of 25: logs
        raise InputError(
            where=f"{where}, unit",
            found=f"'linear', but no value above {np.nanmax(values, initial=0):.1f}",
            expected="linear expression (its largest values are in the thousands)",
            remedy="A logarithm was taken already: set cohort.unit='log2(x+1)'. It is never taken twice.",
        )


def _refuse(bad: np.ndarray, cohort: AnnData, where, found, expected, remedy) -> None:
    count = int(bad.sum())
    if not count:
        return
    first = [
        f"{cohort.obs_names[i]}/{cohort.var_names[j]}={cohort.X[i, j]:g}"
        for i, j in np.argwhere(bad)[:3]
    ]
    raise InputError(
        where=where,
        found=f"{count} {found}, first {', '.join(first)}",
        expected=expected,
        remedy=remedy,
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
