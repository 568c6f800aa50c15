"""What a run's parameters are: those of its own model, under the keys of every other."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping

from pydantic import BaseModel

_ALTERNATIVES = {"networks", "studies"}


def plain(value):
    """Parameters as plain data, a copy."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value


def of_model(parameters: dict, namespace: str, setting: str) -> dict:
    """What one model was trained with, of the parameters of its namespace.

    Without the namespace in the keys, so that two families lie side by side: ``fit.epochs``.
    Of all ``networks: {paper: ..., best: ...}`` (or ``studies``, of a search) only its own.
    """
    here = parameters
    for part in namespace.split("."):
        here = here.get(part, here)
    own: dict = {}
    for key, value in here.items() if here is not parameters else ():
        if key in _ALTERNATIVES:
            own |= value.get(setting, {})
        elif not (isinstance(value, dict) and _ALTERNATIVES & value.keys()):  # another family
            own[key] = value
    return own


def system() -> dict:
    """Of the machine and its software."""
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "gpu": gpu,
    }
