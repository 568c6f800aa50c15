"""A place for every gene, and images from expression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from genex_kedro.errors import InputError, some

COLUMNS = ("symbol", "row", "column", "side", "order")


@dataclass(frozen=True)
class GeneImageLayout:
    """A square image with at most one gene on a pixel.

    Attributes
    ----------
    symbols : tuple of str
        The genes, in the order of the profiles.
    row, column : ndarray of int64, shape (n_genes,)
        From the top left corner.
    side : int
        Pixels along an edge; pixels without a gene stay empty.
    order : str
        How the places were chosen: ``"chromosome"``, ``"similarity"``, ``"random"``.
    """

    symbols: tuple[str, ...]
    row: np.ndarray
    column: np.ndarray
    side: int
    order: str

    @classmethod
    def from_pixels(
        cls, symbols: pd.Index, pixels: np.ndarray, side: int, order: str
    ) -> GeneImageLayout:
        """From the number of each gene's pixel, counted row by row; int, shape (n_genes,)."""
        row, column = np.divmod(np.asarray(pixels, dtype=np.int64), side)
        return cls(tuple(map(str, symbols)), row, column, int(side), order)

    @property
    def pixels(self) -> np.ndarray:
        """The number of each gene's pixel, counted row by row; int64, shape (n_genes,)."""
        return self.row * self.side + self.column

    def draw(self, values: np.ndarray, empty: float = np.nan) -> np.ndarray:
        """Images of profiles.

        Parameters
        ----------
        values : ndarray, shape (..., n_genes)
        empty : float
            Value of pixels without a gene.

        Returns
        -------
        ndarray, shape (..., side, side)
        """
        values = np.asarray(values)
        flat = np.full((*values.shape[:-1], self.side**2), empty, dtype=np.float32)
        flat[..., self.pixels] = values
        return flat.reshape(*values.shape[:-1], self.side, self.side)

    def read(self, images: np.ndarray) -> np.ndarray:
        """The inverse of :meth:`draw`: (..., side, side) to (..., n_genes)."""
        flat = np.asarray(images).reshape(*images.shape[:-2], self.side**2)
        return flat[..., self.pixels]

    def to_frame(self) -> pd.DataFrame:
        """A row a gene: ``symbol, row, column, side, order``; kept as CSV."""
        columns = (self.symbols, self.row, self.column, self.side, self.order)
        return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))

    @classmethod
    def from_frame(cls, table: pd.DataFrame, where: str = "layout of genes") -> GeneImageLayout:
        """The inverse of :meth:`to_frame`.

        Raises
        ------
        InputError
            Columns missing; a gene twice; two genes on a pixel, or one outside the image.
        """
        absent = [name for name in COLUMNS if name not in table]
        if absent or not len(table):
            raise _unusable(
                where,
                f"columns {some(table.columns)}, {len(table)} genes",
                "a row a gene with the columns " + ", ".join(COLUMNS),
            )
        symbols, side = table["symbol"].astype(str), int(table["side"].iloc[0])
        row, column = (table[name].to_numpy(np.int64) for name in ("row", "column"))
        if symbols.duplicated().any():
            raise _unusable(
                where, f"{some(symbols[symbols.duplicated()])} more than once", "every gene once"
            )
        outside = (row < 0) | (row >= side) | (column < 0) | (column >= side)
        if outside.any():
            raise _unusable(
                where, f"{some(symbols[outside])} outside", f"rows and columns from 0 to {side - 1}"
            )
        shared = pd.Series(row * side + column).duplicated().to_numpy()
        if shared.any():
            raise _unusable(
                where, f"{some(symbols[shared])} on the pixel of another gene", "one gene a pixel"
            )
        return cls(tuple(symbols), row, column, side, str(table["order"].iloc[0]))


def side_for(n_genes: int) -> int:
    """Edge of the smallest square image that holds so many genes."""
    return int(np.ceil(np.sqrt(n_genes)))


def _unusable(where: str, found: str, expected: str) -> InputError:
    return InputError(
        where=where,
        found=found,
        expected=expected,
        remedy="Lay the genes out again (--pipelines image_transfer), or correct the table.",
    )
