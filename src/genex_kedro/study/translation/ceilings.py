"""What the numbers of translators can reach at best: rows made from the answer itself.

===============  ============================================================================
``own_normal``   the patient's own normal, as if a translator had given it: perfect where pairs
                 are asked for, and the ceiling of what judges and nearest normals say
``split_half``   half of the genes of the own normal predicted from the other half, and the other
                 way round, by ridge on residuals fitted on training normals: how much of a
                 sample a linear model that knows half of the answer can tell
===============  ============================================================================

Both are made for the tumors of pairs; other tumors have no own normal and are left out.
"""

from __future__ import annotations

import numpy as np
from anndata import AnnData

from genex_kedro.models.names import CEILING, full_name
from genex_kedro.models.simple.translators.ridge import Ridge
from genex_kedro.study.fits import part_of, seed_of
from genex_kedro.study.translation.cohort import find_pairs
from genex_kedro.training_status import FINISHED


def ceilings(study: AnnData) -> tuple[AnnData, list[AnnData]]:
    """The study with only pairs left among its test samples, and the ceilings' cohorts for it.

    Both lists are empty of meaning without pairs: the cohorts are then none.
    """
    test = np.flatnonzero(part_of(study, "test"))
    tumor, normal = find_pairs(study.obs.iloc[test])
    rows = np.sort(np.concatenate([test[tumor], np.unique(test[normal])])).astype(int)
    paired = study[np.sort(np.concatenate([np.flatnonzero(~part_of(study, "test")), rows]))]
    if not len(tumor):
        return paired, []
    held_out = paired[part_of(paired, "test")]
    tumor, normal = find_pairs(held_out.obs)
    answer = np.asarray(held_out.X).copy()
    answer[tumor] = answer[normal]
    half = _split_half(study, held_out, answer)
    return paired, [
        _cohort(held_out, "own_normal", {"normal": answer, "normal_draw": answer}),
        _cohort(held_out, "split_half", {"normal": half}),
    ]


def _cohort(held_out: AnnData, name: str, layers: dict[str, np.ndarray]) -> AnnData:
    cohort = AnnData(obs=held_out.obs.copy(), var=held_out.var.copy())
    cohort.layers.update({k: np.maximum(v, 0).astype(np.float32) for k, v in layers.items()})
    about = {"paired": True, "pairs_in_validation": False, "status": FINISHED}
    cohort.uns |= {"model": full_name(CEILING, name), "seed": seed_of(held_out), **about}
    return cohort


def _split_half(study: AnnData, held_out: AnnData, answer: np.ndarray) -> np.ndarray:
    """The answer's genes, each predicted from the half that it is not in."""
    is_normal = (study.obs["condition"] == "normal").to_numpy()
    tissue = study.obs["tissue"].astype(str).to_numpy(str)
    training = is_normal & part_of(study, "train")
    means = {t: study.X[training & (tissue == t)].mean(0) for t in np.unique(tissue[training])}
    overall = np.mean(list(means.values()), axis=0)

    def residual(values: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        centre = np.stack([means.get(t, overall) for t in of])
        return values - centre, centre

    fitted, _ = residual(np.asarray(study.X[training]), tissue[training])
    chosen_by = is_normal & part_of(study, "validation")
    held, _ = residual(np.asarray(study.X[chosen_by]), tissue[chosen_by])
    own, centre = residual(answer, held_out.obs["tissue"].astype(str).to_numpy(str))
    order = np.random.default_rng(seed_of(study)).permutation(study.n_vars)
    halves = np.array_split(order, 2)
    predicted = np.empty_like(own)
    for known, asked in (halves, halves[::-1]):
        ridge = Ridge(fitted[:, known], fitted[:, asked], intercept=False)
        penalty = ridge.choose(held[:, known], held[:, asked])
        predicted[:, asked] = ridge.predict(own[:, known], penalty)
    return centre + predicted
