"""Tumors translated into their own normals: what comes out, with what it is worth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from genex_kedro.cohort import NOT_GIVEN
from genex_kedro.models.atlas import Atlas
from genex_kedro.study.judges.samples import TumorProbability
from genex_kedro.study.matching import Profiles
from genex_kedro.study.translation.trained import NOT_TOLD, Translator

_CERTAIN = 0.5  # an inferred tissue below it is no answer
_CONTRADICTS = 0.9  # of another tissue than the one given
_BLOCK = 2000  # samples at once


def tissue_for(translator: Translator, tumors: Profiles) -> np.ndarray:
    """What to tell a translator of each sample's tissue, (n_samples,)."""
    given = tumors.obs["tissue"].astype(str).to_numpy(str)
    return translator.ask(tumors.expression, np.where(given == NOT_GIVEN, NOT_TOLD, given))


def guesses(translator: Translator, tumors: Profiles, tissue: np.ndarray) -> np.ndarray:
    """The best single guess of each normal; log2(x+1), none below 0, (n_samples, n_genes)."""
    return np.maximum(translator.point(tumors.expression, tissue), 0).astype(np.float32)


def some_draws(translator: Translator, tumors: Profiles, tissue: np.ndarray, n: int, seed: int):
    """Yields `n` draws of all normals; a sample's depend on the seed and its place alone."""
    generators = [np.random.default_rng([seed, b]) for b in range(-(-len(tissue) // _BLOCK))]
    for _ in range(n):
        parts = [
            translator.draw(tumors.expression[first : first + _BLOCK], tissue[first : first + _BLOCK], generator)
            for first, generator in zip(range(0, len(tissue), _BLOCK), generators, strict=True)
        ]  # fmt: skip
        yield np.maximum(np.concatenate(parts), 0).astype(np.float32)


def change_table(tumors: Profiles, normal: np.ndarray, sd: np.ndarray) -> pd.DataFrame:
    """Tumor against its own predicted normal, a row per sample and measured gene.

    Returns
    -------
    DataFrame
        ``sample_id, gene, tumor, normal`` (log2(x+1)), ``log2_fold_change`` (tumor minus
        normal), ``sd`` (of the normal, over draws), ``z`` (change over sd; NaN without spread)
        and ``rank`` within the sample by absolute z, by absolute change where there is none.
    """
    n_samples, n_genes = normal.shape
    change = tumors.expression - normal
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(sd > 1e-6, change / sd, np.nan).astype(np.float32)
    weight = np.abs(z) if np.isfinite(z).any() else np.abs(change)
    weight = np.where(tumors.measured & np.isfinite(weight), weight, -1)
    rank = np.empty(normal.shape, dtype=np.int32)
    order = np.argsort(-weight, axis=1, kind="stable")
    np.put_along_axis(rank, order, np.arange(1, n_genes + 1, dtype=np.int32)[None], axis=1)
    keep = tumors.measured.ravel()
    samples = pd.Categorical.from_codes(
        np.repeat(np.arange(n_samples), n_genes)[keep], tumors.obs.index.astype(str)
    )
    genes = pd.Categorical.from_codes(np.tile(np.arange(n_genes), n_samples)[keep], tumors.genes)
    columns = {
        "tumor": tumors.expression, "normal": normal, "log2_fold_change": change,
        "sd": sd, "z": z, "rank": rank,
    }  # fmt: skip
    return pd.DataFrame(
        {"sample_id": samples, "gene": genes, **{k: v.ravel()[keep] for k, v in columns.items()}}
    )


def calls_table(
    tumors: Profiles,
    tissue: np.ndarray,
    translator: Translator,
    atlas: Atlas,
    judges: Mapping[str, TumorProbability],
    made: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """Per sample: judges before and after, tissue, distance, and whether to be unsure.

    Parameters
    ----------
    made : mapping of str to ndarray
        ``after`` (the guess) and ``after_draw`` (one draw), log2(x+1).
    """
    given = tumors.obs["tissue"].astype(str).to_numpy(str)
    probability = atlas.probabilities(tumors.expression)
    table = pd.DataFrame(index=pd.Index(tumors.obs.index.astype(str), name="sample_id"))
    table["tissue_given"] = np.where(given == NOT_GIVEN, "", given)
    table["tissue_inferred"] = np.array(atlas.tissues)[probability.argmax(1)]
    table["tissue_probability"] = probability.max(1).round(4)
    table["tissue_used"] = translator.taken(tumors.expression, tissue)
    for name, judge in judges.items():
        table[f"p_tumor_{name}_before"] = judge(tumors.expression).round(4)
        for when, values in made.items():
            table[f"p_tumor_{name}_{when}"] = judge(values).round(4)
    table["genes_measured"] = tumors.measured.mean(1).round(4)
    table["distance"] = atlas.distance(tumors.expression).round(3)
    reasons = _doubts(table, set(translator.tissues))
    return table.assign(unsure=[bool(r) for r in reasons], why=["; ".join(r) for r in reasons])


def _doubts(table: pd.DataFrame, known: set[str]) -> list[list[str]]:
    found = []
    before = [c for c in table if c.endswith("_before")]
    for row in table.to_dict("records"):
        given, inferred = row["tissue_given"], row["tissue_inferred"]
        p, doubts = row["tissue_probability"], []
        if row["distance"] > 1:
            doubts.append("unlike the training samples")
        if given and known and given not in known:
            instead = "" if row["tissue_used"] == given else f": taken for {row['tissue_used']}"
            doubts.append(f"no normals of {given} in training{instead}")
        elif not given and p < _CERTAIN:
            doubts.append(f"tissue uncertain: {inferred} with {p:.0%}")
        elif given and given != inferred and p > _CONTRADICTS:
            doubts.append(f"given as {given}, looks like {inferred} ({p:.0%})")
        if before and all(row[c] < 0.5 for c in before):
            doubts.append("judged normal as it came")
        found.append(doubts)
    return found
