"""One network's attributions on one study, and what they are checked against."""

from __future__ import annotations

import numpy as np
import pandas as pd
from anndata import AnnData
from scipy.special import softmax

from genex_kedro.models.base import TrainedModel
from genex_kedro.study.fits import part_of, seed_of
from genex_kedro.study.tumor_types import explain
from genex_kedro.study.tumor_types.calls import classify_expression
from genex_kedro.study.tumor_types.data import LABEL, types_of
from genex_kedro.study.tumor_types.fitting import layout_of, train_network
from genex_kedro.study.tumor_types.settings import ExplainSettings, ImageTransferSettings
from genex_kedro.transforms import Standardiser

FRACTIONS = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def attribute(
    study: AnnData,
    cohort: AnnData,
    model: TrainedModel,
    wanted: ExplainSettings,
    baseline: str,
    classifier=None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Attributions (n_samples, n_genes) for the true types, their errors, and which samples.

    Parameters
    ----------
    classifier : ImageClassifier, optional
        Another network than the model's, on the same genes and classes.
    """
    import torch

    from genex_kedro.models.images.attribution import integrated_gradients
    from genex_kedro.models.images.classifier import from_trained_model

    classes = model.config["classes"]
    classifier = classifier or from_trained_model(model)
    standardiser = Standardiser.from_json(model.transform)
    rows = explain.explained_samples(study, classes, wanted.per_class, wanted.seed)
    Z = torch.as_tensor(standardiser.apply(study.X[rows]))
    target = torch.as_tensor([classes.index(name) for name in types_of(study)[rows]])
    given = explain.baselines(baseline, study, rows, cohort, standardiser, wanted.draws, wanted.seed)  # fmt: skip
    found = [
        integrated_gradients(
            classifier, Z, torch.as_tensor(one), target, wanted.steps, wanted.most_steps
        )
        for one in given
    ]
    if not found:
        return None
    values = np.mean([one.values.numpy() for one in found], axis=0)
    return values, np.max([one.error.numpy() for one in found], axis=0), rows


def per_sample(study, model, rows, values, error) -> pd.DataFrame:
    """A row a sample and gene, beside what the network calls the sample.

    Parameters
    ----------
    study : AnnData
    model : TrainedModel
    rows, values, error
        Of :func:`attribute`.
    """
    probability, _ = classify_expression(model, study.X[rows])
    genes, n = study.var_names.to_numpy(str), study.n_vars
    call = np.array(model.config["classes"])[probability.argmax(1)]
    rank = (-values).argsort(1).argsort(1) + 1
    return pd.DataFrame(
        {
            "sample_id": np.repeat(study.obs_names[rows].to_numpy(str), n),
            "class": np.repeat(types_of(study)[rows], n),
            "call": np.repeat(call, n),
            "gene": np.tile(genes, len(rows)),
            "attribution": values.ravel(),
            "rank": rank.ravel(),
            "error": np.repeat(error, n),
        }
    )


def curves_of(study, model, rows, values, seed: int) -> pd.DataFrame:
    """The mean probability of the true type as genes are taken away or put back.

    Parameters
    ----------
    study : AnnData
    model : TrainedModel
    rows, values
        Of :func:`attribute`.
    seed : int
        Of the random order that stands beside that of the attributions.
    """
    from genex_kedro.models.images.classifier import from_trained_model
    from genex_kedro.models.images.learner import logits_of

    classifier = from_trained_model(model)
    Z = Standardiser.from_json(model.transform).apply(study.X[rows])
    at = [model.config["classes"].index(name) for name in types_of(study)[rows]]
    rng = np.random.default_rng(seed)
    orders = {"attribution": (-values).argsort(1), "random": rng.permuted(np.tile(np.arange(Z.shape[1]), (len(Z), 1)), axis=1)}  # fmt: skip
    rows_out = []
    for how in ("deletion", "insertion"):
        for name, order in orders.items():
            for fraction in FRACTIONS:
                changed = explain.perturbed(Z, np.zeros_like(Z), order, fraction, how)
                p = softmax(logits_of(classifier, changed) / model.config["temperature"], axis=1)
                of_truth = float(p[np.arange(len(p)), at].mean())
                rows_out.append({"how": how, "order": name, "fraction": fraction, "probability": of_truth})  # fmt: skip
    return pd.DataFrame(rows_out)


def randomised(study, layouts, weights, model: TrainedModel, settings: ImageTransferSettings):
    """The network with the entries of its weights shuffled; and trained on shuffled types."""
    network = settings.networks[settings.explain.network]
    layout = layout_of(layouts, study, network)
    for draw in range(settings.explain.randomisations):
        other_seed = seed_of(study) + 1000 * (draw + 1)
        yield "shuffled weights", draw, _shuffled(model, other_seed)
        shuffled, types = study.copy(), types_of(study)
        for part in ("train", "validation"):  # each by itself, so that every type stays in both
            rows = np.flatnonzero(part_of(study, part))
            types[rows] = np.random.default_rng(other_seed).permutation(types[rows])
        shuffled.obs[LABEL] = types
        yield "shuffled types", draw, train_network(shuffled, layout, weights, network, settings)


def _shuffled(model: TrainedModel, seed: int):
    """Each weight matrix and filter bank keeps its entries, and none its place."""
    import torch

    from genex_kedro.models.images.classifier import from_trained_model

    classifier, draw = from_trained_model(model), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in classifier.parameters():
            if tensor.ndim > 1:
                order = torch.randperm(tensor.numel(), generator=draw)
                tensor.copy_(tensor.flatten()[order].view_as(tensor))
    return classifier


def of_linear_model(
    study, model: TrainedModel, linear_weights: pd.DataFrame, wanted
) -> pd.DataFrame:
    """What logistic regression goes by, for the same samples."""
    rows = explain.explained_samples(study, model.config["classes"], wanted.per_class, wanted.seed)
    Z = Standardiser.from_json(model.transform).apply(study.X[rows])
    mine = linear_weights[linear_weights["seed"] == seed_of(study)]
    return explain.linear_attributions(mine, Z, types_of(study)[rows], study.var_names)
