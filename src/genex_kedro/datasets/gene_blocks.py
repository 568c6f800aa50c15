"""A matrix that grows gene by gene and is needed samples x genes."""

from __future__ import annotations

import numpy as np


class GeneBlocks:
    """Genes one after the other, kept in blocks that are let go while the matrix is filled.

    So that the memory needed is that of the matrix and not twice as much, although the number
    of genes is known only at the end.

    Parameters
    ----------
    n_samples : int
    genes_per_block : int
    """

    def __init__(self, n_samples: int, genes_per_block: int = 64) -> None:
        self._shape = (genes_per_block, n_samples)
        self._blocks: list[np.ndarray] = []
        self._n_genes = 0

    def __len__(self) -> int:
        return self._n_genes

    def __getitem__(self, gene: int) -> np.ndarray:
        """The values of one gene, shape (n_samples,); changes to them stay."""
        if not 0 <= gene < self._n_genes:
            raise IndexError(gene)
        block, row = divmod(gene, self._shape[0])
        return self._blocks[block][row]

    def add(self, values: np.ndarray) -> int:
        """Append a gene, shape (n_samples,), and return its position."""
        block, row = divmod(self._n_genes, self._shape[0])
        if row == 0:
            self._blocks.append(np.empty(self._shape, np.float32))
        self._blocks[block][row] = values
        self._n_genes += 1
        return self._n_genes - 1

    def to_matrix(self) -> np.ndarray:
        """All genes as float32, shape (n_samples, n_genes), C order; the blocks are emptied."""
        matrix = np.empty((self._shape[1], self._n_genes), np.float32)
        for start in range(0, self._n_genes, self._shape[0]):
            block, self._blocks[start // self._shape[0]] = self._blocks[start // self._shape[0]], None  # fmt: skip
            stop = min(start + self._shape[0], self._n_genes)
            matrix[:, start:stop] = block[: stop - start].T
        self._blocks, self._n_genes = [], 0
        return matrix
