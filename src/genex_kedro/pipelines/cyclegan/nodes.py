"""Translators of tumors into normals: trained, kept, and asked for every test sample.

The aligned translator, which is fitted in closed form, stands in its own file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.errors import some
from genex_kedro.fingerprint import code_digest, data_digest, digest
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import CYCLEGAN
from genex_kedro.pipelines.cyclegan import aligned
from genex_kedro.study.fits import fits, part_of, seed_of, still_true, train_all
from genex_kedro.study.translation.cohort import translated_cohort
from genex_kedro.study.translation.objectives import CycleGanSettings, ObjectiveSettings
from genex_kedro.transforms import Standardiser

log = logging.getLogger(__name__)

LEAST = 4  # training samples of either condition


def train_cyclegan(
    studies: dict[str, AnnData], resume: dict, settings: CycleGanSettings
) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Train every objective on every seed's training part.

    Yields
    ------
    checkpoints : dict of Checkpoint
        The one that changed, under ``<objective>_seed_<n>``.
    history : DataFrame
        All epochs of all fits so far.
    """

    def fitted() -> Iterator[tuple]:
        for key, study, _, objective in fits(studies, settings.networks):
            if reason := _why_not(study, objective):
                log.warning("%s: translator 'cyclegan' is left out: %s", key, reason)
                continue
            yield key, _fit(study, objective, resume.get(key))

    yield from train_all(fitted(), CYCLEGAN)


def keep_cyclegan(
    studies: dict[str, AnnData], checkpoints: dict, settings: CycleGanSettings
) -> dict[str, TrainedModel]:
    """The finished translators with all that is needed to apply them, and nothing of the samples."""
    kept = {}
    for key, study, name, objective in fits(studies, settings.networks):
        if _why_not(study, objective):
            continue
        checkpoint = checkpoints.get(key)
        if checkpoint is None or not checkpoint.matches(_fingerprint(study, objective)):
            raise RuntimeError(f"no checkpoint '{key}' of these data and settings")
        keep = aligned.keep if objective.network.kind == "aligned" else _keep
        kept[key] = keep(study, objective, checkpoint, name)
    return kept


def translate_test(
    studies: dict[str, AnnData], models: dict[str, TrainedModel], settings: CycleGanSettings
) -> dict[str, AnnData]:
    """What each translator makes of its seed's test samples, the tissue told and not told."""
    from genex_kedro.study.translation.networks import translate

    made = {}
    for key, study, name, objective in fits(studies, settings.networks):
        if key not in models:
            continue
        test = study[part_of(study, "test")]
        X, seed = np.asarray(test.X), seed_of(study)
        tissue = test.obs["tissue"].astype(str).to_numpy()
        told = translate(models[key], X, tissue, seed, (test.obs["condition"] == "tumor").to_numpy())  # fmt: skip
        blind = translate(models[key], X, None, seed)
        layers = {
            "normal": told.normal,
            "normal_draw": told.draw,
            "normal_blind": blind.normal,
            "normal_blind_draw": blind.draw,
            "tumor": told.tumor,
            "cycle": told.cycle,
        }
        made[key] = translated_cohort(
            study,
            {layer: values for layer, values in layers.items() if values is not None},
            f"cyclegan/{name}",
            paired=getattr(objective.network, "paired", False),
            pairs_in_validation=models[key].card.get("pairs_in_validation", False),
            status=models[key].card["status"],
            inferred_tissue=blind.tissue,
        )
    return made


def _fit(study: AnnData, objective: ObjectiveSettings, resume):
    seed, fingerprint = seed_of(study), _fingerprint(study, objective)
    resume = still_true(resume, fingerprint, seed)
    if objective.network.kind == "aligned":
        yield resume or aligned.fit_study(study, objective, fingerprint)
    else:
        yield from _train(study, objective, seed, fingerprint, resume)


def _train(study: AnnData, objective: ObjectiveSettings, seed: int, fingerprint: str, resume):
    from genex_kedro.models.cyclegan.learner import CycleGanLearner
    from genex_kedro.models.cyclegan.model import build_cyclegan
    from genex_kedro.training import fit

    tissues, _, tumors, normals = _prepared(study, objective)
    networks = build_cyclegan(objective.network, tissues, study.n_vars, seed)
    learner = CycleGanLearner(*networks, tumors, normals, objective.fit.epochs)
    yield from fit(learner, tumors, None, objective.fit, seed, resume, fingerprint)


def _keep(study: AnnData, objective: ObjectiveSettings, checkpoint, name: str) -> TrainedModel:
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


def _why_not(study: AnnData, objective: ObjectiveSettings) -> str | None:
    """Why a translator cannot be trained on a study, or None if it can."""
    if objective.network.kind == "aligned":
        return aligned.why_not(study, objective)
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


def _tissues_with_both(tissue: np.ndarray, tumors: np.ndarray, normals: np.ndarray) -> tuple:
    both = sorted(set(tissue[tumors]) & set(tissue[normals]))
    if alone := sorted({*tissue[tumors], *tissue[normals]} - set(both)):
        log.warning("tissues without training samples of both conditions are left out: %s", some(alone, 20))  # fmt: skip
    return tuple(both)


def _fingerprint(study: AnnData, objective: ObjectiveSettings) -> str:
    return digest([data_digest(study), objective, code_digest(train_cyclegan)])
