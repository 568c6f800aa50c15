"""A fit at the end of an epoch: enough to go on, and the result once it is finished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genex_kedro.errors import InputError
from genex_kedro.training.learner import Learner


@dataclass(frozen=True)
class Checkpoint:
    """Tensors on the CPU and a state of plain JSON.

    Parameters
    ----------
    tensors : dict of str to Tensor
        ``modules/<name>/<key>``, ``best/<name>/<key>`` (with validation data) and, while
        running, ``optimizers/<name>/<parameter>/<key>``. No memory is shared with the fit.
    state : dict
        ``status`` ("running", "finished" or "diverged"), ``epoch`` (the last one completed),
        ``best_epoch``, ``best_value``, ``waited`` (epochs without improvement), ``history``,
        ``seed``, ``fingerprint``, ``device``, ``threads``, ``torch``.
    """

    tensors: dict[str, Tensor]
    state: dict[str, Any]

    @property
    def status(self) -> str:
        """``running``, ``finished`` or ``diverged`` (a loss or weight became NaN or infinite)."""
        return self.state["status"]

    @property
    def history(self) -> list[dict[str, float | int | None]]:
        """One row an epoch: ``epoch``, ``train.<loss>``, ``validation.<loss>``, ``seconds``,
        ``samples_per_second`` (training samples over the seconds of the whole epoch).
        A loss that is not finite is None."""
        return self.state["history"]

    def matches(self, fingerprint: str) -> bool:
        """Whether this fit was begun with these settings and data."""
        return self.state["fingerprint"] == fingerprint

    def weights(self, module: str) -> dict[str, Tensor]:
        """The state dict of a module: at its best epoch where there was one, else the last.

        After ``diverged`` without validation data, those of the last epoch that was finite.
        """
        for part in ("best", "modules"):
            found = _under(self.tensors, f"{part}/{module}/")
            if found:
                return found
        raise KeyError(f"the checkpoint has no module {module!r}")

    def require(self, fingerprint: str, seed: int) -> None:
        """Refuse to go on with other settings, data or seed.

        Raises
        ------
        InputError
        """
        if self.matches(fingerprint) and self.state["seed"] == seed:
            return
        raise InputError(
            where="checkpoint",
            found=f"a fit with fingerprint {self.state['fingerprint']!r} and seed {self.state['seed']}",
            expected=f"fingerprint {fingerprint!r} and seed {seed}",
            remedy="Settings or data have changed since: start afresh, or restore the old ones.",
        )


def module_tensors(learner: Learner) -> dict[str, Tensor]:
    """The live tensors of all modules, as ``<name>/<key>``."""
    return {
        f"{name}/{key}": tensor
        for name, module in learner.modules.items()
        for key, tensor in module.state_dict().items()
    }


def optimizer_tensors(learner: Learner) -> dict[str, Tensor]:
    """The live state of all optimisers, as ``<name>/<parameter>/<key>``.

    Raises
    ------
    TypeError
        If an optimiser keeps something besides tensors.
    """
    live = {}
    for name, optimizer in learner.optimizers.items():
        for index, state in optimizer.state_dict()["state"].items():
            for key, value in state.items():
                if value is None:  # SGD without momentum
                    continue
                if not isinstance(value, Tensor):
                    raise TypeError(f"optimizer {name!r} keeps {key}={value!r}, not a tensor")
                live[f"{name}/{index}/{key}"] = value
    return live


def restore(learner: Learner, tensors: dict[str, Tensor]) -> None:
    """Put a checkpoint's modules and optimisers back into a learner, in place.

    Parameter groups are not restored: rates follow from the settings and the epoch.
    """
    for name, module in learner.modules.items():
        module.load_state_dict(_under(tensors, f"modules/{name}/"))
    for name, optimizer in learner.optimizers.items():
        state: dict[int, dict[str, Tensor]] = {}
        for path, tensor in _under(tensors, f"optimizers/{name}/").items():
            index, key = path.split("/", 1)
            state.setdefault(int(index), {})[key] = tensor
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": state, "param_groups": groups})


def on_cpu(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Copies on the CPU under ``<prefix>/<key>``, safe from what training does next."""
    return {
        f"{prefix}/{key}": tensor.detach().to("cpu", copy=True).contiguous()
        for key, tensor in tensors.items()
    }


@torch.no_grad()
def all_finite(tensors: dict[str, Tensor]) -> Tensor:
    """1 if every floating value is finite, else 0: a 0-d tensor, not yet read from the device."""
    peaks = [t.abs().amax() for t in tensors.values() if t.is_floating_point() and t.numel()]
    return torch.stack([peak.float() for peak in peaks]).isfinite().all().float()


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(prefix): tensor
        for key, tensor in tensors.items()
        if key.startswith(prefix)
    }
