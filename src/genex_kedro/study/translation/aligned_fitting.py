"""The aligned translator on a study: fitted in closed form, in the place of a training."""

from __future__ import annotations

import logging
import time

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.fingerprint import data_digest
from genex_kedro.models.aligned.classes import LEAST_OF_A_CLASS, large_enough
from genex_kedro.models.base import TrainedModel
from genex_kedro.study.fits import part_of, seed_of
from genex_kedro.study.translation.cohort import find_pairs
from genex_kedro.study.translation.objectives import ObjectiveSettings
from genex_kedro.training_status import FINISHED
from genex_kedro.transforms import Standardiser

log = logging.getLogger(__name__)

LEAST = 4  # training samples of either condition, and pairs for a translator that learns from them


def why_not(study: AnnData, objective: ObjectiveSettings) -> str | None:
    """Why it cannot be fitted on a study, or None if it can."""
    training = study.obs[part_of(study, "train")]
    training = training[_enough(training)]
    is_tumor = (training["condition"] == "tumor").to_numpy()
    if not set(training["tissue"][is_tumor]) & set(training["tissue"][~is_tumor]):
        return f"no tissue with both tumors and normals in train, {LEAST_OF_A_CLASS} of each"
    if min(is_tumor.sum(), (~is_tumor).sum()) < LEAST:
        return f"{is_tumor.sum()} tumors and {(~is_tumor).sum()} normals in train, at least {LEAST} of each needed"
    if objective.network.paired and (n := len(find_pairs(training)[0])) < LEAST:
        return f"{n} patients with a tumor and a normal in train, at least {LEAST} needed"
    return None


def fit_study(study: AnnData, objective: ObjectiveSettings, fingerprint: str):
    """A finished checkpoint with the translator, and one row of history."""
    import torch

    from genex_kedro.models.aligned.fit import Held, asks_pairs, fit_aligned
    from genex_kedro.training import Checkpoint

    start = time.perf_counter()
    training, held_out = study[part_of(study, "train")], study[part_of(study, "validation")]
    if few := int((~_enough(training.obs)).sum()):
        log.warning(
            "%d training samples are of cohorts with fewer than %d tumors, or normals: left out",
            few, LEAST_OF_A_CLASS,
        )  # fmt: skip
    standardiser = _standardiser(study, objective)
    tumors, normals, pairs = _sides(training, standardiser)
    held = Held(*_sides(held_out, standardiser))
    with torch.no_grad():
        aligned = fit_aligned(
            objective.network, tumors, normals, held, pairs if objective.network.paired else None
        )
        error = _validation_rmse(aligned, held)
    seconds = time.perf_counter() - start
    row = {
        "epoch": 1,
        "validation.rmse": error,
        "seconds": seconds,
        "samples_per_second": training.n_obs / seconds,
    }
    tensors = {f"modules/aligned/{k}": t.clone() for k, t in aligned.state_dict().items()}
    sizes = {"n_axes": len(aligned.axes), "n_noise_axes": len(aligned.noise_axes)}
    sizes |= {"n_class_axes": aligned.class_axes.shape[1]}
    state = {
        "status": FINISHED, "epoch": 1, "epochs": 1, "best_epoch": 1, "best_value": error,
        "waited": 0, "history": [row], "seed": seed_of(study), "fingerprint": fingerprint,
        "device": "cpu", "threads": torch.get_num_threads(), "torch": torch.__version__,
        "pairs_in_validation": asks_pairs(aligned, held),
        "classes": {k: list(v) for k, v in vars(aligned.classes).items()}, **sizes,
    }  # fmt: skip
    return Checkpoint(tensors, state)


def keep(study: AnnData, objective: ObjectiveSettings, checkpoint, name: str) -> TrainedModel:
    """The translator of a checkpoint with all that is needed to apply it."""
    import torch

    from genex_kedro.models.aligned.kept import to_trained_model
    from genex_kedro.models.aligned.model import Aligned, Classes
    from genex_kedro.models.memorised import for_card

    state = checkpoint.state
    aligned = Aligned(
        objective.network,
        Classes(**{k: tuple(v) for k, v in state["classes"].items()}),
        study.n_vars,
        *(state[k] for k in ("n_axes", "n_noise_axes", "n_class_axes")),
    )
    aligned.load_state_dict(checkpoint.weights("aligned"))
    samples, standardiser = study[part_of(study, "train")], _standardiser(study, objective)
    training = samples.obs
    card = {
        "setting": name,
        "seed": seed_of(study),
        "data": data_digest(study),
        "training_samples": len(training),
        "training_tumors": int((training["condition"] == "tumor").sum()),
        "training_normals": int((training["condition"] == "normal").sum()),
        "paired": objective.network.paired,
        "pairs_in_validation": state["pairs_in_validation"],
        "unit": study.uns["unit"],
        "status": checkpoint.status,
        "validation_rmse": state["best_value"],
    }
    card |= for_card(
        aligned.state_dict(), torch.as_tensor(standardiser.apply(np.asarray(samples.X)))
    )
    return to_trained_model(aligned, study.var, standardiser.to_json(), card)


def _enough(training: pd.DataFrame) -> np.ndarray:
    """Which training samples (n,) are of classes that are large enough to learn from."""
    keep = np.zeros(len(training), dtype=bool)
    is_tumor = (training["condition"] == "tumor").to_numpy()
    for side in (is_tumor, ~is_tumor):
        keep[side] = large_enough(*_labels(training[side]))[1]
    return keep


def _labels(obs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Tissue and cohort of samples; where there are no cohorts, the tissue."""
    tissue = obs["tissue"].astype(str).to_numpy()
    return tissue, obs["cohort"].astype(str).to_numpy() if "cohort" in obs else tissue


def _standardiser(study: AnnData, objective: ObjectiveSettings) -> Standardiser:
    return Standardiser.fit(np.asarray(study.X[part_of(study, "train")]), objective.scaling)


def _sides(part: AnnData, standardiser: Standardiser):
    """Tumors, normals, and the pairs as positions in each."""
    from genex_kedro.models.aligned.fit import Labelled

    obs = part.obs
    is_tumor = (obs["condition"] == "tumor").to_numpy()
    tissue, cohort = _labels(obs)
    X = standardiser.apply(np.asarray(part.X)) if part.n_obs else np.asarray(part.X)
    tumor, normal = find_pairs(obs)
    position = np.where(is_tumor, np.cumsum(is_tumor), np.cumsum(~is_tumor)) - 1
    sides = [Labelled(X[side], tissue[side], cohort[side]) for side in (is_tumor, ~is_tumor)]
    return (*sides, (position[tumor], position[normal]))


def _validation_rmse(aligned, held) -> float | None:
    """Of the point estimates of validation pairs, standardised units; None without pairs."""
    import torch

    from genex_kedro.models.aligned.model import UNSEEN

    tumor, normal = held.pairs
    if not len(tumor):
        return None
    position = {t: i for i, t in enumerate(aligned.classes.tissues)}
    told = torch.tensor([position.get(t, UNSEEN) for t in held.tumors.tissue[tumor]])
    made = aligned.point(torch.as_tensor(held.tumors.expression[tumor]), told).numpy()
    return float(np.sqrt(np.mean((made - held.normals.expression[normal]) ** 2)))
