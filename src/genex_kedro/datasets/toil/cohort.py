"""UCSC Xena's Toil recompute as a cohort: TCGA, TARGET and GTEx through one pipeline.

Vivian et al. 2017 (Nat Biotechnol 35:314), Goldman et al. 2020 (Nat Biotechnol 38:675).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from anndata import AnnData

from genex_kedro.datasets.published.cohort import PublicCohortDataset
from genex_kedro.datasets.published.files import require_choice
from genex_kedro.datasets.toil.reader import GENES, file_names, find_files, read_toil


class ToilCohortDataset(PublicCohortDataset):
    """The Toil files of a folder as one cohort.

    Parameters
    ----------
    folder : str or None
        Where expression, phenotype table and probemap lie under their published names.
    expression : {"tpm", "hugo"}
        ``tpm``: ``TcgaTargetGtex_rsem_gene_tpm``, log2(tpm+0.001) by Ensembl id; ``hugo``:
        ``TcgaTargetGtex_RSEM_Hugo_norm_count``, log2(norm_count+1) by symbol.
    genes : {"panels", "all"}
        ``panels`` reads the genes of the panels only, ``all`` needs 5 GB for the matrix.
    path, download, offline, metadata
        As for :class:`~genex_kedro.datasets.published.cohort.PublicCohortDataset`.

    Examples
    --------
    ``kedro run --env toil --params toil.folder=PATH``
    """

    collection = "toil"

    def __init__(
        self,
        folder: str | None = None,
        expression: str = "tpm",
        genes: str = "panels",
        path: str | None = None,
        download: bool = False,
        offline: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(folder, path, download, offline, metadata)
        self._expression, self._genes = expression, genes

    def sources(self) -> list[Path]:
        """The three files that are read."""
        return list(find_files(self._home(), self._expression).values())

    def _read(self, home: Path) -> AnnData:
        return read_toil(home, self._expression, self._genes)

    def _wanted(self) -> list[tuple[str, ...]]:
        require_choice("toil.genes", self._genes, GENES)
        return list(file_names(self._expression).values())

    def _describe(self) -> dict[str, Any]:
        return super()._describe() | {"expression": self._expression, "genes": self._genes}
