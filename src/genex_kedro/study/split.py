"""Splits by patient, stratified by tissue and condition."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

SPLITS = ("train", "validation", "test")


class SplitSettings(BaseModel):
    """How patients are divided; one division per seed. ``seeds: 5`` is short for 0 to 4."""

    model_config = ConfigDict(extra="forbid")
    seeds: list[Annotated[int, Field(ge=0)]] = Field(default=[0], min_length=1)
    validation: float = Field(default=0.2, gt=0, lt=1)
    test: float = Field(default=0.2, gt=0, lt=1)

    @field_validator("seeds", mode="before")
    @classmethod
    def _count(cls, seeds):
        if isinstance(seeds, int) and seeds < 1:
            raise ValueError("a number of seeds is 1 or more: 3 stands for seeds 0, 1 and 2")
        return list(range(seeds)) if isinstance(seeds, int) else seeds

    @model_validator(mode="after")
    def _leave_something_to_train_on(self):
        if self.validation + self.test >= 1:
            raise ValueError("split.validation + split.test must be below 1: nothing would be left to train on")  # fmt: skip
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"split.seeds holds a seed twice: {self.seeds}")
        return self

    @property
    def fractions(self) -> np.ndarray:
        """Of train, validation and test, in the order of :data:`SPLITS`."""
        return np.array([1 - self.validation - self.test, self.validation, self.test])


def classes(obs: pd.DataFrame) -> pd.Series:
    """The class a sample is stratified by: ``"lung tumor"``."""
    return obs["tissue"].astype(str) + " " + obs["condition"].astype(str)


def split_patients(
    obs: pd.DataFrame, fractions: np.ndarray, seed: int, strata: pd.Series | None = None
) -> pd.Series:
    """Divide patients so that every class keeps its share in every part.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011) over patients: the rarest
    class first, each of its patients to the part that lacks most of that class. A patient
    with a tumor and a normal, or a donor of many tissues, stays whole.

    Parameters
    ----------
    obs : DataFrame, indexed by sample id, with ``patient_id, tissue, condition``
    fractions : ndarray, shape (3,)
        Of train, validation and test.
    seed : int
    strata : Series, optional
        The class of each sample; by default its tissue and condition.

    Returns
    -------
    Series
        ``train``, ``validation`` or ``test`` for every sample.
    """
    strata = classes(obs) if strata is None else strata
    counts = pd.crosstab(obs["patient_id"].astype(str), strata).sort_index()
    order = np.random.default_rng(seed).permutation(len(counts))
    assigned = _assign(counts.to_numpy()[order], fractions)
    part = pd.Series(np.array(SPLITS)[assigned], index=counts.index[order])
    return obs["patient_id"].astype(str).map(part).rename(f"seed_{seed}")


def _assign(counts: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    """Part of each patient; `counts` is (patients, classes), already in random order."""
    wanted = fractions[:, None] * counts.sum(0)
    wanted_patients = fractions * len(counts)
    left = counts.sum(0).astype(float)
    assigned = np.full(len(counts), -1)
    while (assigned < 0).any():
        rarest = np.where(left > 0, left, np.inf).argmin()
        for patient in np.flatnonzero((counts[:, rarest] > 0) & (assigned < 0)):
            part = max(
                np.flatnonzero(fractions > 0),
                key=lambda p: (wanted[p, rarest], wanted_patients[p]),
            )
            assigned[patient] = part
            wanted[part] -= counts[patient]
            wanted_patients[part] -= 1
            left -= counts[patient]
    return assigned


def missing_classes(obs: pd.DataFrame, split: pd.Series) -> pd.DataFrame:
    """The classes too small to stand in every part: columns ``class, patients, missing_from``."""
    patients = (
        pd.DataFrame({"class": classes(obs), "split": split, "patient": obs["patient_id"]})
        .groupby(["class", "split"], observed=True)["patient"]
        .nunique()
        .unstack(fill_value=0)
    )
    parts = [p for p in SPLITS if p in set(split)]
    rows = [
        {"class": name, "patients": int(row.sum()), "missing_from": ", ".join(gone)}
        for name, row in patients.reindex(columns=parts, fill_value=0).iterrows()
        if (gone := [p for p in parts if row[p] == 0])
    ]
    return pd.DataFrame(rows, columns=["class", "patients", "missing_from"])
