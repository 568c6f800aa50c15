"""What a trained classifier calls profiles, how sure it is, and which genes speak for it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.cohort import to_study_unit
from genex_kedro.models.base import TrainedModel
from genex_kedro.study.matching import Profiles, match_genes
from genex_kedro.transforms import Standardiser

LOW, STRANGE = "low probability", "unlike the training samples"


def call_types(
    model: TrainedModel, table: AnnData, least: float, top: int, steps: int
) -> tuple[pd.DataFrame, AnnData]:
    """Call every sample of a table that measures enough of the model's genes.

    Parameters
    ----------
    model : TrainedModel
    table : AnnData
        In any unit of a cohort.
    least : float
        Share of the model's genes that a sample must measure, or it is left out; genes not measured
        count as average.
    top : int
        Genes named for each call; 0 names none.
    steps : int
        Of integrated gradients, which find them.

    Returns
    -------
    calls : DataFrame
        :func:`calls_table`, and ``top_genes`` where asked for.
    cohort : AnnData
        The table in log2(x+1), with its notices.

    Raises
    ------
    InputError
        If no sample measures enough of the model's genes.
    """
    cohort = to_study_unit(table)
    profiles = match_genes(cohort, model.genes, least, "classify", "tumor_types").filled(
        _average(model)
    )
    X = profiles.expression
    probability, unfamiliar = classify_expression(model, X)
    calls = calls_table(profiles, model.config["classes"], probability, unfamiliar, model.config["reject"])  # fmt: skip
    if top:
        values = _attributions(model, X, probability.argmax(1), steps)
        calls["top_genes"] = top_genes(values, profiles.measured, model.genes.index, top)
    return calls, cohort


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
            "sample_id": profiles.obs.index.to_numpy(str),
            "call": np.asarray(classes)[probability.argmax(1)],
            "probability": confidence,
            "rejected": low | strange,
            "why": why,
            "genes_measured": profiles.measured.mean(1),
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

    from genex_kedro.models.images.classifier import from_trained_model
    from genex_kedro.models.images.learner import logits_of

    classifier = from_trained_model(model)
    Z = Standardiser.from_json(model.transform).apply(np.asarray(X))
    logits = logits_of(classifier, Z)
    unfamiliar = classifier.unfamiliarity(torch.as_tensor(Z)).numpy()
    return softmax(logits / model.config["temperature"], axis=1), unfamiliar


def _average(model: TrainedModel) -> np.ndarray:
    """The mean of the training samples, log2(x+1): what a gene not measured is taken to be."""
    standardiser = Standardiser.from_json(model.transform)
    nothing = np.zeros((1, len(model.genes)), dtype=np.float32)
    return standardiser.invert(nothing, like=nothing)


def _attributions(model: TrainedModel, X: np.ndarray, called: np.ndarray, steps: int) -> np.ndarray:
    import torch

    from genex_kedro.models.images.attribution import integrated_gradients
    from genex_kedro.models.images.classifier import from_trained_model

    Z = torch.as_tensor(Standardiser.from_json(model.transform).apply(X))
    found = integrated_gradients(
        from_trained_model(model), Z, torch.zeros_like(Z), torch.as_tensor(called), steps, most_steps=steps
    )  # fmt: skip
    return found.values.numpy()
