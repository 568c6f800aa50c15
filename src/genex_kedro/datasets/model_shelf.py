"""Trained models found by name, and read only when they are asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import JSONPreview

from genex_kedro.datasets.model_folder import FILES, read_model
from genex_kedro.errors import InputError, some
from genex_kedro.models.base import TrainedModel

_KEY = re.compile(r"(?P<setting>.+)_seed_(?P<seed>\d+)")
_FOLDER = "models"  # of a family, beside its checkpoints


@dataclass(frozen=True)
class ModelName:
    """What a trained model is called.

    Attributes
    ----------
    family : str
        Folders below the root, by dots: ``"cvae"``, ``"baselines.wgan_gp"``.
    setting : str
    seed : int
        Of the split and the training.
    """

    family: str
    setting: str
    seed: int

    @property
    def full(self) -> str:
        """As in tables, without the pipeline: ``"wgan_gp/log2"``."""
        return f"{self.family.rpartition('.')[2]}/{self.setting}"

    def answers_to(self, asked: str) -> bool:
        """Whether `asked` is its full name, with or without the pipeline before it."""
        return asked in (self.full, f"{self.family}/{self.setting}")


class ModelShelf:
    """The models trained in a project.

    Parameters
    ----------
    root : Path
        A folder of families, each with ``models/<setting>_seed_<n>``.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> list[ModelName]:
        """All models there, by family and setting, seeds in order."""
        return sorted(self._found(), key=lambda name: (name.family, name.setting, name.seed))

    def find(self, asked: str, seed: int | None = None) -> tuple[ModelName, TrainedModel]:
        """The model of this name.

        Parameters
        ----------
        asked : str
            ``"cvae/best"``, ``"wgan_gp/log2"`` or ``"baselines.wgan_gp/log2"``.
        seed : int, optional
            None takes the first seed that was trained.

        Raises
        ------
        InputError
            If none is trained, none of that name or seed, or its folder is damaged.
        """
        named = [name for name in self.names() if name.answers_to(asked)]
        chosen = [name for name in named if seed in (None, name.seed)]
        if not chosen:
            self._refuse(asked, seed, named)
        name = chosen[0]
        return name, read_model(self.path(name))

    def has(self, asked: str, seed: int) -> bool:
        """Whether that model is there."""
        return any(name.answers_to(asked) and name.seed == seed for name in self.names())

    def path(self, name: ModelName) -> Path:
        """The folder of a model."""
        folders = name.family.split(".")
        return self._root.joinpath(*folders, _FOLDER, f"{name.setting}_seed_{name.seed}")

    @staticmethod
    def open(folder: str) -> TrainedModel:
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

    def _found(self) -> Iterator[ModelName]:
        for folder in self._root.glob(f"**/{_FOLDER}/*"):
            key = _KEY.fullmatch(folder.name)
            if key and folder.is_dir():
                family = ".".join(folder.relative_to(self._root).parts[:-2])
                yield ModelName(family, key["setting"], int(key["seed"]))

    def _refuse(self, asked: str, seed: int | None, named: list[ModelName]) -> NoReturn:
        trained = sorted({f"{name.family}/{name.setting}" for name in self.names()})
        if named:
            found, expected = f"no training with seed {seed}", f"one of {some(n.seed for n in named)}"  # fmt: skip
        elif trained:
            found, expected = "no trained model of that name", f"one of {some(trained, 20)}"
        else:
            found, expected = f"no trained model in {self._root}", "a model that was trained before"
        raise InputError(
            where=f"model {asked!r}",
            found=found,
            expected=expected,
            remedy="Name one that is there, or train it first: kedro run --pipelines cvae "
            "(its rivals: baselines)",
        )


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
        return ModelShelf(self._root)

    def save(self, data: None) -> NoReturn:
        """Models are saved by what trains them."""
        raise DatasetError("Models are saved with the model folder dataset of their pipeline.")

    def preview(self) -> JSONPreview:
        """Which models there are, for kedro-viz."""
        names = [f"{n.family}/{n.setting} seed {n.seed}" for n in self.load().names()]
        return JSONPreview(json.dumps({"models": names}))

    def _exists(self) -> bool:
        return bool(self.load().names())

    def _describe(self) -> dict[str, Any]:
        return {"root": str(self._root)}
