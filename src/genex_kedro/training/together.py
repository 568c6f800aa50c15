"""Fits in stacks: many at a time, each with the numbers it would have had alone."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from genex_kedro.training.checkpoint import module_tensors
from genex_kedro.training.epochs import Epochs
from genex_kedro.training.judging import judge, monitored_loss, new_state
from genex_kedro.training_status import DIVERGED, RUNNING


class Together:
    """Stacked fits in step: all do an epoch, then all are read.

    Parameters
    ----------
    stacks : sequence of Epochs
        The learner of each is a stack: it has ``n``, and its losses are tensors (n,). Each has
        its own settings; threads are one (see :class:`FitSettings`).
    members : sequence of sequence of int
        Which fits are in each stack, in its order.

    Attributes
    ----------
    states : list of dict
        Of every fit: ``status`` (``running``, ``finished``, ``diverged``,
        ``stopped``), ``epoch``, ``best_epoch``, ``best_value``, as in a Checkpoint, and
        ``value``, the monitored loss of the last epoch.

    Notes
    -----
    A fit that has ended stays in its stack until the last one ends: what is launched for all
    costs little more for one. On CUDA each stack has a stream, so that stacks overlap.
    """

    def __init__(self, stacks: Sequence[Epochs], members: Sequence[Sequence[int]]) -> None:
        self._stacks, self._members = list(stacks), list(members)
        epochs = {
            i: stack.settings.epochs
            for stack, own in zip(stacks, members, strict=True)
            for i in own
        }
        self.states = [{**new_state(epochs[i]), "value": None} for i in sorted(epochs)]
        self._streams = [_stream(stack.device) for stack in stacks]
        for stack, stream in zip(self._stacks, self._streams, strict=True):
            with _on(stream):
                stack.prepare()

    def running(self) -> list[int]:
        """Positions of the fits that go on."""
        return [i for i, state in enumerate(self.states) if state["status"] == RUNNING]

    def stop(self, i: int) -> None:
        """Give up fit `i`."""
        self.states[i]["status"] = "stopped"

    def advance(self) -> list[int]:
        """One more epoch of every fit that goes on; their positions."""
        before, advanced = torch.get_num_threads(), self.running()
        torch.set_num_threads(1)
        try:
            at_work = [k for k, own in enumerate(self._members) if set(own) & set(advanced)]
            launched = {k: self._launch(k) for k in at_work}  # all before the first is read
            for k, (names, means) in launched.items():
                self._read(k, names, means)
        finally:
            torch.set_num_threads(before)
        return advanced

    def _launch(self, k: int) -> tuple[list[str], Tensor]:
        epoch = 1 + max(self.states[i]["epoch"] for i in self._members[k])
        with _on(self._streams[k]):
            names, means, _ = self._stacks[k].run(epoch)
            finite = _all_finite(module_tensors(self._stacks[k].learner))
            return names, torch.cat([*means, finite[None]])

    def _read(self, k: int, names: list[str], means: Tensor) -> None:
        with _on(self._streams[k]):
            *losses, finite = means.tolist()
        settings = self._stacks[k].settings
        for at, i in enumerate(self._members[k]):
            state = self.states[i]
            if state["status"] != RUNNING:
                continue
            row = {name: values[at] for name, values in zip(names, losses, strict=True)}
            state["epoch"] += 1
            if finite[at] and all(map(math.isfinite, row.values())):
                state["value"] = monitored_loss(row, settings.monitor)
                judge(state, state["value"], settings.patience)
            else:
                state.update(status=DIVERGED, value=None)


@torch.no_grad()
def _all_finite(tensors: dict[str, Tensor]) -> Tensor:
    """1 for each network of a stack whose every value is finite, else 0; shape (n,)."""
    peaks = [t.flatten(1).abs().amax(dim=1).float() for t in tensors.values() if t.is_floating_point() and t.numel()]  # fmt: skip
    return torch.stack(peaks).isfinite().all(dim=0).float()


def _stream(device: torch.device) -> Any:
    if device.type != "cuda":
        return None
    stream = torch.cuda.Stream(device)
    stream.wait_stream(torch.cuda.current_stream(device))  # the data were moved there
    return stream


def _on(stream: Any) -> Any:
    return contextlib.nullcontext() if stream is None else torch.cuda.stream(stream)
