"""Trained models on disk: numbers and JSON, nothing that is executed."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from genex_kedro.datasets.atomic import require_file_name, staged_folder
from genex_kedro.errors import InputError, some
from genex_kedro.fingerprint import file_digest
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.card import model_card

_WEIGHTS, _CONFIG, _GENES = "weights.safetensors", "config.json", "genes.tsv"
_TRANSFORM, _CARD = "transform.json", "card.json"
FILES = (_WEIGHTS, _CONFIG, _GENES, _TRANSFORM, _CARD)
_README = "README.md"
_WEIGHTS_SHA = "weights_sha256"
# genes out of order would be wrong without any error: what decides the numbers is recorded
_SHA = {_WEIGHTS_SHA: _WEIGHTS, "genes_sha256": _GENES, "transform_sha256": _TRANSFORM}


class ModelFolderDataset(AbstractDataset[dict[str, TrainedModel], dict[str, TrainedModel]]):
    """A folder with one folder per trained model, ``{"seed_0": model}`` in memory.

    ======================  ==============================================================
    ``weights.safetensors``  the weights, on the CPU wherever they were trained
    ``config.json``          class and configuration, and the digests of the other files
    ``genes.tsv``            the genes in the order of the inputs
    ``transform.json``       how expression is scaled before it enters
    ``card.json``            what it was trained on and how well it does
    ``README.md``            the model card, for readers
    ======================  ==============================================================

    Saving replaces all of them in one step: a model of another cohort cannot stay behind.

    Parameters
    ----------
    filepath : str
        The folder.
    metadata : dict, optional
        For Kedro plugins.
    """

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = PurePosixPath(filepath)
        self.metadata = metadata

    def save(self, data: dict[str, TrainedModel]) -> None:
        """Write the models, in place of those that were there.

        Raises
        ------
        InputError
            If a name cannot be that of a folder.
        """
        for name in data:
            require_file_name(name, "model")
        with staged_folder(self._folder) as staged:
            for name, model in data.items():
                (staged / name).mkdir()
                _write(model, staged / name)

    def load(self) -> dict[str, TrainedModel]:
        """All models, by name; none where a study had nothing to train one on.

        Raises
        ------
        InputError
            If there is no such folder, a file is missing or damaged, or the weights are not those that
            ``config.json`` was written for.
        """
        if not self._exists():
            raise InputError(
                where=str(self._filepath),
                found="no trained model",
                expected=f"a folder per model with {', '.join(FILES)}",
                remedy="Run the training pipeline first, or correct the path.",
            )
        return {folder.name: read_model(folder) for folder in self._models()}

    def preview(self) -> JSONPreview:
        """Class, configuration, genes and number of parameters of each model, for Kedro-Viz."""
        shown = {}
        for name, model in self.load().items():
            config = {key: value for key, value in model.config.items() if key != "model"}
            shown[name] = {
                "class": model.config.get("model"),
                "configuration": config,
                "genes": len(model.genes),
                "parameters": sum(tensor.numel() for tensor in model.weights.values()),
            }
        return JSONPreview(json.dumps(shown))

    @property
    def _folder(self) -> Path:
        return Path(self._filepath)

    def _models(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("[!.]*") if path.is_dir())

    def _exists(self) -> bool:
        return self._folder.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _write(model: TrainedModel, folder: Path) -> None:
    weights = {
        key: t.detach().to("cpu", copy=True).contiguous() for key, t in model.weights.items()
    }
    save_file(weights, folder / _WEIGHTS)
    model.genes.rename_axis("symbol").to_csv(folder / _GENES, sep="\t")
    _write_json(model.transform, folder / _TRANSFORM)
    _write_json(model.card, folder / _CARD)
    digests = {key: file_digest(folder / name) for key, name in _SHA.items()}
    _write_json({**model.config, **digests}, folder / _CONFIG)
    (folder / _README).write_text(model_card(model), encoding="utf-8")


def _write_json(content: dict[str, Any], path: Path) -> None:
    text = json.dumps(content, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def read_model(folder: Path) -> TrainedModel:
    """The model in a folder.

    Raises
    ------
    InputError
        A file is missing, damaged or not the one that ``config.json`` was written for.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        pickles = [path.name for path in folder.iterdir() if path.suffix in _PICKLES]
        raise _unusable(
            folder,
            f"no {', '.join(missing)}" + (f", but {some(pickles)}" if pickles else ""),
            f"{', '.join(FILES)} (a pickle can run code when it is read, so none is)",
        )
    config, transform, card = (_json(folder / name) for name in (_CONFIG, _TRANSFORM, _CARD))
    for key, name in _SHA.items():
        recorded, present = config.pop(key, None), file_digest(folder / name)
        if recorded != present and (recorded or key == _WEIGHTS_SHA):
            raise _unusable(
                folder / name, f"sha256 {present}", f"{recorded}, as {_CONFIG} beside it says"
            )
    try:
        weights = load_file(folder / _WEIGHTS, device="cpu")
    except SafetensorError as error:
        raise _unusable(folder / _WEIGHTS, str(error), "safetensors") from error
    # text, and "NA" too: it is a gene's name as good as any
    genes = pd.read_csv(folder / _GENES, sep="\t", index_col=0, dtype=str, keep_default_na=False)
    genes.index = genes.index.astype(str)
    return TrainedModel(config, weights, genes, transform, card)


_PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin", ".joblib")


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _unusable(path, str(error), "JSON") from error
    if not isinstance(content, dict):
        raise _unusable(path, f"a {type(content).__name__}", "a JSON object")
    return content


def _unusable(where: Path, found: str, expected: str) -> InputError:
    return InputError(
        where=str(where),
        found=found,
        expected=expected,
        remedy="Train the model again, or copy its whole folder anew.",
    )
