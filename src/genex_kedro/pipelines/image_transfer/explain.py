"""A network's calls explained gene by gene, and the explanations checked."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from anndata import AnnData
from matplotlib.figure import Figure
from scipy.special import softmax

from genex_kedro.imaging import GeneImageLayout
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import LOGISTIC
from genex_kedro.pipelines.image_transfer.fitting import layout_of, train_network
from genex_kedro.plots.images import plot_curves, plot_gene_images
from genex_kedro.study.fits import part_of, seed_of
from genex_kedro.study.tumor_types import explain
from genex_kedro.study.tumor_types.calls import classify_expression
from genex_kedro.study.tumor_types.data import LABEL, types_of
from genex_kedro.study.tumor_types.settings import ExplainSettings, ImageTransferSettings
from genex_kedro.transforms import Standardiser

log = logging.getLogger(__name__)

FRACTIONS = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
SHOWN = "training_mean"  # the baseline of per-sample tables, pictures and checks


def explain_classifier(
    studies: dict[str, AnnData],
    cohort: AnnData,
    models: dict[str, TrainedModel],
    settings: ImageTransferSettings,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Integrated gradients of the chosen network for test samples of every type.

    Returns
    -------
    classes : DataFrame
        ``model, seed, baseline, class, gene, mean, mean_abs, sign_consistency, rank, samples,
        error`` (the largest completeness error of the class's samples).
    samples : DataFrame
        ``model, seed, sample_id, class, call, gene, attribution, rank, error`` for the baseline
        ``training_mean``.
    curves : DataFrame
        ``model, seed, how, order, fraction, probability``: the mean probability of the true
        type as genes are taken away or put back, in the order of attribution and at random.
    """
    by_class, by_sample, curves = [], [], []
    wanted = settings.explain
    for study in studies.values():
        name, model = wanted.network, models[f"{wanted.network}_seed_{seed_of(study)}"]
        about = {"model": name, "seed": seed_of(study)}
        for baseline in wanted.baselines:
            found = attribute(study, cohort, model, wanted, baseline)
            if found is None:
                log.info("baseline '%s' is left out: a tissue has no normals", baseline)
                continue
            values, error, rows = found
            types = types_of(study)[rows]
            table = explain.summarise(values, types, study.var_names)
            worst = pd.Series(error).groupby(types).max()
            by_class.append(table.assign(**about, baseline=baseline, error=table["class"].map(worst)))  # fmt: skip
            if baseline == SHOWN:
                by_sample.append(_per_sample(study, model, rows, values, error).assign(**about))
                curves.append(_curves(study, model, rows, values, wanted.seed).assign(**about))
    if not by_class:
        raise RuntimeError("no baseline could be used")
    first = ["model", "seed"]
    tables = [pd.concat(part, ignore_index=True) if part else pd.DataFrame(columns=first) for part in (by_class, by_sample, curves)]  # fmt: skip
    return tuple(table[[*first, *table.columns.drop(first)]] for table in tables)


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


def check_explanations(
    studies: dict[str, AnnData],
    cohort: AnnData,
    layouts: pd.DataFrame,
    weights,
    models: dict[str, TrainedModel],
    attributions: pd.DataFrame,
    linear_weights: pd.DataFrame,
    settings: ImageTransferSettings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Whether the rankings depend on what was learned, and agree with what is known.

    Returns
    -------
    checks : DataFrame
        ``check, seed, draw, class, spearman``: against the network with its weights shuffled and
        one trained on shuffled types (near 0 in the mean over draws: genes go together, so that
        two rankings of nothing agree or disagree by chance), logistic regression and other seeds
        (should not be), and other baselines.
    markers : DataFrame
        ``seed, baseline, class, gene, rank, genes, ...`` of known markers in the panel.
    """
    wanted, rows = settings.explain, []
    shown = attributions[attributions["baseline"] == SHOWN]
    for study in studies.values():
        seed, model = seed_of(study), models[f"{wanted.network}_seed_{seed_of(study)}"]
        mine = shown[shown["seed"] == seed]
        for check, draw, other in _randomised(study, layouts, weights, model, settings):
            values, _, at = attribute(study, cohort, model, wanted, SHOWN, other)
            table = explain.summarise(values, types_of(study)[at], study.var_names)
            rows.append(_row(check, seed, explain.agreement(mine, table), draw))
        rows.append(_row(LOGISTIC, seed, explain.agreement(mine, _linear(study, model, linear_weights, wanted))))  # fmt: skip
        for baseline in wanted.baselines:
            other = attributions.query("seed == @seed and baseline == @baseline")
            if baseline != SHOWN and len(other):
                rows.append(_row(f"baseline {baseline}", seed, explain.agreement(mine, other)))
        rows += [
            _row(f"seed {other}", seed, explain.agreement(mine, shown[shown["seed"] == other]))
            for other in sorted(set(shown["seed"]))
            if other > seed
        ]
    groups = attributions.groupby(["seed", "baseline"], sort=False)
    markers = [explain.marker_ranks(table).assign(seed=seed, baseline=baseline) for (seed, baseline), table in groups]  # fmt: skip
    markers = pd.concat(markers, ignore_index=True)
    return pd.concat(rows, ignore_index=True), markers[["seed", "baseline", *markers.columns.drop(["seed", "baseline"])]]  # fmt: skip


def draw_explanations(
    studies: dict[str, AnnData],
    layouts: pd.DataFrame,
    attributions: pd.DataFrame,
    curves: pd.DataFrame,
    settings: ImageTransferSettings,
) -> tuple[Figure, Figure]:
    """The first seed's attributions as images, a type each; the curves of all seeds."""
    study = next(iter(studies.values()))
    network = settings.networks[settings.explain.network]
    layout: GeneImageLayout = layout_of(layouts, study, network)
    mine = attributions.query("seed == @seed and baseline == @shown", local_dict={"seed": seed_of(study), "shown": SHOWN})  # fmt: skip
    wide = mine.pivot_table("mean", "gene", "class").loc[list(layout.symbols)]
    title = f"What speaks for each type: {settings.explain.network}, layout '{network.layout}'"
    return plot_gene_images(layout, wide, title, "mean attribution"), plot_curves(curves)


def _per_sample(study, model, rows, values, error) -> pd.DataFrame:
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


def _curves(study, model, rows, values, seed: int) -> pd.DataFrame:
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


def _randomised(study, layouts, weights, model: TrainedModel, settings: ImageTransferSettings):
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


def _linear(study, model: TrainedModel, linear_weights: pd.DataFrame, wanted) -> pd.DataFrame:
    rows = explain.explained_samples(study, model.config["classes"], wanted.per_class, wanted.seed)
    Z = Standardiser.from_json(model.transform).apply(study.X[rows])
    mine = linear_weights[linear_weights["seed"] == seed_of(study)]
    return explain.linear_attributions(mine, Z, types_of(study)[rows], study.var_names)


def _row(check: str, seed: int, agreement: pd.Series, draw: int = 0) -> pd.DataFrame:
    table = agreement.rename("spearman").rename_axis("class").reset_index()
    table = table.assign(check=check, seed=seed, draw=draw)
    return table[["check", "seed", "draw", "class", "spearman"]]
