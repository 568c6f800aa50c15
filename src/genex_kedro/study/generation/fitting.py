"""Conditional generators of any family: trained and kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cached_property, partial

import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import given_unit
from genex_kedro.fingerprint import code_digest, data_digest, digest
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.family import Family, to_trained_model
from genex_kedro.study.fits import finished, fits, part_of, seed_of, still_true, train_all
from genex_kedro.study.generation.settings import (
    GeneratorNetworkSettings,
    GeneratorSettings,
    settings_of,
)
from genex_kedro.study.samples import reads_from_disk, scaled
from genex_kedro.transforms import Standardiser

log = logging.getLogger(__name__)


def train(
    studies: dict[str, AnnData], resume: dict, settings: GeneratorSettings | dict, family: Family
) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Train every setting on every seed's training part.

    Yields
    ------
    checkpoints : dict of Checkpoint
        The one that changed, under ``<setting>_seed_<n>``.
    history : DataFrame
        All epochs of all fits so far.
    """
    settings = settings_of(settings, family)
    fitted = (
        (key, GeneratorFit(study, network, settings, family).run(resume.get(key)))
        for key, study, _, network in fits(studies, settings.networks)
    )
    yield from train_all(fitted, family.name)


def keep(
    studies: dict[str, AnnData],
    checkpoints: dict,
    settings: GeneratorSettings | dict,
    family: Family,
) -> dict[str, TrainedModel]:
    """The finished networks with all that is needed to generate, and nothing of the samples."""
    from genex_kedro.models.memorised import for_card

    settings = settings_of(settings, family)
    kept = {}
    for key, study, name, network in fits(studies, settings.networks):
        fit = GeneratorFit(study, network, settings, family)
        checkpoint = finished(checkpoints, key, fit.fingerprint)
        card = {
            "setting": name,
            "seed": fit.seed,
            "data": data_digest(study),
            "training_samples": int(part_of(study, "train").sum()),
            "training_patients": int(study.obs["patient_id"][part_of(study, "train")].nunique()),
            "unit": study.uns["unit"],
            "given_unit": given_unit(study),
            "status": checkpoint.status,
            "best_epoch": checkpoint.state["best_epoch"],
            "validation_loss": checkpoint.state["best_value"],
        }
        generator, train = fit.generator(), fit.tensors("train")
        generator.load_state_dict(checkpoint.weights("generator"))
        family.code().finish(generator, train)
        transform = fit.standardiser.to_json()
        kept[key] = to_trained_model(family, generator, study.var, transform, card)
        kept[key].card |= for_card(kept[key].weights, train[0])
    return kept


class GeneratorFit:
    """One setting on one seed's study: its data as the network sees them, and its fingerprint.

    Parameters
    ----------
    study : AnnData
    network : GeneratorNetworkSettings
    settings : GeneratorSettings
        Whose factors name the classes.
    family : Family

    Attributes
    ----------
    seed : int
        Of the split, and of the weights, batches and draws.
    vocabulary : Vocabulary
    standardiser : Standardiser
        Both of the training part.
    """

    def __init__(
        self,
        study: AnnData,
        network: GeneratorNetworkSettings,
        settings: GeneratorSettings,
        family: Family,
    ) -> None:
        self.network, self.family, self.seed = network, family, seed_of(study)
        self.n_genes = study.n_vars
        code = code_digest(partial(train, family=family))
        self.fingerprint = digest([data_digest(study), network, settings.factors, code])
        self._prepare(study, settings.factors)

    def _prepare(self, study: AnnData, factors: tuple[str, ...]) -> None:
        """Vocabulary and scaling of the training part; (samples, classes) of both parts.

        Validation samples of a class that training has none of are left out and named: the
        network knows no such class.
        """
        training, held_out = part_of(study, "train"), part_of(study, "validation")
        self.vocabulary = Vocabulary.fit(study.obs[training], factors)
        scaling = self.network.scaling
        self.standardiser = Standardiser.fit(study.X, scaling, training)
        known = self.vocabulary.knows(study.obs)
        if unknown := int((held_out & ~known).sum()):
            log.warning(
                "%d validation samples are of classes without training samples: left out", unknown
            )
        self._study, self._parts = study, {"train": training, "validation": held_out & known}

    @cached_property
    def from_disk(self) -> bool:
        """Whether batches are read from the study's file."""
        asked, both = self.network.fit.from_disk, self._parts["train"] | self._parts["validation"]
        if reads_from_disk(asked, self._study, both, self.family.name):
            if self.family.in_blocks:
                return True
            log.warning("%s needs all training samples in memory", self.family.name)
        return False

    def generator(self):
        """Untrained, with weights that follow from the seed."""
        build = self.family.code().build
        return build(self.network.network, self.vocabulary, self.n_genes, self.seed)

    def tensors(self, part: str) -> tuple:
        """Scaled profiles (n_samples, n_genes) and positions in the vocabulary (n_samples,)."""
        import torch

        chosen = self._parts[part]
        classes = torch.as_tensor(self.vocabulary.index(self._study.obs[chosen]))
        return scaled(self._study, chosen, self.standardiser, self.from_disk), classes

    def learner(self, train: tuple | None = None):
        """Of an untrained generator."""
        return self.family.code().learner(self.generator(), train or self.tensors("train"))

    def run(self, resume) -> Iterator:
        """The checkpoints of the fit."""
        from genex_kedro.training import fit

        train, validation = self.tensors("train"), self.tensors("validation")
        resume = still_true(resume, self.fingerprint, self.seed)
        learner, settings = self.learner(train), self.network.fit
        yield from fit(learner, train, validation, settings, self.seed, resume, self.fingerprint)
