"""A translated cohort against real normals: the numbers of its rows in the scorecard.

Suffix ``_point`` is the best single guess, ``_draw`` one draw, ``_blind_point`` and
``_blind_draw`` the same without being told the tissue. What cannot be had is NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from anndata import AnnData

from genex_kedro.metrics.bootstrap import patient_weights
from genex_kedro.metrics.correlation import within_class_agreement
from genex_kedro.metrics.discrepancy import mmd
from genex_kedro.metrics.energy import energy_distance
from genex_kedro.metrics.false_change import cycle_error, false_change, false_change_rate
from genex_kedro.metrics.fooled import fooled
from genex_kedro.metrics.neighbours import pair_distances
from genex_kedro.metrics.pair_error import change_r, paired_r, paired_rmse
from genex_kedro.metrics.right_patient import patient_rank, patient_ranks, patient_top1
from genex_kedro.metrics.spread import spread
from genex_kedro.metrics.tissue_kept import nearest_tissue
from genex_kedro.metrics.top_genes import top_genes
from genex_kedro.study.translation.truth import Truth

KINDS = {
    "normal": "point",
    "normal_draw": "draw",
    "normal_blind": "blind_point",
    "normal_blind_draw": "blind_draw",
}
METRICS = (
    "rmse", "r", "change_r", "patient_rank", "patient_top1", "top_jaccard", "top_direction",
    "patient_rank_autosomal", "patient_top1_autosomal", "tissue_kept", "spread",
    "correlation_error", "mmd", "energy_distance", "false_change", "false_change_rate",
)  # fmt: skip
_LEAST = 10  # pairs from which on distributions are compared


def columns(judges: Iterable[str]) -> list[str]:
    """Every metric's column, layer by layer, whether or not a translator gives the layer."""
    kinds = list(KINDS.values())
    fooling = [f"fooled_{judge}_{kind}" for judge in judges for kind in (*kinds, "tumor")]
    of_layers = [f"{metric}_{kind}" for kind in kinds for metric in METRICS]
    return [*of_layers, *fooling, "cycle_error", "tissue_inferred"]


def fooled_scores(
    p_tumor: Mapping[str, Mapping[str, np.ndarray]], rows: np.ndarray, made: str = "normal"
) -> dict[str, float]:
    """Share of `rows` that each judge takes for real: ``fooled_<judge>_<kind>``.

    Parameters
    ----------
    p_tumor : mapping of kind to mapping of judge to ndarray, shape (n_test,)
    """
    return {
        f"fooled_{judge}_{kind}": fooled(p[rows], made)
        for kind, judges in p_tumor.items()
        for judge, p in judges.items()
    }


def pair_scores(made: np.ndarray, truth: Truth) -> dict[str, float]:
    """How near pairs and patients are in one layer, (n_test, n_genes); empty without pairs."""
    if not len(truth.tumor):
        return {}
    guess, own, tumor = _of_pairs(made, truth)
    group = truth.group[truth.tumor]
    return {
        "rmse": paired_rmse(guess, own),
        "r": paired_r(guess, own),
        "change_r": change_r(guess, own, tumor),
        "patient_rank": patient_rank(guess, own, group, truth.normal),
        "patient_top1": patient_top1(guess, own, group, truth.normal),
    }


def further_pair_scores(made: np.ndarray, truth: Truth) -> dict[str, float]:
    """The most changed genes, and the right patient without X and Y; empty without pairs."""
    if not len(truth.tumor):
        return {}
    guess, own, tumor = _of_pairs(made, truth)
    group, auto = truth.group[truth.tumor], truth.autosomal
    without = guess[:, auto], own[:, auto], group, truth.normal
    changes = not np.allclose(guess, tumor, atol=1e-5)
    jaccard, direction = top_genes(guess, own, tumor) if changes else (np.nan, np.nan)
    return {
        "top_jaccard": jaccard,
        "top_direction": direction,
        "patient_rank_autosomal": patient_rank(*without),
        "patient_top1_autosomal": patient_top1(*without),
    }


