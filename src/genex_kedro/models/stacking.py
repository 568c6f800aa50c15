"""Networks of one shape, trained side by side as one.

Small networks leave a GPU idle: a step costs its launches. Stacked, all networks share them
(``torch.func.stack_module_state`` and ``vmap``; the buffers of batch normalisation are stacked
too, so that each network keeps its own statistics).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap


class Stack(nn.Module):
    """Networks of equal shapes with weights of their own, applied to the same input.

    Parameters
    ----------
    networks : sequence of Module, n of them
        Alike but for the values of parameters and buffers, which are copied. They draw noise,
        if at all, from a generator among their inputs: all then see the same noise, as they
        would if each were trained by itself from the same seed.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.n = len(networks)
        parameters, buffers = stack_module_state(list(networks))
        kept = networks[0].state_dict().keys()
        for name, tensor in parameters.items():
            self.register_parameter(
                _plain(name), nn.Parameter(tensor.detach(), requires_grad=tensor.requires_grad)
            )
        for name, tensor in buffers.items():
            self.register_buffer(_plain(name), tensor, persistent=name in kept)
        # in a tuple, where torch does not look for submodules: it has shapes and no values
        self._form = (copy.deepcopy(networks[0]).to("meta"),)
        self._names = {name: _plain(name) for name in (*parameters, *buffers)}

    def of(self, name: str) -> Tensor:
        """A parameter or buffer of all networks, (n, ...)."""
        return getattr(self, self._names[name])

    def forward(self, *inputs: Any) -> Any:
        """What each network makes of the same inputs: tensors with a first axis of n."""

        def one(state: dict[str, Tensor]) -> Any:
            return functional_call(self._form[0], state, inputs)

        state = {name: self.of(name) for name in self._names}
        return vmap(one, randomness="same")(state)

    def train(self, mode: bool = True) -> Stack:
        """As for any module; the form the networks share follows."""
        self._form[0].train(mode)
        return super().train(mode)


def _plain(name: str) -> str:
    return name.replace(".", "/")  # torch takes a dot for a submodule


class StackedAdamW(torch.optim.Optimizer):
    """AdamW (Loshchilov and Hutter 2019) for the parameters of a :class:`Stack`.

    It works element by element, so that a rate for each network is all it takes.

    Parameters
    ----------
    parameters : iterable of Parameter, each of shape (n, ...)
    rates, decays : Tensor, shape (n,)
        Learning rate and weight decay of each network; with decay 0 it is Adam.
    betas : tuple of float
    eps : float
    """

    def __init__(
        self,
        parameters,
        rates: Tensor,
        decays: Tensor,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(parameters, {})
        self._rates, self._decays, self._betas, self._eps = rates, decays, betas, eps

    @torch.no_grad()
    def step(self, closure=None) -> None:
        """One step for every network; nothing is read from the device."""
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            if parameters:
                self._step(parameters)

    def _step(self, parameters: list[Tensor]) -> None:
        beta1, beta2 = self._betas
        device = parameters[0].device
        self._rates, self._decays = self._rates.to(device), self._decays.to(device)
        states = [self._state_of(parameter) for parameter in parameters]
        steps, means, squares = (
            [state[key] for state in states] for key in ("step", "exp_avg", "exp_avg_sq")
        )
        gradients = [parameter.grad for parameter in parameters]
        torch._foreach_add_(steps, 1)
        torch._foreach_lerp_(means, gradients, 1 - beta1)
        torch._foreach_mul_(squares, beta2)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - beta2)
        sizes = torch._foreach_sqrt(squares)
        torch._foreach_div_(sizes, [torch.sqrt(1 - beta2**step) for step in steps])
        torch._foreach_add_(sizes, self._eps)
        moves = torch._foreach_div(means, sizes)
        torch._foreach_mul_(
            moves,
            [
                _along(self._rates / (1 - beta1**step), p)
                for step, p in zip(steps, parameters, strict=True)
            ],
        )
        shrink = 1 - self._rates * self._decays
        torch._foreach_mul_(parameters, [_along(shrink, p) for p in parameters])
        torch._foreach_sub_(parameters, moves)

    def _state_of(self, parameter: Tensor) -> dict[str, Tensor]:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros((), device=parameter.device)
            state["exp_avg"] = torch.zeros_like(parameter)
            state["exp_avg_sq"] = torch.zeros_like(parameter)
        return state


def _along(values: Tensor, parameter: Tensor) -> Tensor:
    """(n,) as (n, 1, ...), to go along the first axis of a parameter."""
    return values.view(-1, *[1] * (parameter.dim() - 1))
