"""One network of a judge on one study: fitted, kept."""

from __future__ import annotations

import numpy as np
from anndata import AnnData

from genex_kedro.fingerprint import code_digest, data_digest, digest
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import judge_label
from genex_kedro.study.fits import part_of, seed_of, still_true
from genex_kedro.study.judges.samples import Judge
from genex_kedro.study.judges.settings import JudgeNetworkSettings
from genex_kedro.study.samples import reads_from_disk, scaled
from genex_kedro.transforms import Standardiser


def fit_judge(
    study: AnnData, rows: np.ndarray, network: JudgeNetworkSettings, resume, judge: Judge
):
    """Checkpoints of a network being fitted (:func:`genex_kedro.training.fit`).

    Parameters
    ----------
    study : AnnData
    rows : ndarray of bool, shape (n_samples,)
        The samples that the judge may learn from.
    network : JudgeNetworkSettings
    resume : Checkpoint or None
    judge : {"pooled", "adjacent", "across"}
    """
    from genex_kedro.models.discriminator.learner import DiscriminatorLearner
    from genex_kedro.models.discriminator.model import build_discriminator
    from genex_kedro.training import fit

    seed, fingerprint = seed_of(study), fingerprint_of(study, rows, network, judge)
    train, validation = tensors_of(study, rows, network, judge)
    learner = DiscriminatorLearner(
        build_discriminator(network.network, study.n_vars, seed), float(train[1].mean())
    )
    resume = still_true(resume, fingerprint, seed)
    yield from fit(learner, train, validation, network.fit, seed, resume, fingerprint)


def keep_judge(
    study: AnnData,
    rows: np.ndarray,
    network: JudgeNetworkSettings,
    checkpoint,
    judge: Judge,
    name: str,
) -> TrainedModel:
    """The network of a checkpoint with all that is needed to apply it.

    Parameters
    ----------
    study, rows, network, judge
        As for :func:`fit_judge`.
    checkpoint : Checkpoint
        Its last.
    name : str
        Of the network among those of the judge.
    """
    from genex_kedro.models.discriminator.model import build_discriminator, to_trained_model

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
    return to_trained_model(model, study.var, transform, card)


def fingerprint_of(
    study: AnnData, rows: np.ndarray, network: JudgeNetworkSettings, judge: Judge
) -> str:
    """Of all that a fit depends on."""
    return digest([data_digest(study, rows), network, judge, code_digest(fit_judge)])


def tensors_of(
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


def _standardiser(study: AnnData, rows: np.ndarray, network: JudgeNetworkSettings) -> Standardiser:
    return Standardiser.fit(study.X, network.scaling, rows & part_of(study, "train"))
