"""Which columns of a wide table to read, when some samples stand in it more than once."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from genex_kedro.errors import InputError, some

_RENAMED = re.compile(r"(.+)\.\d+")  # pandas calls the second column X `X.1`


@dataclass
class SampleColumns:
    """The columns of the samples wanted, and those that must be copies of them.

    Attributes
    ----------
    names : list of str, length n_samples
        Each sample once, in the order of the file.
    places : ndarray of int, shape (n_samples,)
        The column of each.
    copies : ndarray of int, shape (n_copies, 2)
        A column of `places` and a later column under the same name.
    """

    names: list[str]
    places: np.ndarray
    copies: np.ndarray
    _differing: dict[int, str] = field(default_factory=dict)

    def compare(self, gene: str, values: np.ndarray) -> None:
        """Note which copies differ in this gene; `values` are those of all columns."""
        first, copy = values[self.copies[:, 0]], values[self.copies[:, 1]]
        for row in np.flatnonzero((first != copy) & ~(np.isnan(first) & np.isnan(copy))):
            self._differing.setdefault(int(self.copies[row, 1]), gene)

    def require_identical(self, header: list[str], path: Path) -> None:
        """Refuse columns of one name with different values; none is picked in silence."""
        if self._differing:
            column, gene = next(iter(self._differing.items()))
            names = [header[place] for place in self._differing]
            raise InputError(
                where=f"{path}, header",
                found=f"{len(names)} samples with a second column of other values: {some(names)}; "
                f"column {column + 2} differs first in gene {gene}",
                expected="every sample once, or in identical columns",
                remedy="Fetch the file again: the published one has every sample once. Otherwise "
                "remove the columns that are wrong.",
            )


def plan_columns(header: list[str], wanted: Collection[str]) -> SampleColumns:
    """Find the wanted samples in a header, and second columns of the same sample.

    Parameters
    ----------
    header : list of str
        Sample names as written; repeated, or renamed by pandas (``X.1`` beside ``X``).
    wanted : set of str
    """
    known = set(header)
    place_of: dict[str, int] = {}
    copies = []
    for place, name in enumerate(header):
        sample = sample_name(name, known)
        if sample not in wanted:
            continue
        if sample in place_of:
            copies.append((place_of[sample], place))
        place_of.setdefault(sample, place)
    places = np.array(list(place_of.values()), dtype=int)
    return SampleColumns(list(place_of), places, np.array(copies, dtype=int).reshape(-1, 2))


def sample_name(name: str, known: Collection[str]) -> str:
    """The sample of a column: ``X`` for ``X.1`` where the header has an ``X`` too."""
    renamed = _RENAMED.fullmatch(name)
    return renamed[1] if renamed and renamed[1] in known else name
