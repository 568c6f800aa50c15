"""Profiles to be classified: an expression table, with a sample sheet or without."""

from __future__ import annotations

from typing import ClassVar

from genex_kedro.datasets.tables.tumor_table import TumorTableDataset


class ProfileTableDataset(TumorTableDataset):
    """As :class:`~genex_kedro.datasets.tables.tumor_table.TumorTableDataset`, for ``classify``."""

    group: ClassVar[str] = "classify"
