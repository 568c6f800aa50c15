"""Explanations of a classifier, gene by gene, and the checks that say whether to believe them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from anndata import AnnData
from scipy.stats import spearmanr

from genex_kedro.study.fits import part_of
from genex_kedro.study.tumor_types.data import types_of
from genex_kedro.study.tumor_types.markers import MARKERS
from genex_kedro.transforms import Standardiser

BASELINES = ("training_mean", "tissue_normal", "zero_expression", "random_training")


def explained_samples(study: AnnData, classes, per_class: int, seed: int) -> np.ndarray:
    """Positions of up to `per_class` test samples of each class, drawn; int, (n_samples,)."""
    rng = np.random.default_rng(seed)
    test, types = part_of(study, "test"), types_of(study)
    chosen = []
    for name in classes:
        rows = np.flatnonzero(test & (types == name))
        chosen.append(np.sort(rng.permutation(rows)[:per_class]))
    return np.concatenate(chosen)


def baselines(
    name: str,
    study: AnnData,
    rows: np.ndarray,
    cohort: AnnData,
    standardiser: Standardiser,
    draws: int,
    seed: int,
) -> Iterator[np.ndarray]:
    """What a profile is compared with, standardised, (n_samples, n_genes); several are averaged.

    ==================  =================================================================
    training_mean       the mean of the training samples (0 in every gene)
    tissue_normal       the mean normal of the same tissue: what the tumor changed
    zero_expression     no expression of any gene
    random_training     training samples drawn at random, `draws` of them for each profile
    ==================  =================================================================

    Normals are those of patients without a sample in the validation or test part. Nothing is
    given for ``tissue_normal`` where a tissue of the samples has no normals.
    """
    shape = (len(rows), study.n_vars)
    if name == "training_mean":
        yield np.zeros(shape, dtype=np.float32)
    elif name == "zero_expression":
        yield standardiser.apply(np.zeros(shape, dtype=np.float32))
    elif name == "random_training":
        rng, training = np.random.default_rng(seed), np.flatnonzero(part_of(study, "train"))
        for _ in range(draws):
            drawn = rng.choice(training, len(rows))
            yield standardiser.apply(study.X[drawn])
    elif name == "tissue_normal":
        means = _mean_normals(study, cohort)
        tissues = study.obs["tissue"].astype(str).to_numpy()[rows]
        if set(tissues) <= set(means.index):
            yield standardiser.apply(means.loc[tissues].to_numpy(np.float32))
    else:
        raise ValueError(f"baseline {name!r}, expected one of {', '.join(BASELINES)}")


def _mean_normals(study: AnnData, cohort: AnnData) -> pd.DataFrame:
    held_out = set(study.obs["patient_id"][~part_of(study, "train")].astype(str))
    usable = (cohort.obs["condition"].astype(str) == "normal") & ~cohort.obs["patient_id"].astype(str).isin(held_out)  # fmt: skip
    normals = cohort[usable.to_numpy(), study.var_names].to_df()
    means = normals.groupby(cohort.obs["tissue"].astype(str)[usable]).mean()  # of what is measured
    training = study.X[part_of(study, "train")].mean(0)
    return means.fillna(dict(zip(study.var_names, training, strict=True)))


def summarise(values: np.ndarray, classes_of: np.ndarray, genes: pd.Index) -> pd.DataFrame:
    """Attributions of samples (n_samples, n_genes) as a row per class and gene.

    Returns
    -------
    DataFrame
        ``class, gene, mean, mean_abs, sign_consistency`` (share of samples whose sign is the
        mean's), ``rank`` (by the mean, 1 speaks most for the class), ``samples``.
    """
    tables = []
    for name in pd.unique(classes_of):
        mine = values[classes_of == name]
        mean = mine.mean(0)
        tables.append(
            pd.DataFrame(
                {
                    "class": name,
                    "gene": genes.to_numpy(str),
                    "mean": mean,
                    "mean_abs": np.abs(mine).mean(0),
                    "sign_consistency": (np.sign(mine) == np.sign(mean)).mean(0),
                    "rank": pd.Series(-mean).rank(method="first").astype(int).to_numpy(),
                    "samples": len(mine),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def agreement(one: pd.DataFrame, other: pd.DataFrame, column: str = "mean") -> pd.Series:
    """Spearman's correlation over genes of two tables of attributions, class by class."""
    both = one.merge(other, on=["class", "gene"], suffixes=("", "_other"))
    right = f"{column}_other" if f"{column}_other" in both else column
    groups = both.groupby("class", sort=False)
    return groups.apply(lambda g: float(spearmanr(g[column], g[right])[0]), include_groups=False)


def linear_attributions(weights: pd.DataFrame, Z: np.ndarray, classes_of, genes) -> pd.DataFrame:
    """What logistic regression's weights attribute to the same samples, summarised.

    The weight of a gene for a class, less its mean over classes, times how far the sample is
    from the training mean: integrated gradients of a linear model, exactly.
    """
    wide = weights.pivot_table("weight", "class", "gene", sort=False)[list(genes)]
    wide = wide - wide.mean()
    return summarise(Z * wide.loc[classes_of].to_numpy(), classes_of, genes)


def marker_ranks(table: pd.DataFrame) -> pd.DataFrame:
    """Where known markers stand among a class's genes: ``class, gene, rank, genes``."""
    wanted = [(name, gene) for name, genes in MARKERS.items() for gene in genes]
    pairs = pd.MultiIndex.from_frame(table[["class", "gene"]])
    found = table[pairs.isin(wanted)]
    n_genes = table.groupby("class")["gene"].size()
    return found.assign(genes=found["class"].map(n_genes))[
        ["class", "gene", "rank", "genes", "mean", "sign_consistency"]
    ].sort_values(["class", "rank"])


def perturbed(
    Z: np.ndarray, baseline: np.ndarray, order: np.ndarray, fraction: float, how: str
) -> np.ndarray:
    """Profiles with the first genes of an order at the baseline (deletion), or only those not.

    Parameters
    ----------
    Z, baseline : ndarray, shape (n_samples, n_genes)
    order : ndarray of int, shape (n_samples, n_genes)
        Genes of each sample, the first ones first.
    fraction : float
        Of the genes.
    how : {"deletion", "insertion"}
    """
    n = round(fraction * Z.shape[1])
    start, end = (Z, baseline) if how == "deletion" else (baseline, Z)
    changed, rows = start.copy(), np.arange(len(Z))[:, None]
    changed[rows, order[:, :n]] = end[rows, order[:, :n]]
    return changed
