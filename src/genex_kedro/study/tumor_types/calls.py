"""Profiles that a classifier never saw, brought to its genes; its calls, and what to say of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import to_study_unit
from genex_kedro.errors import InputError, some
from genex_kedro.genes.panels import find_genes
from genex_kedro.models.base import TrainedModel
from genex_kedro.transforms import Standardiser

LOW, STRANGE = "low probability", "unlike the training samples"


@dataclass(frozen=True)
class Profiles:
    """Profiles as a classifier takes them.

    Attributes
    ----------
    expression : ndarray, shape (n_samples, n_genes)
        log2(x+1), the model's genes in order; NaN where a gene was not measured.
    samples : Index
    """

    expression: np.ndarray
    samples: pd.Index

    @property
    def measured(self) -> np.ndarray:
        """Share of the model's genes that each sample measures."""
        return np.isfinite(self.expression).mean(1)


def call_types(
    model: TrainedModel, table: AnnData, least: float, top: int, steps: int
) -> tuple[pd.DataFrame, Profiles]:
    """Call every sample of a table.

    Parameters
    ----------
    model : TrainedModel
    table : AnnData
        In any unit of a cohort.
    least : float
        Share of the model's genes that each sample must measure; the others count as average.
    top : int
        Genes named for each call; 0 names none.
    steps : int
        Of integrated gradients, which find them.

    Returns
    -------
    calls : DataFrame
        :func:`calls_table`, and ``top_genes`` where asked for.
    profiles : Profiles

    Raises
    ------
    InputError
        If a sample measures too few of the model's genes.
    """
    profiles = match_genes(to_study_unit(table), model.genes, least)
    measured = np.isfinite(profiles.expression)
    X = np.where(measured, profiles.expression, _average(model, profiles.expression.shape[1]))
    probability, unfamiliar = classify_expression(model, X)
    calls = calls_table(profiles, model.config["classes"], probability, unfamiliar, model.config["reject"])  # fmt: skip
    if top:
        values = _attributions(model, X, probability.argmax(1), steps)
        calls["top_genes"] = top_genes(values, measured, model.genes.index, top)
    return calls, profiles


def match_genes(cohort: AnnData, genes: pd.DataFrame, least: float) -> Profiles:
    """The model's genes of a cohort in log2(x+1).

    Raises
    ------
    InputError
        If a sample measures less than the share `least` of the model's genes.
    """
    place = find_genes(cohort.var, genes)
    values = np.full((cohort.n_obs, len(genes)), np.nan, dtype=np.float32)
    values[:, place >= 0] = np.asarray(cohort.X)[:, place[place >= 0]]
    profiles = Profiles(values, cohort.obs_names)
    poor = profiles.measured < least
    if poor.any():
        absent = genes.index[~np.isfinite(values[poor]).any(0)]
        raise InputError(
            where="profiles to classify",
            found=f"{int(poor.sum())} of {cohort.n_obs} samples with fewer of the model's {len(genes)} genes, "
            f"the poorest with {profiles.measured.min():.0%}; missing: {some(absent, 10)}",
            expected=f"at least {least:.0%} of them",
            remedy="Bring a table with all measured genes, train on a panel that it covers "
            "(tumor_types.panel), or lower classify.min_coverage.",
        )
    return profiles


def calls_table(
    profiles: Profiles, classes: list[str], probability: np.ndarray, unfamiliar: np.ndarray, reject: dict
) -> pd.DataFrame:  # fmt: skip
    """A row a sample: the call, how sure it is, whether to reject it and why, all probabilities.

    Parameters
    ----------
    profiles : Profiles
    classes : list of str
    probability : ndarray, shape (n_samples, n_classes)
    unfamiliar : ndarray, shape (n_samples,)
    reject : dict
        The model's thresholds, ``confidence`` and ``unfamiliar``.
    """
    confidence = probability.max(1)
    low, strange = confidence < reject["confidence"], unfamiliar > reject["unfamiliar"]
    why = np.select([low & strange, low, strange], [f"{LOW}; {STRANGE}", LOW, STRANGE], "")
    return pd.DataFrame(
        {
            "sample_id": profiles.samples.to_numpy(str),
            "call": np.asarray(classes)[probability.argmax(1)],
            "probability": confidence,
            "rejected": low | strange,
            "why": why,
            "genes_measured": profiles.measured,
            **{f"p_{name}": probability[:, at] for at, name in enumerate(classes)},
        }
    )


def top_genes(values: np.ndarray, measured: np.ndarray, genes: pd.Index, n: int) -> list[str]:
    """The measured genes that speak most for the call: ``"KLK3 +1.20, AR +0.31"``.

    Parameters
    ----------
    values : ndarray, shape (n_samples, n_genes)
        Attributions for the called types.
    measured : ndarray of bool, shape (n_samples, n_genes)
    genes : Index
    n : int
    """
    shown = np.where(measured, values, -np.inf)
    order = np.argsort(-shown, axis=1, kind="stable")[:, :n]
    return [
        ", ".join(f"{genes[g]} {row[g]:+.2f}" for g in at if row[g] > 0)
        for row, at in zip(shown, order, strict=True)
    ]


def classify_expression(model: TrainedModel, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated probabilities and how unlike the training samples a profile is.

    Parameters
    ----------
    model : TrainedModel
    X : ndarray, shape (n_samples, n_genes)
        log2(x+1), the model's genes in order.

    Returns
    -------
    probability : ndarray, shape (n_samples, n_classes)
    unfamiliar : ndarray, shape (n_samples,)
    """
    import torch
    from scipy.special import softmax

    from genex_kedro.models.image_classifier import from_trained_model
    from genex_kedro.models.image_classifier_learner import logits_of

    classifier = from_trained_model(model)
    Z = Standardiser.from_json(model.transform).apply(np.asarray(X))
    logits = logits_of(classifier, Z)
    unfamiliar = classifier.unfamiliarity(torch.as_tensor(Z)).numpy()
    return softmax(logits / model.config["temperature"], axis=1), unfamiliar


def _average(model: TrainedModel, n_genes: int) -> np.ndarray:
    """The mean of the training samples, log2(x+1): what a gene not measured is taken to be."""
    standardiser = Standardiser.from_json(model.transform)
    nothing = np.zeros((1, n_genes), dtype=np.float32)
    return standardiser.invert(nothing, like=nothing)


def _attributions(model: TrainedModel, X: np.ndarray, called: np.ndarray, steps: int) -> np.ndarray:
    import torch

    from genex_kedro.models.attribution import integrated_gradients
    from genex_kedro.models.image_classifier import from_trained_model

    Z = torch.as_tensor(Standardiser.from_json(model.transform).apply(X))
    found = integrated_gradients(
        from_trained_model(model), Z, torch.zeros_like(Z), torch.as_tensor(called), steps, most_steps=steps
    )  # fmt: skip
    return found.values.numpy()
