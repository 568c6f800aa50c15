"""A network's calls explained gene by gene, and the explanations checked."""

from __future__ import annotations

import logging

import pandas as pd
from anndata import AnnData
from matplotlib.figure import Figure

from genex_kedro.imaging import GeneImageLayout
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import LOGISTIC
from genex_kedro.plots.images import plot_curves, plot_gene_images
from genex_kedro.study.fits import seed_of
from genex_kedro.study.tumor_types import explain
from genex_kedro.study.tumor_types.attributions import (
    attribute,
    curves_of,
    of_linear_model,
    per_sample,
    randomised,
)
from genex_kedro.study.tumor_types.data import types_of
from genex_kedro.study.tumor_types.fitting import layout_of
from genex_kedro.study.tumor_types.settings import ImageTransferSettings

log = logging.getLogger(__name__)

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
                by_sample.append(per_sample(study, model, rows, values, error).assign(**about))
                curves.append(curves_of(study, model, rows, values, wanted.seed).assign(**about))
    if not by_class:
        raise RuntimeError("no baseline could be used")
    first = ["model", "seed"]
    tables = [pd.concat(part, ignore_index=True) if part else pd.DataFrame(columns=first) for part in (by_class, by_sample, curves)]  # fmt: skip
    return tuple(table[[*first, *table.columns.drop(first)]] for table in tables)


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
        for check, draw, other in randomised(study, layouts, weights, model, settings):
            values, _, at = attribute(study, cohort, model, wanted, SHOWN, other)
            table = explain.summarise(values, types_of(study)[at], study.var_names)
            rows.append(_row(check, seed, explain.agreement(mine, table), draw))
        rows.append(_row(LOGISTIC, seed, explain.agreement(mine, of_linear_model(study, model, linear_weights, wanted))))  # fmt: skip
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


def _row(check: str, seed: int, agreement: pd.Series, draw: int = 0) -> pd.DataFrame:
    table = agreement.rename("spearman").rename_axis("class").reset_index()
    table = table.assign(check=check, seed=seed, draw=draw)
    return table[["check", "seed", "draw", "class", "spearman"]]
