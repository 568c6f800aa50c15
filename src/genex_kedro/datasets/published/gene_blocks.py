"""A matrix that grows gene by gene and is needed samples x genes."""

from __future__ import annotations

import mmap

import numpy as np

_BLOCK_BYTES = 1 << 26


class GeneBlocks:
    """Genes one after the other, kept in blocks that are let go while the matrix is filled.

    So that the memory needed is that of the matrix and not twice as much, although the number
    of genes is known only at the end.

    Parameters
    ----------
    n_samples : int
    genes_per_block : int, optional
        By default as many as make 64 MB: the allocator gives memory of that size back to the
        system once it is let go, and keeps smaller pieces for itself.
    """

    def __init__(self, n_samples: int, genes_per_block: int | None = None) -> None:
        self._shape = (genes_per_block or max(1, _BLOCK_BYTES // (4 * n_samples)), n_samples)
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
        matrix = _untouched((self._shape[1], self._n_genes))
        for start in range(0, self._n_genes, self._shape[0]):
            place = start // self._shape[0]
            block, self._blocks[place] = self._blocks[place], None
            stop = min(start + self._shape[0], self._n_genes)
            matrix[:, start:stop] = block[: stop - start].T
        self._blocks, self._n_genes = [], 0
        return matrix


def _untouched(shape: tuple[int, int]) -> np.ndarray:
    """Like np.empty, but taking memory page by small page as it is written.

    numpy asks for huge pages, and then the first block written takes the whole matrix at once,
    while all the blocks are still there.
    """
    if not np.prod(shape) or not hasattr(mmap, "MADV_NOHUGEPAGE"):
        return np.empty(shape, np.float32)
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS  # by default a fork would share it
    memory = mmap.mmap(-1, 4 * shape[0] * shape[1], flags=private)
    memory.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(memory, np.float32).reshape(shape)
