"""Cohorts and studies as h5ad files."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
from anndata import AnnData, read_h5ad
from anndata.io import read_elem
from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview

from genex_kedro.datasets.atomic import staged_file, staged_folder

_WRITABLE = 2**30  # bytes


def read_mapped(path: str | Path) -> AnnData:
    """An AnnData whose ``X`` stays in its file until rows of it are asked for.

    ``X`` is an array mapped into memory; a file that is replaced meanwhile is still read as it was.
    Up to 1 GiB it can be written to, which changes a copy and never the file; above it is read-only.
    Compressed, chunked or sparse values are read whole.
    """
    with h5py.File(path) as file:
        X = file.get("X")
        at = X.id.get_offset() if isinstance(X, h5py.Dataset) and X.chunks is None else None
        if at is None:  # also where there are no values
            return read_h5ad(path)
        parts = {name: read_elem(file[name]) for name in file if name != "X"}
        # systems refuse to map more than memory holds where it could be written to
        mode = "c" if X.nbytes <= _WRITABLE else "r"
        values = np.memmap(path, X.dtype, mode=mode, offset=at, shape=X.shape)
    return AnnData(values, **parts)


class H5adDataset(AbstractDataset[AnnData, AnnData]):
    """One AnnData in one h5ad file, written in one step; loaded as :func:`read_mapped` does."""

    def __init__(self, *, filepath: str, metadata: dict | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> AnnData:
        return read_mapped(self._filepath)

    def save(self, data: AnnData) -> None:
        with staged_file(self._filepath) as staged:
            data.write_h5ad(staged)

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict:
        return {"filepath": str(self._filepath)}

    def preview(self) -> JSONPreview:
        """Shape, unit and labels, for kedro-viz."""
        return JSONPreview(json.dumps(_summary(read_h5ad(self._filepath, backed="r"))))


class H5adFolderDataset(AbstractDataset[dict[str, AnnData], dict[str, AnnData]]):
    """A dict of AnnData as a folder of h5ad files, ``<key>.h5ad``; replaced as a whole.

    Loaded as :func:`read_mapped` does.
    """

    def __init__(self, *, filepath: str, metadata: dict | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> dict[str, AnnData]:
        return {path.stem: read_mapped(path) for path in self._files()}

    def save(self, data: dict[str, AnnData]) -> None:
        with staged_folder(self._filepath) as staged:
            for key, value in data.items():
                value.write_h5ad(staged / f"{key}.h5ad")

    def _files(self) -> list[Path]:
        return sorted(self._filepath.glob("[!.]*.h5ad"))

    def _exists(self) -> bool:
        return bool(self._files())

    def _describe(self) -> dict:
        return {"filepath": str(self._filepath)}

    def preview(self) -> JSONPreview:
        """Shape, unit and labels of the first, for kedro-viz."""
        files = self._files()
        first = _summary(read_h5ad(files[0], backed="r"))
        return JSONPreview(json.dumps({"entries": [f.stem for f in files], **first}))


def _summary(data: AnnData) -> dict:
    labels = [c for c in ("tissue", "condition", "program", "split") if c in data.obs]
    return {
        "samples": data.n_obs,
        "genes": data.n_vars,
        "unit": str(data.uns.get("unit")),
        **{
            label: {str(k): int(v) for k, v in data.obs[label].value_counts().items()}
            for label in labels
        },
    }
