"""TCGA's Pan-Cancer Atlas as a cohort: 33 tumor types on one batch-corrected scale.

Hoadley et al. 2018 (Cell 173:291).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from anndata import AnnData

from genex_kedro.datasets.pancan.reader import file_names, find_expression, read_pancan
from genex_kedro.datasets.published.cohort import PublicCohortDataset
from genex_kedro.datasets.published.files import require_choice


class PancanCohortDataset(PublicCohortDataset):
    """One of the published forms of the Pan-Cancer Atlas' expression.

    Parameters
    ----------
    folder : str or None
        Where the file lies under its published name.
    form : {"gdc", "xena", "mpmp"}
        ``gdc``: ``EBPlusPlusAdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.tsv``, linear;
        ``xena``: ``EB++AdjustPANCAN_IlluminaHiSeq_RNASeqV2.geneExp.xena[.gz]``, log2(x+1);
        ``mpmp``: ``mpmp_expression_subsampled.tsv[.gz]``, 1,106 samples x 100 genes, linear,
        which is not among the files that are fetched.
    keep_normals : bool
        Whether the adjacent normals stay; a tumor type with normals in it is none.
    path, download, offline, metadata
        As for :class:`~genex_kedro.datasets.published.cohort.PublicCohortDataset`.

    Examples
    --------
    ``kedro run --env pancan --params pancan.folder=PATH``
    """

    collection = "pancan"

    def __init__(
        self,
        folder: str | None = None,
        form: str = "gdc",
        keep_normals: bool = False,
        path: str | None = None,
        download: bool = False,
        offline: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(folder, path, download, offline, metadata)
        self._form, self._keep_normals = form, keep_normals

    def sources(self) -> list[Path]:
        """The one file that is read."""
        return [find_expression(self._home(), self._form)]

    def _read(self, home: Path) -> AnnData:
        return read_pancan(home, self._form, self._keep_normals)

    def _wanted(self) -> list[tuple[str, ...]]:
        require_choice("pancan.keep_normals", self._keep_normals, (False, True))
        return [file_names(self._form)]

    def _describe(self) -> dict[str, Any]:
        return super()._describe() | {"form": self._form, "keep_normals": self._keep_normals}
