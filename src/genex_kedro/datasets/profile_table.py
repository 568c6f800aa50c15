"""Profiles to be classified: an expression table without a sample sheet."""

from __future__ import annotations

from anndata import AnnData

from genex_kedro.datasets.tumor_table import TumorTableDataset
from genex_kedro.errors import InputError


class ProfileTableDataset(TumorTableDataset):
    """As :class:`~genex_kedro.datasets.tumor_table.TumorTableDataset`, for ``classify``."""

    def load(self) -> AnnData:
        """The samples, in the unit of the table."""
        if not self.expression:
            raise InputError(
                where="parameter classify.expression",
                found="nothing",
                expected="the path of an expression table",
                remedy="Pass the file: kedro run --env table --pipelines classify "
                "--params classify.expression=FILE",
            )
        return super().load.__wrapped__(self)
