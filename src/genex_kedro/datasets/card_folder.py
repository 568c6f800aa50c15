"""Model cards on disk, for readers and for the pipeline that hands a model on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview

from genex_kedro.datasets.atomic import require_file_name, staged_folder


class CardFolderDataset(AbstractDataset[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]):
    """A folder with two files a model: ``<key>.md`` and ``<key>.json``, replaced as a whole.

    In memory ``{key: {"text": Markdown, "scores": plain JSON}}``; empty where nothing was scored
    yet.

    Parameters
    ----------
    filepath : str
    metadata : dict, optional
        For Kedro plugins.
    """

    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def save(self, data: dict[str, dict[str, Any]]) -> None:
        with staged_folder(self._filepath) as staged:
            for key, card in data.items():
                require_file_name(key, "model")
                (staged / f"{key}.md").write_text(card["text"], encoding="utf-8")
                scores = json.dumps(card["scores"], indent=1, allow_nan=False)
                (staged / f"{key}.json").write_text(scores + "\n", encoding="utf-8")

    def load(self) -> dict[str, dict[str, Any]]:
        return {
            path.stem: {
                "text": path.with_suffix(".md").read_text(encoding="utf-8"),
                "scores": json.loads(path.read_text(encoding="utf-8")),
            }
            for path in self._files()
        }

    def preview(self) -> JSONPreview:
        """Which models have a card, for kedro-viz."""
        return JSONPreview(json.dumps({"cards": [path.stem for path in self._files()]}))

    def _files(self) -> list[Path]:
        return sorted(self._filepath.glob("[!.]*.json"))

    def _exists(self) -> bool:
        return self._filepath.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
