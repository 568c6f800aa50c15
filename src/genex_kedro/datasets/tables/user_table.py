"""What the readers of a user's own table have in common: its files, settings and parameters."""

from __future__ import annotations

import re
from abc import abstractmethod
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from anndata import AnnData
from kedro.io import AbstractDataset, DatasetError

from genex_kedro.errors import InputError
from genex_kedro.fingerprint import file_state
from genex_kedro.units import require_unit


class UserTableDataset(AbstractDataset[None, AnnData]):
    """A table that is only read, by a subclass's :meth:`_read` of the parameters below.

    Parameters
    ----------
    expression : str
        The table.
    samples : str, optional
        Its sample sheet.
    unit : str, optional
        One of :data:`genex_kedro.units.UNITS`; else told from the values where they allow it.
    tissue : str, optional
        Of the samples whose tissue nothing tells.
    negative : ``zero``, optional
        Set values below zero to zero and count them; else they are refused.
    """

    group: ClassVar[str]  # of the run parameters that name the table
    how_to_pass: ClassVar[str] = (
        "kedro run --env table --pipelines {0} --params {0}.expression=FILE"
    )

    def __init__(
        self,
        expression: str | None = None,
        samples: str | None = None,
        unit: str | None = None,
        tissue: str | None = None,
        negative: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.expression, self.samples, self.unit = expression, samples, unit
        self.tissue, self.negative = tissue, negative
        self.metadata = metadata

    @abstractmethod
    def _read(self, expression, samples, unit, tissue, negative) -> AnnData:
        """The samples, in the unit of the table."""

    def load(self) -> AnnData:
        """The samples, in the unit of the table."""
        if not self.expression:
            raise InputError(
                where=f"parameter {self.group}.expression",
                found="nothing",
                expected="the path of an expression table",
                remedy=f"Pass the table: {self.how_to_pass.format(self.group)}",
            )
        try:
            if self.unit is not None:
                require_unit(self.unit, str(self.expression))
            return self._read(**self._describe())
        except InputError as error:
            raise self._own(error) from None

    def _own(self, error: InputError) -> InputError:
        """The readers speak of a cohort's parameters; here the same ones may be of another group."""
        own = partial(re.sub, r"\bcohort\.(unit|negative|tissue)\b", rf"{self.group}.\1")
        where = own(error.where) if error.where.startswith("parameter ") else error.where
        return InputError(
            where=where, found=error.found, expected=error.expected, remedy=own(error.remedy)
        )

    def save(self, data: None) -> NoReturn:
        """A user's files are never written to."""
        raise DatasetError("A user's table is only read; save cohorts with the h5ad dataset.")

    def fingerprint(self) -> list:
        """Of the settings and the files: the runner reads them again when they change."""
        files = [path for path in (self.expression, self.samples) if path]
        return [self._describe(), [file_state(Path(path)) for path in files]]

    def _exists(self) -> bool:
        return bool(self.expression) and Path(self.expression).exists()

    def _describe(self) -> dict[str, Any]:
        return {
            "expression": self.expression,
            "samples": self.samples,
            "unit": self.unit,
            "tissue": self.tissue,
            "negative": self.negative,
        }
