"""The conditional VAE: trained, kept, and asked for as many samples as it was trained on."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.fingerprint import code_digest, data_digest, digest
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.pipelines.cvae.settings import CvaeSettings, NetworkSettings
from genex_kedro.study.fits import fits, history_of, part_of, seed_of, still_true
from genex_kedro.study.synthetic import synthetic_cohort
from genex_kedro.transforms import Standardiser

log = logging.getLogger(__name__)


def train_cvae(
    studies: dict[str, AnnData], resume: dict, settings: CvaeSettings
) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Train every setting on every seed's training part.

    Yields
    ------
    checkpoints : dict of Checkpoint
        The one that changed, under ``<setting>_seed_<n>``.
    history : DataFrame
        All epochs of all fits so far.
    """
    done: dict = {}
    yield {}, history_of(done, "cvae")
    for key, study, _, network in fits(studies, settings.networks):
        for checkpoint in _fit(study, network, settings, resume.get(key)):
            done[key] = checkpoint
            yield {key: checkpoint}, history_of(done, "cvae")


def keep_cvae(
    studies: dict[str, AnnData], checkpoints: dict, settings: CvaeSettings
) -> dict[str, TrainedModel]:
    """The finished networks with all that is needed to generate, and nothing of the samples."""
    import torch

    from genex_kedro.models.cvae import build_cvae
    from genex_kedro.models.cvae_learner import finish, to_trained_model

    kept = {}
    for key, study, name, network in fits(studies, settings.networks):
        checkpoint = checkpoints.get(key)
        if checkpoint is None or not checkpoint.matches(_fingerprint(study, network, settings)):
            raise RuntimeError(f"no checkpoint '{key}' of these data and settings")
        vocabulary, standardiser, train, _ = _prepared(study, network, settings)
        cvae = build_cvae(network.network, vocabulary, study.n_vars, seed_of(study))
        cvae.load_state_dict(checkpoint.weights("cvae"))
        finish(cvae, *map(torch.as_tensor, train))
        card = {
            "setting": name,
            "seed": seed_of(study),
            "data": data_digest(study),
            "training_samples": len(train[1]),
            "unit": study.uns["unit"],
            "status": checkpoint.status,
            "best_epoch": checkpoint.state["best_epoch"],
            "validation_loss": checkpoint.state["best_value"],
        }
        kept[key] = to_trained_model(cvae, study.var, standardiser.to_json(), card)
    return kept


def sample_cvae(
    studies: dict[str, AnnData], models: dict[str, TrainedModel], settings: CvaeSettings
) -> dict[str, AnnData]:
    """As many synthetic samples of every class as each model was trained on."""
    return {
        key: generate(models[key], study.obs[part_of(study, "train")], name, seed_of(study))
        for key, study, name, _ in fits(studies, settings.networks)
    }


def generate(model: TrainedModel, labels: pd.DataFrame, name: str, seed: int) -> AnnData:
    """One synthetic sample in log2(x+1) for each row of labels.

    Raises
    ------
    InputError
        For a class that the model was not trained on.
    """
    import torch

    from genex_kedro.models.cvae_learner import from_trained_model

    cvae = from_trained_model(model)
    classes = cvae.vocabulary.index(labels)
    standardised = cvae.sample(torch.as_tensor(classes), seed).numpy()
    values = Standardiser.from_json(model.transform).invert(standardised, like=standardised)
    asked = cvae.vocabulary.labels(classes)
    return synthetic_cohort(values, asked, model.genes, name, seed)


def _fit(study: AnnData, network: NetworkSettings, settings: CvaeSettings, resume):
    import torch

    from genex_kedro.models.cvae import build_cvae
    from genex_kedro.models.cvae_learner import CvaeLearner
    from genex_kedro.training import fit

    seed, fingerprint = seed_of(study), _fingerprint(study, network, settings)
    vocabulary, _, train, validation = _prepared(study, network, settings)
    train, validation = (tuple(map(torch.as_tensor, part)) for part in (train, validation))
    learner = CvaeLearner(build_cvae(network.network, vocabulary, study.n_vars, seed), train)
    resume = still_true(resume, fingerprint, seed)
    yield from fit(learner, train, validation, network.fit, seed, resume, fingerprint)


def _prepared(study: AnnData, network: NetworkSettings, settings: CvaeSettings):
    """Vocabulary and standardiser of the training part; (values, classes) of both parts.

    Validation samples of a class that training has none of are left out and named: the network
    knows no such class.
    """
    training = part_of(study, "train")
    vocabulary = Vocabulary.fit(study.obs[training], settings.factors)
    standardiser = Standardiser.fit(study.X[training], network.scaling)
    known = vocabulary.knows(study.obs)
    held_out = part_of(study, "validation")
    if unknown := int((held_out & ~known).sum()):
        log.warning(
            "%d validation samples are of classes without training samples: left out", unknown
        )
    parts = [
        _tensors(study[rows], standardiser, vocabulary) for rows in (training, held_out & known)
    ]
    return vocabulary, standardiser, *parts


def _tensors(part: AnnData, standardiser: Standardiser, vocabulary: Vocabulary):
    return standardiser.apply(np.asarray(part.X)), vocabulary.index(part.obs)


def _fingerprint(study: AnnData, network: NetworkSettings, settings: CvaeSettings) -> str:
    return digest([data_digest(study), network, settings.factors, code_digest(train_cvae)])
