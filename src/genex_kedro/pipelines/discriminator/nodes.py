"""Judges of tumor against normal: trained, kept, applied, and set beside simpler ones."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.fingerprint import data_digest, digest
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import LOGISTIC, full_name, judge_label
from genex_kedro.study.fits import (
    HISTORY,
    finished,
    fit_row,
    fits,
    run_name,
    seed_of,
    train_all,
)
from genex_kedro.study.judges import fitting
from genex_kedro.study.judges.references import reference_answers
from genex_kedro.study.judges.samples import Judge, judge_expression, judge_samples, why_not
from genex_kedro.study.judges.settings import JudgeSettings

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
            yield key, fitting.fit_judge(study, rows, network, resume.get(key), judge)

    yield from train_all(fitted(), judge_label(judge))


def keep_judge(
    studies: dict[str, AnnData], checkpoints: dict, settings: JudgeSettings, judge: Judge
) -> dict[str, TrainedModel]:
    """The finished networks with all that is needed to apply them."""
    kept = {}
    for key, study, name, network in fits(studies, settings.networks):
        rows = judge_samples(study.obs, judge, settings.least)
        if why_not(study.obs, rows, settings.least):
            continue
        fingerprint = fitting.fingerprint_of(study, rows, network, judge)
        checkpoint = finished(checkpoints, key, fingerprint)
        kept[key] = fitting.keep_judge(study, rows, network, checkpoint, judge, name)
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
