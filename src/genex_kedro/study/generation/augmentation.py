"""What synthetic samples add to few real ones, told apart by what the generator had seen.

A claim of augmentation at n real samples is honest only if the generator was trained on those n:
one that was trained on 650 samples hands them on, and the gain measures the 650. Papers mostly
plot the latter. Both are here, by name; where n is the whole training part they are the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd
from anndata import AnnData
from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.metrics.samples import Samples
from genex_kedro.metrics.utility import LABELS, spread_order, transfer_scores
from genex_kedro.study.fits import part_of, seed_of
from genex_kedro.study.generation.synthetic import samples_of
from genex_kedro.study.split import classes

log = logging.getLogger(__name__)

ALONE = "real samples alone"
REFITTED = "generator fitted to the same n samples"
LEAKING = "generator trained on all training samples: knows more than n"
COLUMNS = [
    "seed", "repeat", "label", "n_real", "whole", "protocol", "model", "n_synthetic",
    "macro_f1", "balanced_accuracy",
]  # fmt: skip

Refit = Callable[[AnnData, pd.DataFrame, int], AnnData | None]


class AugmentationSettings(BaseModel):
    """How many real samples, how often chosen, and what is fitted to them.

    ``refit`` names the network settings (``cvae/best``) that are trained on the few samples, each
    with its number of epochs; simple generators always are.
    """

    model_config = ConfigDict(extra="forbid")
    n_real: list[int] = Field(default=[50, 100, 500])
    n_synthetic: int = Field(default=500, ge=2)
    repeats: int = Field(default=3, ge=1)
    refit: dict[str, int] = Field(default_factory=dict)
    seed: int = 0


def augment(
    study: AnnData,
    synthetic: Mapping[str, AnnData],
    refits: Mapping[str, Refit],
    settings: AugmentationSettings,
) -> pd.DataFrame:
    """Classify unseen patients after training on few real samples with and without synthetic.

    A multinomial logistic regression of the tissue (of the condition, where there is one tissue
    only). The few keep the classes' shares and hold every class; smaller choices lie within
    larger ones. Synthetic samples have the few's classes by their shares.

    Parameters
    ----------
    study : AnnData with ``obs["split"]``
    synthetic : mapping of AnnData by full name
        Of generators trained on the whole training part.
    refits : mapping of callable by full name
        ``refit(few, labels, seed)`` fits a generator to the few and gives a sample a label,
        or None where the few are too few for it.
    settings : AugmentationSettings

    Returns
    -------
    DataFrame with :data:`COLUMNS`
        ``whole`` marks the rows of all training samples, whose number varies from split to split.
        ``protocol`` is one of :data:`ALONE`, :data:`REFITTED` and :data:`LEAKING`. Without rows
        where there is nothing to tell apart.
    """
    training, test = study[part_of(study, "train")], samples_of(study, "test")
    label = next((name for name in LABELS if study.obs[name].astype(str).unique().size > 1), None)
    if label is None:
        log.warning("one tissue and one condition only: no augmentation curve")
        return pd.DataFrame(columns=COLUMNS)
    rows = []
    for repeat in range(settings.repeats):
        rng = np.random.default_rng([settings.seed, seed_of(study), repeat])
        order = spread_order(classes(training.obs).to_numpy(str), rng)
        for n in _sizes(settings.n_real, training):
            few = training[order[:n]].copy()
            whole = n == training.n_obs
            if whole and repeat:
                continue  # no choice is left
            first = {"seed": seed_of(study), "repeat": repeat, "label": label}
            first |= {"n_real": n, "whole": whole}
            for found in _added(few, synthetic, {} if whole else refits, settings, rng):
                protocol, model, made = found
                learned = samples_of(few) if made is None else samples_of(few).and_others(made)
                rows.append(
                    first
                    | {"protocol": protocol, "model": model, "n_synthetic": 0 if made is None else len(made)}
                    | transfer_scores(learned, test, label)
                )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def _sizes(n_real: list[int], training: AnnData) -> list[int]:
    """The sizes that can be chosen, and the whole training part."""
    least = classes(training.obs).nunique()
    possible = [n for n in n_real if least <= n < training.n_obs]
    if left_out := sorted(set(n_real) - set(possible)):
        log.info(
            "augmentation: %s real samples left out, %d training samples of %d classes",
            left_out, training.n_obs, least,
        )  # fmt: skip
    return [*possible, training.n_obs]


def _added(
    few: AnnData,
    synthetic: Mapping[str, AnnData],
    refits: Mapping[str, Refit],
    settings: AugmentationSettings,
    rng: np.random.Generator,
) -> Iterator[tuple[str, str, Samples | None]]:
    """``(protocol, model, synthetic samples)``; nothing added first."""
    yield ALONE, "", None
    rows = np.resize(np.arange(few.n_obs), settings.n_synthetic)  # the few's labels, over and over
    labels = few.obs.iloc[rows].reset_index(drop=True)
    seed = int(rng.integers(2**31))
    for model, refit in refits.items():
        if (made := refit(few, labels, seed)) is not None:
            yield REFITTED, model, samples_of(made)
    asked = classes(labels).to_numpy(str)
    for model, cohort in synthetic.items():
        made = samples_of(cohort)
        drawn = _draw(made.classes, asked, rng)
        if drawn is None:
            log.warning("%s lacks classes of the few real samples: not asked what it adds", model)
            continue
        yield LEAKING, model, made.take(drawn)


def _draw(there: np.ndarray, asked: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """Rows with the classes asked for, all of a class before any is taken twice; None if one lacks."""
    chosen = []
    for name, n in zip(*np.unique(asked, return_counts=True), strict=True):
        members = rng.permutation(np.flatnonzero(there == name))
        if not len(members):
            return None
        chosen.append(np.resize(members, n))
    return np.concatenate(chosen)