def _of_pairs(made: np.ndarray, truth: Truth) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return made[truth.tumor], truth.measured[truth.normal], truth.given[truth.tumor]


def distribution_scores(made: np.ndarray, truth: Truth) -> dict[str, float]:
    """One layer's outputs for the paired tumors against those patients' normals.

    The pairs alone: tissues, cohorts and sources of both sides are then the same. One pair a
    normal, of a patient's first tumor: a normal that came twice would be its own neighbour.
    """
    first = np.sort(np.unique(truth.normal, return_index=True)[1])
    if len(first) < _LEAST:
        return {}
    outputs, real = made[truth.tumor[first]], truth.given[truth.normal[first]]
    if np.allclose(outputs, real, atol=1e-5):  # the answer itself: nothing to compare it with
        return {}
    group = truth.group[truth.tumor[first]]
    distances = pair_distances(*(truth.scaler.apply(side) for side in (real, outputs)))
    return {
        "spread": spread(real, outputs, group, group),
        "correlation_error": within_class_agreement(real, outputs, group, group).rmse,
        "mmd": mmd(distances),
        "energy_distance": energy_distance(distances),
    }


def tissue_found(made: np.ndarray, truth: Truth) -> np.ndarray:
    """The tissue of the training normal nearest to each sample of one layer, (n_test,)."""
    return nearest_tissue(made, truth.normals, truth.normal_tissue)


def tissue_scores(found: np.ndarray, truth: Truth, rows: np.ndarray) -> dict[str, float]:
    """Share of the tumors `rows`, of tissues with training normals, whose tissue is kept.

    Parameters
    ----------
    found : ndarray of str, shape (n_test,)
        Of :func:`tissue_found`.
    """
    rows = rows & np.isin(truth.tissue, truth.normal_tissue)
    return {"tissue_kept": float((found == truth.tissue)[rows].mean())} if rows.any() else {}


def false_change_scores(made: np.ndarray, truth: Truth) -> dict[str, float]:
    """What one layer does to test samples that are normal."""
    normal = ~truth.is_tumor
    if not normal.any():
        return {}
    real, after = truth.measured[normal], made[normal]
    return {
        "false_change": false_change(real, after),
        "false_change_rate": false_change_rate(real, after),
    }


def cycle_scores(cohort: AnnData, truth: Truth) -> dict[str, float]:
    """How far samples come back from there and back."""
    if "cycle" not in cohort.layers:
        return {}
    return {"cycle_error": cycle_error(truth.measured, np.asarray(cohort.layers["cycle"]))}


def resampled(made: np.ndarray, truth: Truth, repeats: int, seed: int) -> dict[str, np.ndarray]:
    """RMSE and centred rank of one layer under resampled patients, (repeats,) each."""
    guess, own = made[truth.tumor], truth.measured[truth.normal]
    patient = truth.obs["patient_id"].astype(str).to_numpy(str)[truth.tumor]
    weight = patient_weights(patient, repeats, seed)
    rank = patient_ranks(guess, own, truth.group[truth.tumor], truth.normal)[0]
    ranked = np.isfinite(rank)
    counted = weight[:, ranked].sum(1)
    return {
        "rmse": paired_rmse(guess, own, weight),
        "patient_rank": np.divide(
            weight[:, ranked] @ rank[ranked],
            counted,
            out=np.full(repeats, np.nan),
            where=counted > 0,
        ),
    }


def intervals(drawn: Mapping[str, np.ndarray], suffix: str, level: float = 0.95) -> dict:
    """``<metric>_<suffix>_low`` and ``_high``."""
    ends = {"low": (1 - level) / 2, "high": (1 + level) / 2}
    return {
        f"{name}_{suffix}_{end}": float(np.nanquantile(values, q))
        for name, values in drawn.items()
        for end, q in ends.items()
    }
