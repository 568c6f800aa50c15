"""Judges of tumor against normal: trained, kept, applied, and set beside simpler ones."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.fingerprint import code_digest, data_digest, digest
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import full_name, judge_label
from genex_kedro.study.fits import (
    HISTORY,
    fit_row,
    fits,
    part_of,
    run_name,
    seed_of,
    still_true,
    train_all,
)
from genex_kedro.study.judges.references import LOGISTIC, reference_answers
from genex_kedro.study.judges.samples import Judge, judge_expression, judge_samples, why_not
from genex_kedro.study.judges.settings import JudgeNetworkSettings, JudgeSettings
from genex_kedro.study.samples import reads_from_disk, scaled
from genex_kedro.transforms import Standardiser

log = logging.getLogger(__name__)

SCORES = ["run", "judge", "model", "seed", "sample_id", "split", "p_tumor"]


def train_judge(
    studies: dict[str, AnnData], resume: dict, settings: JudgeSettings, judge: Judge
) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Train every network of a judge on every seed's training part.

    Parameters
    ----------
    studies : dict of AnnData by seed
    resume : dict of Checkpoint
        What an earlier, interrupted run left; used where data and settings are the same.
    settings : JudgeSettings
    judge : {"pooled", "adjacent", "across"}

    Yields
    ------
    checkpoints : dict of Checkpoint
        The one that changed, under ``<network>_seed_<n>``.
    history : DataFrame
        All epochs of all fits so far.
    """

    def fitted() -> Iterator[tuple]:
        for key, study, _, network in fits(studies, settings.networks):
            rows = judge_samples(study.obs, judge, settings.least)
            if reason := why_not(study.obs, rows, settings.least):
                log.warning("%s: judge '%s' is left out: %s", key, judge, reason)
                continue
            yield key, _fit(study, rows, network, resume.get(key), judge)

    yield from train_all(fitted(), judge_label(judge))


def keep_judge(
    studies: dict[str, AnnData], checkpoints: dict, settings: JudgeSettings, judge: Judge
) -> dict[str, TrainedModel]:
    """The finished networks with all that is needed to apply them."""
    from genex_kedro.models.discriminator.model import build_discriminator, to_trained_model

    kept = {}
    for key, study, name, network in fits(studies, settings.networks):
        rows = judge_samples(study.obs, judge, settings.least)
        if why_not(study.obs, rows, settings.least):
            continue
        checkpoint = checkpoints.get(key)
        if checkpoint is None or not checkpoint.matches(_fingerprint(study, rows, network, judge)):
            raise RuntimeError(f"no checkpoint '{key}' of these data and settings")
        model = build_discriminator(network.network, study.n_vars, seed_of(study))
        model.load_state_dict(checkpoint.weights("discriminator"))
        card = {
            "judge": judge,
            "setting": name,
            "seed": seed_of(study),
            "data": data_digest(study, rows),
            "training_samples": int((rows & part_of(study, "train")).sum()),
            "unit": study.uns["unit"],
            "status": checkpoint.status,
            "best_epoch": checkpoint.state["best_epoch"],
        }
        transform = _standardiser(study, rows, network).to_json()
        kept[key] = to_trained_model(model, study.var, transform, card)
    return kept


def score_samples(
    studies: dict[str, AnnData],
    models: dict[str, TrainedModel],
    settings: JudgeSettings,
    judge: Judge,
) -> pd.DataFrame:
    """P(tumor) of the validation and test samples, also of those the judge never trains on."""
    tables = []
    for key, study, name, _ in fits(studies, settings.networks):
        if key in models:
            held_out = study[study.obs["split"] != "train"]
            p_tumor = judge_expression(models[key], held_out)
            tables.append(_scores(held_out, judge, name, p_tumor))
    return pd.concat(tables) if tables else pd.DataFrame(columns=SCORES)


def score_references(
    studies: dict[str, AnnData], settings: JudgeSettings, judge: Judge
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The judges that a network has to beat, trained on the same samples.

    Returns
    -------
    scores : DataFrame
        As :func:`score_samples`.
    fits : DataFrame
        A row per fit, for the tracking.
    """
    tables, about = [], []
    for study in studies.values():
        rows = judge_samples(study.obs, judge, settings.least)
        if why_not(study.obs, rows, settings.least):
            continue
        answers, inverse_penalty = reference_answers(study, rows)
        held_out = (study.obs["split"] != "train").to_numpy()
        fit = digest([data_digest(study, rows), judge])
        for name, p_tumor in answers.items():
            tables.append(_scores(study[held_out], judge, name, p_tumor[held_out]))
            full = full_name(judge_label(judge), name)
            first = fit_row(full, seed_of(study), fit, "cpu") | {"epoch": 0}
            about.append(first | ({"inverse_penalty": inverse_penalty} if name == LOGISTIC else {}))
    columns = [*HISTORY, "inverse_penalty"]
    return (
        pd.concat(tables) if tables else pd.DataFrame(columns=SCORES),
        pd.DataFrame(about, columns=columns),
    )


def _fit(study: AnnData, rows: np.ndarray, network: JudgeNetworkSettings, resume, judge: Judge):
    from genex_kedro.models.discriminator.learner import DiscriminatorLearner
    from genex_kedro.models.discriminator.model import build_discriminator
    from genex_kedro.training import fit

    seed, fingerprint = seed_of(study), _fingerprint(study, rows, network, judge)
    train, validation = _tensors(study, rows, network, judge)
    learner = DiscriminatorLearner(
        build_discriminator(network.network, study.n_vars, seed), float(train[1].mean())
    )
    resume = still_true(resume, fingerprint, seed)
    yield from fit(learner, train, validation, network.fit, seed, resume, fingerprint)


def _fingerprint(
    study: AnnData, rows: np.ndarray, network: JudgeNetworkSettings, judge: Judge
) -> str:
    return digest([data_digest(study, rows), network, judge, code_digest(train_judge)])


def _standardiser(study: AnnData, rows: np.ndarray, network: JudgeNetworkSettings) -> Standardiser:
    return Standardiser.fit(study.X, network.scaling, rows & part_of(study, "train"))


def _tensors(
    study: AnnData, rows: np.ndarray, network: JudgeNetworkSettings, judge: Judge
) -> list[tuple]:
    """(samples, 1 for tumor) of the training and of the validation part."""
    import torch

    standardiser = _standardiser(study, rows, network)
    from_disk = reads_from_disk(network.fit.from_disk, study, rows, judge_label(judge))
    is_tumor = (study.obs["condition"] == "tumor").to_numpy(np.float32)
    chosen = [rows & part_of(study, part) for part in ("train", "validation")]
    return [
        (scaled(study, part, standardiser, from_disk), torch.as_tensor(is_tumor[part]))
        for part in chosen
    ]


def _scores(held_out: AnnData, judge: Judge, model: str, p_tumor: np.ndarray) -> pd.DataFrame:
    seed = seed_of(held_out)
    return pd.DataFrame(
        {
            "run": run_name(full_name(judge_label(judge), model), seed),
            "judge": judge,
            "model": model,
            "seed": seed,
            "sample_id": held_out.obs_names.to_numpy(),
            "split": held_out.obs["split"].astype(str).to_numpy(),
            "p_tumor": p_tumor,
        }
    )
