"""Samples that stay on disk: read, and made ready, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor


class Rows:
    """Stands where the fit loop and a learner take a Tensor (n_samples, n_genes) of expression.

    It has what both ask of one: length, shape, ``index_select(0, index)``, ``split(size)``, a
    slice, ``to(device)``. Each gives Tensors, made of nothing but the rows asked for.

    Parameters
    ----------
    source : ndarray, shape (n_all, n_genes)
        Usually mapped from a file (:func:`genex_kedro.datasets.h5ad.read_mapped`).
    positions : ndarray of int, shape (n_samples,)
        Which rows of `source` the samples are.
    prepare : callable
        Scaling: a block of rows to float32 of the same shape, each row by itself, so that it
        gives the same numbers in any block.
    device : torch.device
    """

    def __init__(
        self,
        source: np.ndarray,
        positions: np.ndarray,
        prepare: Callable[[np.ndarray], np.ndarray],
        device: torch.device | str = "cpu",
    ) -> None:
        self._source, self._positions, self._prepare = source, np.asarray(positions), prepare
        self.device = torch.device(device)

    def __len__(self) -> int:
        return len(self._positions)

    @property
    def shape(self) -> tuple[int, int]:
        """Samples and genes."""
        return len(self), self._source.shape[1]

    def to(self, device: torch.device | str) -> Rows:
        """The same samples, whose batches go to that device."""
        return Rows(self._source, self._positions, self._prepare, device)

    def index_select(self, dim: int, index: Tensor) -> Tensor:
        """The samples of these positions; `dim` is 0."""
        if dim != 0:
            raise ValueError(f"rows are selected along dimension 0, not {dim}")
        return self._read(self._positions[index.cpu().numpy()])

    def split(self, size: int) -> Iterator[Tensor]:
        """All samples in blocks of at most `size`, in order."""
        for first in range(0, len(self), size):
            yield self[first : first + size]

    def __getitem__(self, rows: slice) -> Tensor:
        return self._read(self._positions[rows])

    def _read(self, positions: np.ndarray) -> Tensor:
        block = np.asarray(self._source[positions])
        return torch.as_tensor(self._prepare(block)).to(self.device)
