"""UCSC Xena's Toil recompute as a cohort: TCGA, TARGET and GTEx through one pipeline.

Vivian et al. 2017 (Nat Biotechnol 35:314), Goldman et al. 2020 (Nat Biotechnol 38:675).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

from anndata import AnnData
from kedro.io import AbstractDataset, DatasetError

from genex_kedro.datasets.published_files import require_folder
from genex_kedro.datasets.toil_reader import find_files, read_toil
from genex_kedro.fingerprint import file_state


class ToilCohortDataset(AbstractDataset[NoReturn, AnnData]):
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
    metadata : dict, optional
        Ignored by Kedro.

    Examples
    --------
    ``kedro run --env toil --params toil.folder=PATH``
    """

    def __init__(
        self,
        folder: str | None = None,
        expression: str = "tpm",
        genes: str = "panels",
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._folder, self._expression, self._genes = folder, expression, genes
        self.metadata = metadata

    def load(self) -> AnnData:
        """The cohort; an InputError, which Kedro wraps in a DatasetError, for anything else."""
        return read_toil(require_folder("toil.folder", self._folder), self._expression, self._genes)

    def save(self, data: NoReturn) -> NoReturn:
        """The published files are never written to."""
        raise DatasetError("Toil is only read: name another dataset for what you want to save.")

    def sources(self) -> list[Path]:
        """The files that are read, for a cache to tell whether they changed."""
        folder = require_folder("toil.folder", self._folder)
        return list(find_files(folder, self._expression).values())

    def fingerprint(self) -> list:
        """Of the settings and the folder: the runner reads it again when they change."""
        return [self._describe(), self._folder and file_state(Path(self._folder))]

    def _exists(self) -> bool:
        return bool(self._folder) and Path(self._folder).is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"folder": self._folder, "expression": self._expression, "genes": self._genes}
