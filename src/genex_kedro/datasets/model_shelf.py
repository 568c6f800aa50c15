"""Trained models found in folders, and read only when they are asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import JSONPreview

from genex_kedro.datasets.model_folder import FILES, read_model
from genex_kedro.errors import InputError, some
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.names import MODELS, ModelName
from genex_kedro.models.shelf import ModelShelf

_KEY = re.compile(r"(?P<setting>.+)_seed_(?P<seed>\d+)")


def models_in(root: Path) -> ModelShelf:
    """The models of all families below a folder.

    Parameters
    ----------
    root : Path
        A folder of families, each with ``models/<setting>_seed_<n>``.
    """
    names = sorted(_found(root), key=lambda name: (name.family, name.setting, name.seed))
    return ModelShelf(names, root, read_model, open_model)


def open_model(folder: str) -> TrainedModel:
    """A model's folder from elsewhere.

    Raises
    ------
    InputError
        No such folder; a folder of several models; a file missing or damaged.
    """
    path = Path(folder)
    inside = [p.name for p in sorted(path.glob("[!.]*")) if (p / FILES[0]).is_file()]
    if path.is_dir() and not inside:
        return read_model(path)
    kind = "a file" if path.is_file() else "no such folder"
    raise InputError(
        where=f"model folder {folder}",
        found=f"models in folders of it: {some(inside)}" if inside else kind,
        expected=f"the folder of one model, with {', '.join(FILES)}",
        remedy=f"Name one of them: {path / inside[0]}" if inside else "Correct the path.",
    )


def _found(root: Path) -> Iterator[ModelName]:
    for folder in root.glob(f"**/{MODELS}/*"):
        key = _KEY.fullmatch(folder.name)
        if key and folder.is_dir():
            family = ".".join(folder.relative_to(root).parts[:-2])
            yield ModelName(family, key["setting"], int(key["seed"]))


class ModelShelfDataset(AbstractDataset[None, ModelShelf]):
    """The models of all families below a folder; each is read only when it is taken.

    It has no fingerprint: what it is asked for stands in parameters that it does not see (a
    folder elsewhere, for one), so what reads it runs each time.

    Parameters
    ----------
    root : str
    metadata : dict, optional
        For Kedro plugins.
    """

    def __init__(self, root: str, metadata: dict[str, Any] | None = None) -> None:
        self._root = Path(root)
        self.metadata = metadata

    def load(self) -> ModelShelf:
        """The shelf, however empty."""
        return models_in(self._root)

    def save(self, data: None) -> NoReturn:
        """Models are saved by what trains them."""
        raise DatasetError("Models are saved with the model folder dataset of their pipeline.")

    def preview(self) -> JSONPreview:
        """Which models there are, for kedro-viz."""
        return JSONPreview(
            json.dumps({"models": [f"{n.full} seed {n.seed}" for n in self.load().names]})
        )

    def _exists(self) -> bool:
        return bool(self.load().names)

    def _describe(self) -> dict[str, Any]:
        return {"root": str(self._root)}
