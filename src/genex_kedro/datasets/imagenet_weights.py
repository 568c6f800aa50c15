"""ImageNet weights of backbones: from the hub, from a folder, or none, as the user says."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from kedro.io import AbstractDataset, DatasetError
from safetensors import SafetensorError, safe_open

from genex_kedro.errors import InputError, some
from genex_kedro.fingerprint import file_state
from genex_kedro.models.images.backbones import BACKBONES, import_timm, timm_name
from genex_kedro.models.images.pretrained import Pretrained

SOURCES = ("none", "folder", "hub")
_HOW = "weights.source=folder,weights.folder=PATH (<backbone>*.safetensors), or weights.source=none for random weights"


class ImageNetWeightsDataset(AbstractDataset[None, "ImageNetWeights"]):
    """Where the weights of backbones come from.

    Parameters
    ----------
    source : {"none", "folder", "hub"}
        ``none``: no ImageNet weights at all. ``folder``: safetensors files named after the
        backbone or its name in timm. ``hub``: the Hugging Face hub, through timm, which keeps
        what it fetched.
    folder : str, optional

    Notes
    -----
    What is asked for and not there is an error with the remedy, never random weights.
    """

    def __init__(
        self, source: str = "none", folder: str | None = None, metadata: dict | None = None
    ) -> None:
        self.source, self.folder = source, folder
        self.metadata = metadata

    def load(self) -> ImageNetWeights:
        """The weights, none of them read yet.

        Raises
        ------
        InputError
            For an unknown source, or a folder that is not there.
        """
        if self.source not in SOURCES:
            raise InputError(
                where="parameter weights.source",
                found=repr(self.source),
                expected=f"one of {', '.join(SOURCES)}",
                remedy="Name one of these: --params weights.source=none",
            )
        if self.source == "folder" and not (self.folder and Path(self.folder).is_dir()):
            raise InputError(
                where="parameter weights.folder",
                found=repr(self.folder) if self.folder else "nothing",
                expected="a folder of ImageNet weights",
                remedy=f"Pass it: --params {_HOW}.",
            )
        return ImageNetWeights(self.source, self.folder)

    def save(self, data: None) -> NoReturn:
        """ImageNet weights are never written."""
        raise DatasetError("ImageNet weights are only read.")

    def fingerprint(self) -> list:
        """Of the source, and of the folder's files."""
        return [self.source, file_state(Path(self.folder)) if self.folder else None]

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"source": self.source, "folder": self.folder}


class ImageNetWeights:
    """Weights by the name of the backbone, read when asked for."""

    def __init__(self, source: str, folder: str | None = None) -> None:
        self.source, self._folder = source, folder

    def of(self, backbone: str) -> Pretrained | None:
        """The weights of one of :data:`~genex_kedro.models.images.backbones.BACKBONES`.

        Returns
        -------
        Pretrained or None
            None where the user asked for no ImageNet weights.

        Raises
        ------
        InputError
            If they are not there, or cannot be read.
        """
        if self.source == "none" or backbone not in BACKBONES:
            return None
        return (
            _from_hub(backbone)
            if self.source == "hub"
            else _from_folder(backbone, Path(self._folder))
        )

    def require(self, backbones: Iterable[str]) -> None:
        """Fetch and read the weights of all of these now, so that a run fails before it trains.

        Raises
        ------
        InputError
            As :meth:`of`.
        """
        for backbone in dict.fromkeys(backbones):
            self.of(backbone)

    def origin_of(self, backbone: str) -> str:
        """What the weights are called, without reading them: for fingerprints and tables."""
        if self.source == "none" or backbone not in BACKBONES:
            return "none"
        if self.source == "hub":
            return f"hub {timm_name(backbone)}"
        path = _find(backbone, Path(self._folder))
        return f"{path.name} {path.stat().st_size}"


def _find(backbone: str, folder: Path) -> Path:
    names = {backbone, timm_name(backbone).partition(".")[0]}
    fits = [
        path
        for path in sorted(folder.glob("*.safetensors"))
        if any(re.match(rf"{re.escape(name)}(?![a-zA-Z0-9])", path.name) for name in names)
    ]
    if len(fits) != 1:
        present = [path.name for path in (fits or sorted(folder.glob("*.safetensors")))]
        raise InputError(
            where=f"{folder}, ImageNet weights of {backbone}",
            found=some(present) if present else "no safetensors file",
            expected=f"one file {' or '.join(f'{name}*.safetensors' for name in sorted(names))}",
            remedy=f"Put the file there, fetch it from the hub (weights.source=hub), or train without: "
            f"image_transfer.networks.{backbone}.pretrained=false.",
        )
    return fits[0]


def _from_folder(backbone: str, folder: Path) -> Pretrained:
    path = _find(backbone, folder)
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            about = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        mean, std = (_numbers(about.get("input", ""), name) for name in ("mean", "std"))
    except (SafetensorError, OSError, ValueError, ZeroDivisionError) as error:
        raise InputError(
            where=str(path),
            found=f"a file that cannot be read ({error})",
            expected="safetensors",
            remedy="Copy the file anew; pickles (.pth, .bin) are not read, since they can run code.",
        ) from error
    keras = "keras v1" in about.get("architecture", "").lower()
    return Pretrained(tensors, mean, std, keras, f"{path.name} {path.stat().st_size}")


def _numbers(text: str, name: str) -> tuple[float, float, float] | None:
    """``std=[1/255]*3`` or ``mean=[.48,.45,.40]`` as three numbers."""
    found = re.search(rf"{name}=\[([^\]]*)\](\*3)?", text)
    if not found:
        return None
    parts = [part.partition("/") for part in found[1].split(",")]
    values = tuple(float(over) / float(under or 1) for over, _, under in parts)
    return values * 3 if found[2] else values


def _from_hub(backbone: str) -> Pretrained:
    timm = import_timm()
    name = timm_name(backbone)
    try:
        with _offline_if_unreachable():
            network = timm.create_model(name, pretrained=True)
    except Exception as error:  # the hub's client has a dozen ways of saying that it is not there
        raise InputError(
            where=f"ImageNet weights of {backbone} ({name}) from the hub",
            found=f"{type(error).__name__}: {str(error).partition(chr(10))[0]}",
            expected="the Hugging Face hub, or its cache from an earlier run",
            remedy=f"Connect to the network, or take the weights from a folder: --params {_HOW}.",
        ) from error
    return Pretrained(dict(network.state_dict()), origin=f"hub {name}")


@contextmanager
def _offline_if_unreachable(timeout_s: float = 5.0) -> Iterator[None]:
    """Use the hub's cache alone where the hub cannot be reached.

    Its client would try for most of a minute before it says so.
    """
    from huggingface_hub import constants

    host, before = urlsplit(constants.ENDPOINT), constants.HF_HUB_OFFLINE
    behind_proxy = any(os.environ.get(name) for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"))
    try:
        if not behind_proxy:
            socket.create_connection((host.hostname, host.port or 443), timeout_s).close()
    except OSError:
        constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
