"""Checkpoints of a fit on disk, so that a killed run goes on where it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from genex_kedro.datasets.atomic import require_file_name, staged_file
from genex_kedro.errors import InputError
from genex_kedro.training import Checkpoint

_SUFFIX = ".safetensors"


class CheckpointDataset(AbstractDataset[dict[str, Checkpoint], dict[str, Checkpoint]]):
    """A folder with one ``<key>.safetensors`` per fit, ``{"seed_0": checkpoint}`` in memory.

    Tensors and state share one file (the state is JSON in its header), so that one rename
    replaces both: a kill leaves the old checkpoint or the new one. Saving leaves alone the
    entries it is not given; loading a folder that is not there gives ``{}``. safetensors holds
    numbers only: nothing in the file is executed.

    Parameters
    ----------
    filepath : str
        The folder.
    resume : bool
        Whether this entry is where a fit goes on from, rather than its result: no change of
        its files makes that result out of date.
    metadata : dict, optional
        For Kedro plugins.
    """

    def __init__(
        self, filepath: str, resume: bool = False, metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath = PurePosixPath(filepath)
        self.is_resume_state = resume
        self.metadata = metadata

    def save(self, data: dict[str, Checkpoint]) -> None:
        """Write each entry, in place of one of the same key.

        Raises
        ------
        InputError
            If a key cannot be the name of a file.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        for key, checkpoint in data.items():
            require_file_name(key, "fit")
            header = {"state": json.dumps(checkpoint.state, allow_nan=False)}
            with staged_file(self._folder / f"{key}{_SUFFIX}") as staged:
                save_file(checkpoint.tensors, staged, metadata=header)

    def load(self) -> dict[str, Checkpoint]:
        """All entries, by key.

        Raises
        ------
        InputError
            If a file is damaged or is not a checkpoint.
        """
        files = sorted(self._folder.glob(f"[!.]*{_SUFFIX}"))  # a dot begins a file half written
        return {path.name.removesuffix(_SUFFIX): _read(path) for path in files}

    def preview(self) -> JSONPreview:
        """How far each fit has come, for kedro-viz."""
        shown = ("status", "epoch", "epochs", "best_epoch", "device")
        states = {key: checkpoint.state for key, checkpoint in self.load().items()}
        return JSONPreview(json.dumps({k: {s: v.get(s) for s in shown} for k, v in states.items()}))

    def discard(self) -> None:
        """Forget all entries, so that every fit starts afresh."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _folder(self) -> Path:
        return Path(self._filepath)

    def _exists(self) -> bool:
        return self._folder.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _read(path: Path) -> Checkpoint:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            state = json.loads((file.metadata() or {})["state"])
            return Checkpoint({key: file.get_tensor(key) for key in file.keys()}, state)  # noqa: SIM118
    except (SafetensorError, KeyError, ValueError) as error:  # OSError: the disk's, not the file's
        raise InputError(
            where=str(path),
            found=f"no readable checkpoint ({error})",
            expected="safetensors with the state of a fit in the header",
            remedy="Delete this file; the fit it belongs to starts afresh.",
        ) from error
