"""One translator that is trained on one study: fitted, kept, or why it cannot be.

The aligned translator, which is fitted in closed form, stands in its own file.
"""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.errors import some
from genex_kedro.fingerprint import code_digest, data_digest, digest
from genex_kedro.models.base import TrainedModel
from genex_kedro.study.fits import part_of, seed_of, still_true
from genex_kedro.study.translation import aligned_fitting
from genex_kedro.study.translation.aligned_fitting import LEAST
from genex_kedro.study.translation.objectives import ObjectiveSettings
from genex_kedro.transforms import Standardiser

log = logging.getLogger(__name__)


def why_not(study: AnnData, objective: ObjectiveSettings) -> str | None:
    """Why a translator cannot be trained on a study, or None if it can."""
    if objective.network.kind == "aligned":
        return aligned_fitting.why_not(study, objective)
    training = study.obs[part_of(study, "train")]
    counts = pd.crosstab(training["tissue"].astype(str), training["condition"].astype(str))
    counts = counts.reindex(columns=["tumor", "normal"], fill_value=0)
    if objective.network.conditional:
        counts = counts[(counts > 0).all(axis=1)]
    tumors, normals = counts.sum()
    if min(tumors, normals) >= LEAST:
        return None
    where = " of tissues with both" if objective.network.conditional else ""
    return f"{tumors} tumors and {normals} normals{where} in train, at least {LEAST} of each needed"


def fit_translator(study: AnnData, objective: ObjectiveSettings, resume):
    """Checkpoints of a translator being fitted; the aligned one, in closed form, has one.

    Parameters
    ----------
    study : AnnData with ``obs["split"]``
    objective : ObjectiveSettings
    resume : Checkpoint or None
    """
    seed, fingerprint = seed_of(study), fingerprint_of(study, objective)
    resume = still_true(resume, fingerprint, seed)
    if objective.network.kind == "aligned":
        yield resume or aligned_fitting.fit_study(study, objective, fingerprint)
    else:
        yield from _train(study, objective, seed, fingerprint, resume)


def keep_translator(
    study: AnnData, objective: ObjectiveSettings, checkpoint, name: str
) -> TrainedModel:
    """The translator of a checkpoint with all that is needed to apply it.

    Parameters
    ----------
    study, objective
        As for :func:`fit_translator`.
    checkpoint : Checkpoint
        Its last.
    name : str
        Of the objective.
    """
    if objective.network.kind == "aligned":
        return aligned_fitting.keep(study, objective, checkpoint, name)
    import torch

    from genex_kedro.models.cyclegan.learner import to_trained_model
    from genex_kedro.models.cyclegan.model import CycleGan
    from genex_kedro.models.memorised import for_card

    tissues, standardiser, tumors, normals = _prepared(study, objective)
    generators = CycleGan(objective.network, tissues, study.n_vars)
    generators.load_state_dict(checkpoint.weights("generators"))
    card = {
        "setting": name,
        "seed": seed_of(study),
        "data": data_digest(study),
        "training_samples": len(tumors[1]) + len(normals[1]),
        "training_tumors": len(tumors[1]),
        "training_normals": len(normals[1]),
        "unit": study.uns["unit"],
        "status": checkpoint.status,
        "epochs": checkpoint.state["epoch"],
    }
    card |= for_card(generators.state_dict(), torch.cat([tumors[0], normals[0]]))
    return to_trained_model(generators, study.var, standardiser.to_json(), card)


def fingerprint_of(study: AnnData, objective: ObjectiveSettings) -> str:
    """Of all that a fit depends on."""
    return digest([data_digest(study), objective, code_digest(fit_translator)])


def _train(study: AnnData, objective: ObjectiveSettings, seed: int, fingerprint: str, resume):
    from genex_kedro.models.cyclegan.learner import CycleGanLearner
    from genex_kedro.models.cyclegan.model import build_cyclegan
    from genex_kedro.training import fit

    tissues, _, tumors, normals = _prepared(study, objective)
    networks = build_cyclegan(objective.network, tissues, study.n_vars, seed)
    learner = CycleGanLearner(*networks, tumors, normals, objective.fit.epochs)
    yield from fit(learner, tumors, None, objective.fit, seed, resume, fingerprint)


def _prepared(study: AnnData, objective: ObjectiveSettings):
    """Tissues, standardiser, and (expression, tissue) of the training tumors and normals.

    A conditional network learns from the tissues that have both; the others' samples are left
    out and named. Any other network takes all samples and asks for no tissue.
    """
    import torch

    training = part_of(study, "train")
    is_tumor = (study.obs["condition"] == "tumor").to_numpy()
    tissue = study.obs["tissue"].astype(str).to_numpy()
    sides = [training & is_tumor, training & ~is_tumor]
    tissues: tuple[str, ...] = ()
    if objective.network.conditional:
        tissues = _tissues_with_both(tissue, *sides)
        sides = [side & np.isin(tissue, tissues) for side in sides]
    standardiser = Standardiser.fit(np.asarray(study.X[training]), objective.scaling)
    position = {name: i for i, name in enumerate(tissues)}
    parts = [
        (
            torch.as_tensor(standardiser.apply(np.asarray(study.X[side]))),
            torch.tensor([position.get(name, 0) for name in tissue[side]]),
        )
        for side in sides
    ]
    return tissues, standardiser, *parts


def _tissues_with_both(tissue: np.ndarray, tumors: np.ndarray, normals: np.ndarray) -> tuple:
    both = sorted(set(tissue[tumors]) & set(tissue[normals]))
    if alone := sorted({*tissue[tumors], *tissue[normals]} - set(both)):
        log.warning("tissues without training samples of both conditions are left out: %s", some(alone, 20))  # fmt: skip
    return tuple(both)
