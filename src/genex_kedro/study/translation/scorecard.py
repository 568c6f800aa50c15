"""The rows of one translator in the scorecard: overall and by cancer code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from anndata import AnnData

from genex_kedro.study.intervals import BootstrapSettings
from genex_kedro.study.judges.samples import TumorProbability
from genex_kedro.study.judges.scorecard import OVERALL
from genex_kedro.study.translation import rows as scores
from genex_kedro.study.translation.rows import KINDS
from genex_kedro.study.translation.truth import Truth


@dataclass(frozen=True)
class Reference:
    """The simple translator that others are compared with on the same resampled patients.

    Parameters
    ----------
    model : str
    drawn : mapping of str to ndarray
        Of :func:`genex_kedro.study.translation.rows.resampled`.
    """

    model: str
    drawn: Mapping[str, np.ndarray]


def score_translation(
    cohort: AnnData,
    truth: Truth,
    judges: Mapping[str, TumorProbability],
    settings: BootstrapSettings,
    reference: Reference | None = None,
) -> list[dict]:
    """A row overall and a row per cancer code of one translated cohort.

    Parameters
    ----------
    cohort : AnnData
        Of :func:`genex_kedro.study.translation.cohort.translated_cohort`, rows as in `truth`.
    truth : Truth
    judges : mapping of name to callable
        From profiles (n_samples, n_genes) in log2(x+1) to P(tumor).
    settings : BootstrapSettings
    reference : Reference, optional
        Adds ``rmse_point_gain`` and ``patient_rank_point_gain`` (below 0 is better than the
        reference) with 95 % intervals over patients.

    Raises
    ------
    ValueError
        If the cohort holds other samples than `truth`.
    """
    if list(cohort.obs_names) != list(truth.obs.index):
        raise ValueError(f"{cohort.uns['model']}: not the test samples of the study")
    made = {k: np.asarray(cohort.layers[n]) for n, k in KINDS.items() if n in cohort.layers}
    p_tumor = {
        kind: {name: judge(values) for name, judge in judges.items()}
        for kind, values in made.items()
    }
    backward = (
        {
            "tumor": {
                name: judge(np.asarray(cohort.layers["tumor"])) for name, judge in judges.items()
            }
        }
        if "tumor" in cohort.layers
        else {}
    )
    tissues = {kind: scores.tissue_found(values, truth) for kind, values in made.items()}
    rows = [_overall(cohort, made, p_tumor, backward, tissues, truth, settings, reference)]
    codes = truth.obs["cohort"].astype(str).to_numpy(str)
    for code in np.unique(codes[truth.is_tumor]):
        rows.append(_by_code(code, codes == code, made, p_tumor, backward, tissues, truth))
    return rows


def _overall(cohort, made, p_tumor, backward, tissues, truth: Truth, settings, reference) -> dict:
    tumors = truth.is_tumor
    row = {"subset": OVERALL, **_counts(truth, np.ones(len(tumors), dtype=bool))}
    row |= scores.fooled_scores(p_tumor, tumors)
    row |= scores.fooled_scores(backward, ~tumors, "tumor")
    for kind, values in made.items():
        found = scores.tissue_scores(tissues[kind], truth, tumors) | scores.pair_scores(
            values, truth
        )
        found |= scores.further_pair_scores(values, truth)
        found |= scores.distribution_scores(values, truth)
        found |= scores.false_change_scores(values, truth)
        row |= {f"{name}_{kind}": value for name, value in found.items()}
    row |= scores.cycle_scores(cohort, truth)
    if "inferred_tissue" in cohort.obs:
        row["tissue_inferred"] = _tissue_inferred(cohort, truth)
    if "point" in made and len(truth.tumor):
        row |= _uncertainty(made["point"], truth, settings, reference)
    return row


def _by_code(code: str, here: np.ndarray, made, p_tumor, backward, tissues, truth: Truth) -> dict:
    part, tumors = truth.only(here), truth.is_tumor
    row = {"subset": f"cohort: {code}", **_counts(part, here)}
    row |= scores.fooled_scores(p_tumor, here & tumors)
    row |= scores.fooled_scores(backward, here & ~tumors, "tumor")
    for kind, values in made.items():
        found = scores.tissue_scores(tissues[kind], truth, here & tumors)
        found |= scores.pair_scores(values, part)
        row |= {f"{name}_{kind}": value for name, value in found.items()}
    return row


def _counts(truth: Truth, here: np.ndarray) -> dict[str, int]:
    return {
        "tumors": int((here & truth.is_tumor).sum()),
        "normals": int((here & ~truth.is_tumor).sum()),
        "pairs": len(truth.tumor),
    }


def _tissue_inferred(cohort: AnnData, truth: Truth) -> float:
    """Share of tumors whose tissue was inferred right; NaN for a translator that infers none."""
    inferred = cohort.obs["inferred_tissue"].astype(str).to_numpy(str)
    asked = truth.is_tumor & np.isin(truth.tissue, truth.normal_tissue) & (inferred != "")
    return float((inferred == truth.tissue)[asked].mean()) if asked.any() else float("nan")


def _uncertainty(made: np.ndarray, truth: Truth, settings: BootstrapSettings, reference) -> dict:
    drawn = scores.resampled(made, truth, settings.repeats, settings.seed)
    row = scores.intervals(drawn, "point")
    if reference is not None:
        gains = {name: drawn[name] - reference.drawn[name] for name in drawn}
        row |= scores.intervals(gains, "point_gain")
    return row
