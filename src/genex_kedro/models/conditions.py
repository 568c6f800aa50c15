"""The vocabulary of a conditional model: which tissues, conditions and sources it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from genex_kedro.errors import InputError, some

Encoding = Literal["joint", "separate"]
FACTORS = ("tissue", "condition", "source")


@dataclass(frozen=True)
class Vocabulary:
    """The factors of a study, their levels, and which combinations of them were observed.

    A *class* is an observed combination (lung, tumor, TCGA). Models are given classes as
    integers and look the encoding up, so that a class never seen cannot be asked for.

    Parameters
    ----------
    factors : tuple of str
        Names of the label columns.
    combinations : tuple of tuple of str
        The observed combinations, sorted; a class is a position in it.
    counts : tuple of int
        Training samples of each class.
    """

    factors: tuple[str, ...]
    combinations: tuple[tuple[str, ...], ...]
    counts: tuple[int, ...]

    @classmethod
    def fit(cls, labels: pd.DataFrame, factors: Sequence[str] = FACTORS) -> Vocabulary:
        """The vocabulary of training samples.

        Parameters
        ----------
        labels : DataFrame with the columns `factors`

        Raises
        ------
        InputError
            If a column is not there or a label is missing.
        """
        rows = _rows(labels, factors)
        counts = pd.Series(rows).value_counts().sort_index()
        return cls(tuple(factors), tuple(counts.index), tuple(int(n) for n in counts))

    def __len__(self) -> int:
        """Number of classes."""
        return len(self.combinations)

    @property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """The levels of each factor, sorted."""
        columns = zip(*self.combinations, strict=True)
        return {f: tuple(sorted(set(c))) for f, c in zip(self.factors, columns, strict=True)}

    def knows(self, labels: pd.DataFrame) -> np.ndarray:
        """Whether the class of each sample was observed in training; bool, (n_samples,).

        A class can be so small that all its patients went into one part of the split.
        """
        known = set(self.combinations)
        return np.array([row in known for row in _rows(labels, self.factors)], dtype=bool)

    def index(self, labels: pd.DataFrame) -> np.ndarray:
        """The class of each sample; int64, shape (n_samples,).

        Raises
        ------
        InputError
            Naming the levels, or the combinations, that are known.
        """
        position = {row: i for i, row in enumerate(self.combinations)}
        rows = _rows(labels, self.factors)
        for row in dict.fromkeys(rows):
            if row not in position:
                self._refuse(dict(zip(self.factors, row, strict=True)))
        return np.array([position[row] for row in rows], dtype=np.int64)

    def encode(self, labels: pd.DataFrame, encoding: Encoding) -> np.ndarray:
        """One-hot labels, float32, shape (n_samples, width); see :meth:`design`."""
        return self.design(encoding)[self.index(labels)]

    def design(self, encoding: Encoding) -> np.ndarray:
        """The encoding of every class, float32, shape (n_classes, width).

        Parameters
        ----------
        encoding : {"joint", "separate"}
            ``joint``: one column a class, as the authors of paper 001. ``separate``: a one-hot
            block a factor, so that what tissues share is learned once.
        """
        if encoding == "joint":
            return np.eye(len(self), dtype=np.float32)
        columns = [
            [float(row[at] == level) for row in self.combinations]
            for at, factor in enumerate(self.factors)
            for level in self.levels[factor]
        ]
        return np.array(columns, dtype=np.float32).T

    def ask(self, n: int, **levels: str) -> np.ndarray:
        """Classes for `n` samples of the levels asked for; int64, shape (n,), sorted.

        Factors that are not named take the shares they have in training (by largest remainder,
        nothing is drawn): n lung tumors hold each source as often as the training data do.

        Raises
        ------
        InputError
            If a factor, a level or the combination is unknown, or `n` is below 1.
        """
        if n < 1:
            raise InputError(
                where="number of samples",
                found=str(n),
                expected="1 or more",
                remedy="Ask for at least one sample.",
            )
        if unknown := [name for name in levels if name not in self.factors]:
            raise InputError(
                where="conditions of the samples asked for",
                found=some(unknown),
                expected=f"some of {some(self.factors)}",
                remedy="Name only factors that the model was trained with.",
            )
        wanted = {self.factors.index(name): level for name, level in levels.items()}
        fits = [all(row[at] == level for at, level in wanted.items()) for row in self.combinations]
        if not any(fits):
            self._refuse(levels)
        share = np.where(fits, self.counts, 0) / np.dot(fits, self.counts)
        return np.repeat(np.arange(len(self), dtype=np.int64), _apportion(share, n))

    def labels(self, index: np.ndarray) -> pd.DataFrame:
        """The label columns of classes (n_samples,)."""
        rows = [self.combinations[i] for i in np.asarray(index)]
        return pd.DataFrame(rows, columns=list(self.factors))

    def to_json(self) -> dict[str, Any]:
        """A plain dict."""
        return {
            "factors": list(self.factors),
            "combinations": [list(row) for row in self.combinations],
            "counts": list(self.counts),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Vocabulary:
        """The inverse of :meth:`to_json`."""
        combinations = tuple(tuple(row) for row in data["combinations"])
        return cls(tuple(data["factors"]), combinations, tuple(data["counts"]))

    def _refuse(self, levels: Mapping[str, str]) -> None:
        for factor, level in levels.items():
            if level not in self.levels[factor]:
                raise InputError(
                    where=f"{factor} asked for",
                    found=repr(level),
                    expected=f"one of {some(self.levels[factor], 40)}",
                    remedy="The model knows what it was trained on and nothing else: choose a known one or train on more.",
                )
        first = next(iter(levels))
        at = self.factors.index(first)
        known = [" ".join(row) for row in self.combinations if row[at] == levels[first]]
        raise InputError(
            where="combination asked for",
            found=" ".join(levels.values()),
            expected=f"a combination in the training data: with {levels[first]} there are {some(known, 40)}",
            remedy="Each level is known, together they were never seen: choose an observed combination.",
        )


def _rows(labels: pd.DataFrame, factors: Sequence[str]) -> list[tuple[str, ...]]:
    absent = [factor for factor in factors if factor not in labels]
    holes = [] if absent else [f for f in factors if labels[f].isna().any()]
    if absent or holes:
        raise InputError(
            where=f"label columns {some(absent or holes)}",
            found="no such column" if absent else "samples without a label",
            expected=f"a label in each of {some(factors)}",
            remedy="Complete the labels, or leave the factor out of the vocabulary.",
        )
    columns = [labels[factor].astype(str) for factor in factors]
    return list(zip(*columns, strict=True))


def _apportion(share: np.ndarray, n: int) -> np.ndarray:
    """Whole numbers that add up to `n`, as near to the shares as can be."""
    whole = np.floor(share * n).astype(np.int64)
    order = np.argsort(-(share * n - whole), kind="stable")
    whole[order[: n - whole.sum()]] += 1
    return whole
