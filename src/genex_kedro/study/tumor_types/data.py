"""Study 3: which type a tumor is of, by its expression."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData
from pydantic import Field

from genex_kedro.cohort import add_notice, notices
from genex_kedro.errors import InputError, some
from genex_kedro.study.prepare import Missing, StudySettings, prepare_study
from genex_kedro.study.split import SPLITS, SplitSettings, split_patients

LABEL = "type"
_LABELS = ("tumor_type", "cohort", "tissue")  # of the sample sheet; each cohort has the last
_UNNAMED = {"", "nan", "None"}


class TumorTypeSettings(StudySettings):
    """Which tumors, called what, by which genes.

    Parameters
    ----------
    label : str or None
        The column of the sample sheet that names the type; None takes the first of
        ``tumor_type``, ``cohort`` (a TCGA code) and ``tissue`` that tells two types apart.
    least : int
        Patients a type must have; smaller types are left out and counted. Three is the least
        that stand in every part.
    min_variance : float or None
        Leave out genes whose variance in the training part is lower (paper 002: 1.19 in log2).
    """

    panel: str = "all"
    label: str | None = None
    least: int = Field(default=3, ge=3)
    min_variance: float | None = Field(default=None, ge=0)


def select_tumors(cohort: AnnData, settings: TumorTypeSettings) -> AnnData:
    """The tumors of types with enough patients, with ``obs["type"]``.

    Normals are left out: a tumor class with normals in it is a defect (737 of the Pan-Cancer
    Atlas' samples are adjacent normals).

    Raises
    ------
    InputError
        If there is no such column, or fewer than two types are left.
    """
    label = settings.label or _named_types(cohort)
    if label not in cohort.obs:
        raise _no_types(f"no column {label!r} among {some(cohort.obs.columns, 12)}", label)
    types = cohort.obs[label].astype(str).str.strip()
    tumor = (cohort.obs["condition"].astype(str) == "tumor") & ~types.isin(_UNNAMED)
    patients = cohort.obs[tumor].groupby(types[tumor])["patient_id"].nunique()
    small = patients.index[patients < settings.least]
    chosen = (tumor & ~types.isin(small)).to_numpy()
    if types[chosen].nunique() < 2:
        found = f"{int(tumor.sum())} tumors of {len(patients)} types, {len(patients) - len(small)} with {settings.least} patients or more"  # fmt: skip
        raise _no_types(found, label)
    tumors = cohort[chosen].copy()
    tumors.obs[LABEL] = types[chosen].to_numpy()
    if label != _LABELS[0]:
        add_notice(tumors, f"tumor types are those of the column '{label}'", types[chosen].nunique(), some(sorted(set(types[chosen])), 33))  # fmt: skip
    if len(small):
        add_notice(tumors, "tumor types left out: too few patients", int(types[tumor].isin(small).sum()), some(small, 33))  # fmt: skip
    return tumors


def _named_types(cohort: AnnData) -> str:
    """The first of the usual columns by which tumors are of two types or more."""
    tumors = cohort.obs[cohort.obs["condition"].astype(str) == "tumor"]
    there = [label for label in _LABELS if label in cohort.obs]
    types = {label: set(tumors[label].astype(str).str.strip()) - _UNNAMED for label in there}
    return next((label for label in there if len(types[label]) > 1), there[-1])


def prepare_tumor_types(
    cohort: AnnData, split: SplitSettings, settings: TumorTypeSettings, missing: Missing
) -> dict[str, AnnData]:
    """A study per seed: tumors, split by patient and stratified by type, without holes.

    Genes are chosen and holes are filled by the training part alone.

    Returns
    -------
    dict of AnnData, ``seed_<n>``
        With ``obs["type"]`` and ``obs["split"]``.
    """
    tumors = select_tumors(cohort, settings)
    of_selection = notices(tumors).iloc[len(notices(cohort)) :].to_numpy()
    studies = {}
    for seed in split.seeds:
        parts = split_patients(tumors.obs, split.fractions, seed, tumors.obs[LABEL])
        study = _prepare(tumors, parts, seed, settings, missing)
        for notice in of_selection:
            add_notice(study, *notice)
        studies[f"seed_{seed}"] = study
    return studies


def _prepare(tumors, parts, seed, settings: TumorTypeSettings, missing: Missing) -> AnnData:
    study = prepare_study(tumors, parts, seed, settings, missing)
    if settings.min_variance is not None:
        training = (study.obs["split"] == "train").to_numpy()
        variable = study.X[training].var(0) >= settings.min_variance
        if variable.sum() < 2:
            raise InputError(
                where="parameter tumor_types.min_variance",
                found=f"{settings.min_variance}, which {int(variable.sum())} of {study.n_vars} genes reach",
                expected="a variance (log2) that at least two genes have",
                remedy="Lower it, or leave it out (null).",
            )
        study = study[:, variable].copy()
    _require_types(study)
    return study


def _require_types(study: AnnData) -> None:
    """Dropping samples with holes can take a whole type."""
    known = study.obs.groupby(LABEL, observed=True)["split"].agg(set)
    gone = known.index[[not set(SPLITS) <= parts for parts in known]]
    if len(gone):
        add_notice(study, "tumor types missing from a part of the split", len(gone), some(gone, 33))
    if study.obs[LABEL][study.obs["split"] == "train"].nunique() < 2:
        raise InputError(
            where="study tumor_types",
            found="one tumor type in the training part",
            expected="at least two",
            remedy="Bring more samples, or handle missing values otherwise (cohort.missing).",
        )


def types_of(study: AnnData, part: str | None = None) -> np.ndarray:
    """The tumor type of each sample, text, of the whole study or of one part."""
    types = study.obs[LABEL].astype(str)
    chosen = types if part is None else types[study.obs["split"] == part]
    return chosen.to_numpy(str)


def _no_types(found: str, label: str) -> InputError:
    return InputError(
        where="study tumor_types",
        found=found,
        expected=f"tumors of at least two types, named in the column {label!r}",
        remedy="Name the column (tumor_types.label=subtype, say), lower tumor_types.least, or run "
        "another study alone: --pipelines reversion, --pipelines synthesis.",
    )


def merged(types: pd.Series | np.ndarray) -> np.ndarray:
    """The types with COAD and READ as one: no expression tells colon from rectum."""
    return np.where(np.isin(types, ("COAD", "READ")), "COADREAD", types)
