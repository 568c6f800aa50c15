"""Every network on every seed's study: names of the fits, resumption, history."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from anndata import AnnData
from pydantic import BaseModel, ConfigDict, Field

from genex_kedro.models.names import full_name
from genex_kedro.training_status import RUNNING

log = logging.getLogger(__name__)

HISTORY = ["run", "model", "seed", "fit", "device", "epoch"]


class CostlySettings(BaseModel):
    """Settings of a network that some may want on fewer splits than there are.

    Parameters
    ----------
    seeds : int, optional
        Trained on so many splits, from the lowest seed; null is all of them. No
        part of a training's fingerprint: more seeds keep what is trained already.
    """

    model_config = ConfigDict(extra="forbid")
    seeds: int | None = Field(default=None, ge=1, exclude=True)


def fits(studies: dict[str, AnnData], networks: Mapping[str, Any]) -> Iterator[tuple]:
    """``(key, study, name, network)`` of every fit; the key is ``<name>_seed_<n>``."""
    for place, study in enumerate(sorted(studies.values(), key=seed_of)):
        for name, network in networks.items():
            seeds = network.seeds if isinstance(network, CostlySettings) else None
            if seeds is None or place < seeds:
                yield f"{name}_seed_{seed_of(study)}", study, name, network


def train_all(fitted: Iterable[tuple[str, Iterator]], label: str) -> Iterator[tuple]:
    """The checkpoints of one fit after the other, as a node hands them over.

    Parameters
    ----------
    fitted : iterable of (key, iterator of Checkpoint)
    label : str
        What the models are called before the setting: ``"pooled judge"``.

    Yields
    ------
    checkpoints : dict of Checkpoint
        The one that changed, by key; nothing at first.
    history : DataFrame
        All epochs of all fits so far.

    Notes
    -----
    Kedro keeps hold of some fifty chunks that a node has yielded (``itertools.tee`` frees them
    by the block), each with weights and the optimizer's state: gigabytes. So a checkpoint to go
    on from is taken out of its chunk as soon as it was saved.
    """
    done: dict = {}
    yield {}, history_of(done, label)
    for key, checkpoints in fitted:
        for checkpoint in checkpoints:
            done[key] = replace(checkpoint, tensors={})
            chunk = {key: checkpoint}
            yield chunk, history_of(done, label)
            if checkpoint.status == RUNNING:
                chunk.clear()


def seed_of(study: AnnData) -> int:
    """Of the split, and of the models trained on it."""
    return int(study.uns["seed"])


def part_of(study: AnnData, part: str) -> np.ndarray:
    """The samples of ``train``, ``validation`` or ``test``, as a mask (n_samples,)."""
    return (study.obs["split"] == part).to_numpy()


def still_true(checkpoint, fingerprint: str, seed: int):
    """A checkpoint to go on from, or None where data, settings or code have changed."""
    if checkpoint is None:
        return None
    if checkpoint.matches(fingerprint) and checkpoint.state["seed"] == seed:
        return checkpoint
    log.info("data or settings changed since the last checkpoint: training starts afresh")
    return None


def finished(checkpoints: Mapping, key: str, fingerprint: str):
    """The last checkpoint of a fit; RuntimeError where there is none of these data and settings."""
    checkpoint = checkpoints.get(key)
    if checkpoint is None or not checkpoint.matches(fingerprint):
        raise RuntimeError(f"no checkpoint '{key}' of these data and settings")
    return checkpoint


def run_name(model: str, seed: int) -> str:
    """Of one training, from the full name: ``"cvae/best seed 1"``."""
    return f"{model} seed {seed}"


def fit_row(model: str, seed: int, fit: str, device: str) -> dict[str, Any]:
    """What every row about a fit begins with.

    Parameters
    ----------
    model : str
        The full name.
    seed : int
    fit : str
        Its fingerprint.
    device : str
    """
    run = run_name(model, seed)
    return {"run": run, "model": model, "seed": seed, "fit": fit, "device": device}


def history_of(done: dict, label: str) -> pd.DataFrame:
    """All epochs of all fits so far.

    Parameters
    ----------
    done : dict of Checkpoint by key
    label : str
        What the models are called before the setting: ``"pooled judge"``.
    """
    rows = []
    for key, checkpoint in done.items():
        state = checkpoint.state
        model = full_name(label, key.removesuffix(f"_seed_{state['seed']}"))
        first = fit_row(model, state["seed"], state["fingerprint"], state["device"])
        rows += [first | row for row in checkpoint.history]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=HISTORY)
