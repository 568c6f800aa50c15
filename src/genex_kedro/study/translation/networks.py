"""Trained translators applied to profiles: from log2(x+1) to log2(x+1), the tissue told or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from genex_kedro.models.aligned import kept as aligned_kept
from genex_kedro.models.aligned.model import NOT_TOLD, UNSEEN
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.cyclegan import learner as cyclegan_learner
from genex_kedro.transforms import Standardiser


@dataclass(frozen=True)
class Translation:
    """What a translator makes of n profiles.

    Parameters
    ----------
    normal, draw : ndarray, shape (n_samples, n_genes)
        Point estimate and one draw of the normals, log2(x+1); not yet raised to zero where
        below. A network that draws nothing has one output for both.
    tissue : ndarray of str, shape (n_samples,)
        Taken to be: as told or as inferred; empty where the translator does not ask.
    probability : ndarray, shape (n_samples,)
        Of that tissue by the translator's own classifier; NaN where it has none, or does not
        know the tissue told.
    tumor, cycle : ndarray, shape (n_samples, n_genes), or None
        The other direction, and there and back.
    """

    normal: np.ndarray
    draw: np.ndarray
    tissue: np.ndarray
    probability: np.ndarray
    tumor: np.ndarray | None = None
    cycle: np.ndarray | None = None


def translate(
    model: TrainedModel,
    expression: np.ndarray,
    tissue: Sequence[str] | None,
    seed: int,
    is_tumor: np.ndarray | None = None,
) -> Translation:
    """Apply a trained translator.

    Parameters
    ----------
    model : TrainedModel
    expression : ndarray, shape (n_samples, n_genes)
        log2(x+1), the model's genes in their order.
    tissue : sequence of str, or None
        None for not told. A name that the model does not know counts as not told to a network;
        the aligned translator goes by how normals follow tumors from tissue to tissue.
    seed : int
        Of the draws.
    is_tumor : ndarray of bool, shape (n_samples,), optional
        Which way there and back begins; without it ``cycle`` is None.

    Raises
    ------
    ValueError
        For a model that is no translator, or expression of another width.
    """
    if expression.shape[1] != len(model.genes):
        raise ValueError(f"{expression.shape[1]} genes, the model takes {len(model.genes)}")
    standardiser = Standardiser.from_json(model.transform)
    like = np.asarray(expression, dtype=np.float32)
    with torch.no_grad():
        if model.config.get("model") == aligned_kept.MODEL_NAME:
            return _aligned(model, standardiser, like, tissue, seed)
        return _cyclegan(model, standardiser, like, tissue, is_tumor)


def _cyclegan(model, standardiser, like, tissue, is_tumor) -> Translation:
    generators = cyclegan_learner.from_trained_model(model)
    x = torch.as_tensor(standardiser.apply(like))
    index, probability = _tissue_index(generators, x, tissue)
    normal, tumor = generators.to_normal(x, index), generators.to_tumor(x, index)
    cycle = None
    if is_tumor is not None:
        begins = torch.as_tensor(np.asarray(is_tumor))[:, None]
        there_and_back = generators.to_tumor(normal, index), generators.to_normal(tumor, index)
        cycle = standardiser.invert(torch.where(begins, *there_and_back).numpy(), like)
    point = standardiser.invert(normal.numpy(), like)
    names = np.array([*generators.tissues, ""])[index.numpy() if generators.tissues else -1]
    return Translation(
        point,
        point,
        np.broadcast_to(names, len(like)).astype(str),
        probability,
        standardiser.invert(tumor.numpy(), like),
        cycle,
    )


def _aligned(model, standardiser, like, tissue, seed) -> Translation:
    translator = aligned_kept.from_trained_model(model)
    x = torch.as_tensor(standardiser.apply(like))
    names = translator.classes.tissues
    position = {name: i for i, name in enumerate(names)}
    told = torch.full((len(x),), NOT_TOLD)
    if tissue is not None:
        told = torch.tensor([position.get(str(name), UNSEEN) for name in tissue])
    point = translator.point(x, told)
    drawn = translator.draw(x, told, torch.Generator().manual_seed(seed))
    found = translator.infer(x, told)
    taken = np.array(names)[found.tissue.numpy()]
    probability = found.probability.gather(1, found.tissue[:, None])[:, 0].double().numpy()
    if tissue is not None:
        unseen = (told == UNSEEN).numpy()
        taken = np.where(unseen, np.asarray(tissue, dtype=str), taken)
        probability = np.where(unseen, np.nan, probability)
    return Translation(
        standardiser.invert(point.numpy(), like),
        standardiser.invert(drawn.numpy(), like),
        taken.astype(str),
        probability,
    )


def _tissue_index(generators, x: torch.Tensor, tissue) -> tuple[torch.Tensor, np.ndarray]:
    """Positions in the model's tissues, told where it knows them and else inferred."""
    if not generators.tissues:
        return torch.zeros(len(x), dtype=torch.int64), np.full(len(x), np.nan)
    log_probability = generators.infer(x)
    index = log_probability.argmax(dim=1)
    if tissue is not None:
        position = {name: i for i, name in enumerate(generators.tissues)}
        told = torch.tensor([position.get(str(name), -1) for name in tissue])
        index = torch.where(told >= 0, told, index)
    probability = log_probability.exp().gather(1, index[:, None]).squeeze(1)
    return index, probability.numpy()
