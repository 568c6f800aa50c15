"""How long, on what, and how often to save."""

from __future__ import annotations

from typing import Annotated, Literal

import psutil
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator

from genex_kedro.errors import InputError

_SHARE = 0.25  # of the free memory, for data that are kept there: scaling copies them once


class FitSettings(BaseModel):
    """Settings of :func:`genex_kedro.training.fit`.

    Parameters
    ----------
    epochs : int
        Most passes over the training data.
    batch_size : int
        The last, smaller batch of an epoch is kept unless it is a single sample, which batch
        normalisation cannot take.
    patience : int or None
        Stop after so many epochs without a better `monitor`; None trains to the end. Either
        way the weights of the best epoch are kept where there are validation data.
    monitor : str or None
        Name of the validation loss to minimise, as the learner's ``validate`` names it. None
        chooses nothing: the last weights are kept, as published adversarial networks do.
    device : {"auto", "cpu", "cuda", "mps"}
        ``auto`` takes CUDA, then MPS, then the CPU.
    threads : int or "auto"
        CPU threads. The default is 1: one and two threads sum in another order and end in
        other bits (checked with torch 2.13 on a 2-core machine: two fits of a 969-1000-512-1
        network agree on one thread and differ from the fit on two), and on a busy machine two
        threads took 3 to 30 times as long. ``auto`` tries one against all and keeps the faster.
    save_every_s : float
        Least seconds between two checkpoints; 0 gives one after each epoch. The result does
        not depend on it.
    cuda_graph : bool
        On CUDA, record a training step once and replay it; elsewhere without effect.
    from_disk : bool or "auto"
        Whether batches are read from the study's file, for a cohort that memory does not hold.
        ``auto``: where the samples would take more than a quarter of the memory that is free.
        The numbers are the same, so that it is no part of a training's fingerprint.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    epochs: int = Field(default=100, ge=1)
    batch_size: int = Field(default=100, ge=2)
    patience: int | None = Field(default=10, ge=1)
    monitor: str | None = "loss"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    threads: Literal["auto"] | Annotated[int, Field(ge=1)] = 1
    save_every_s: float = Field(default=10.0, ge=0)
    cuda_graph: bool = True
    from_disk: Literal["auto"] | bool = Field(default="auto", exclude=True)

    @model_validator(mode="after")
    def _patience_needs_a_monitor(self) -> FitSettings:
        if self.monitor is None and self.patience is not None:
            raise ValueError("patience needs a monitor: give both, or set both to null")
        return self


def choose_from_disk(asked: Literal["auto"] | bool, n_bytes: int) -> bool:
    """Whether samples of so many bytes are read batch by batch; see :class:`FitSettings`."""
    if asked != "auto":
        return asked
    return n_bytes > _SHARE * psutil.virtual_memory().available


def choose_device(name: str) -> torch.device:
    """The device of that name, or the best one for ``auto``.

    Raises
    ------
    InputError
        For a device that is not there: a named device is never replaced by another.
    """
    here = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if name != "auto" and not here[name]:
        raise InputError(
            where="parameter device",
            found=repr(name),
            expected=f"a device of this machine: {', '.join(n for n, is_here in here.items() if is_here)}",
            remedy="Choose one, or device=auto; a CPU build of torch sees no GPU.",
        )
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
