"""What the classifiers of tumor types are trained on and judged by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from anndata import AnnData

from genex_kedro.study.fits import part_of, run_name, seed_of
from genex_kedro.study.tumor_types.data import types_of
from genex_kedro.transforms import Standardiser

PREFIX = "p "  # of the columns of probabilities


@dataclass(frozen=True)
class TypeData:
    """One study as arrays, standardised by its training part.

    Attributes
    ----------
    classes : tuple of str
        The types of the training part, sorted.
    standardiser : Standardiser
    expression : dict of ndarray by part, each (n_samples, n_genes)
    labels : dict of ndarray of int by part
        Of train and validation; samples of types without training samples are left out.
    """

    classes: tuple[str, ...]
    standardiser: Standardiser
    expression: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]

    @property
    def counts(self) -> np.ndarray:
        """Training samples of each class."""
        return np.bincount(self.labels["train"], minlength=len(self.classes))


def type_data(study: AnnData) -> TypeData:
    """The training and validation parts of a study, ready to fit."""
    training = part_of(study, "train")
    classes = tuple(np.unique(types_of(study, "train")))
    standardiser = Standardiser.fit(study.X[training], "per_gene")
    position = {name: at for at, name in enumerate(classes)}
    expression, labels = {}, {}
    for part in ("train", "validation"):
        types = types_of(study, part)
        known = np.isin(types, classes)
        expression[part] = standardiser.apply(study.X[part_of(study, part)])[known]
        labels[part] = np.array([position[name] for name in types[known]], dtype=np.int64)
    return TypeData(classes, standardiser, expression, labels)


def predictions(held_out: AnnData, model: str, classes, probability: np.ndarray) -> pd.DataFrame:
    """A row a sample: what it is, what it is called, and the probability of every type.

    Parameters
    ----------
    held_out : AnnData
        Validation and test samples.
    model : str
        Its full name.
    classes : sequence of str
    probability : ndarray, shape (n_samples, n_classes)
    """
    seed = seed_of(held_out)
    first = {
        "run": run_name(model, seed),
        "model": model,
        "seed": seed,
        "sample_id": held_out.obs_names.to_numpy(),
        "split": held_out.obs["split"].astype(str).to_numpy(),
        "truth": types_of(held_out),
        "call": np.asarray(classes)[probability.argmax(1)],
        "confidence": probability.max(1),
    }
    columns = {f"{PREFIX}{name}": probability[:, at] for at, name in enumerate(classes)}
    return pd.DataFrame(first | columns)


def of_held_out(study: AnnData) -> AnnData:
    """The validation and test samples."""
    return study[~part_of(study, "train")]


def familiar_directions(training: np.ndarray, components: int, seed: int) -> np.ndarray:
    """Principal directions of the standardised training samples, (components, n_genes)."""
    from sklearn.decomposition import PCA

    most = min(components, *(n - 1 for n in training.shape))
    return PCA(max(most, 1), svd_solver="randomized", random_state=seed).fit(training).components_
