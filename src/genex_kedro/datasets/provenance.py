"""How a run was asked for and with what versions: an input of the report."""

from __future__ import annotations

from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import JSONPreview

from genex_kedro.fingerprint import digest


class ProvenanceDataset(AbstractDataset[None, dict[str, Any]]):
    """The facts that :class:`genex_kedro.provenance.ProvenanceHooks` tells it; no file.

    Empty in a session without hooks (a notebook that loads the catalog alone).

    Parameters
    ----------
    metadata : dict, optional
        For Kedro plugins.
    """

    def __init__(self, metadata: dict[str, Any] | None = None) -> None:
        self._facts: dict[str, Any] = {}
        self.metadata = metadata

    def tell(self, facts: dict[str, Any]) -> None:
        """Take the facts of this session, plain JSON."""
        self._facts = facts

    def fingerprint(self) -> str:
        """For the runner: what was made otherwise, or with other versions, is made anew."""
        return digest(self._facts)

    def load(self) -> dict[str, Any]:
        """``env, params`` as given, and ``versions``."""
        return self._facts

    def save(self, data: None) -> NoReturn:
        """A session cannot be written."""
        raise DatasetError("What a run was asked for is told by a hook and cannot be saved.")

    def preview(self) -> JSONPreview:
        """Nothing: kedro-viz is no run."""
        return JSONPreview("{}")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {}
