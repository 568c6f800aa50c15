"""TCGA's Pan-Cancer Atlas as a cohort: 33 tumor types on one batch-corrected scale.

Hoadley et al. 2018 (Cell 173:291).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from anndata import AnnData
from kedro.io import AbstractDataset, DatasetError

from genex_kedro.datasets.pancan_reader import find_expression, read_pancan
from genex_kedro.datasets.published_files import require_folder
from genex_kedro.fingerprint import file_state


class PancanCohortDataset(AbstractDataset[NoReturn, AnnData]):
    """One of the published forms of the Pan-Cancer Atlas' expression.

    Parameters
    ----------
    folder : str or None
        Where the file lies under its published name.
    form : {"gdc", "xena", "mpmp"}
        ``gdc``: ``EBPlusPlusAdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.tsv``, linear;
        ``xena``: ``EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena[.gz]``, log2(x+1);
        ``mpmp``: ``mpmp_expression_subsampled.tsv[.gz]``, 1,106 samples x 100 genes, linear.
    keep_normals : bool
        Whether the adjacent normals stay; a tumor type with normals in it is none.
    metadata : dict, optional
        Ignored by Kedro.

    Examples
    --------
    ``kedro run --env pancan --params pancan.folder=PATH``
    """

    def __init__(
        self,
        folder: str | None = None,
        form: str = "gdc",
        keep_normals: bool = False,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._folder, self._form, self._keep_normals = folder, form, keep_normals
        self.metadata = metadata

    def load(self) -> AnnData:
        """The cohort; an InputError, which Kedro wraps in a DatasetError, for anything else."""
        folder = require_folder("pancan.folder", self._folder)
        return read_pancan(folder, self._form, self._keep_normals)

    def save(self, data: NoReturn) -> NoReturn:
        """The published file is never written to."""
        raise DatasetError(
            "The Pan-Cancer Atlas is only read: name another dataset for what you want to save."
        )

    def sources(self) -> list[Path]:
        """The file that is read, for a cache to tell whether it changed."""
        return [find_expression(require_folder("pancan.folder", self._folder), self._form)]

    def fingerprint(self) -> list:
        """Of the settings and the folder: the runner reads it again when they change."""
        return [self._describe(), self._folder and file_state(Path(self._folder))]

    def _exists(self) -> bool:
        return bool(self._folder) and Path(self._folder).is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"folder": self._folder, "form": self._form, "keep_normals": self._keep_normals}
