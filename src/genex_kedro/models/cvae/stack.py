"""Conditional VAEs of one shape, trained side by side as one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genex_kedro.models.averaging import follow
from genex_kedro.models.cvae.config import CvaeConfig
from genex_kedro.models.cvae.learner import CvaeLearner
from genex_kedro.models.cvae.model import Cvae
from genex_kedro.models.stacking import Stack, StackedAdamW

# in which networks of a stack may differ: rates and weights are tensors, and how a core begins
# is over when they are stacked
FREE = ("learning_rate", "weight_decay", "kl_weight", "kl_warm_up", "noise_shrinkage", "prior_shrinkage")  # fmt: skip


def shape_of(config: CvaeConfig) -> str:
    """What networks must have in common to be stacked: all but :data:`FREE`."""
    return config.model_dump_json(exclude=set(FREE))


class CvaeStack:
    """As many learners as one: each loss is a tensor (n,), the order that of the learners.

    Every network learns what it would have learned by itself, but for rounding, from the same
    batches and draws. The learners themselves stay as they are.

    Parameters
    ----------
    learners : sequence of CvaeLearner, n of them
        Untrained, of one shape (:func:`shape_of`).

    Raises
    ------
    ValueError
        If their shapes differ.
    """

    def __init__(self, learners: Sequence[CvaeLearner]) -> None:
        configs = [learner.config for learner in learners]
        if len({shape_of(config) for config in configs}) != 1:
            raise ValueError("networks of several shapes cannot be stacked")
        self.n, self._configs, self._average = len(learners), configs, configs[0].average
        self.generator = self.trained = Stack([_Losses(learner.trained) for learner in learners])
        self.modules: dict[str, nn.Module] = {"trained": self.trained}
        if self._average is not None:
            self.generator = Stack([_Losses(learner.cvae) for learner in learners])
            self.modules["generator"] = self.generator
        rates, decays = (
            torch.tensor([getattr(config, name) for config in configs])
            for name in ("learning_rate", "weight_decay")
        )
        self.optimizers = {"generator": StackedAdamW(self.trained.parameters(), rates, decays)}

    def on_epoch(self, epoch: int) -> None:
        """The KL weight of each network, see :meth:`CvaeLearner.on_epoch`."""
        weights = [config.kl_weight_at(epoch) for config in self._configs]
        buffer = self.trained.of("cvae.kl_weight")
        buffer.copy_(torch.tensor(weights))

    def step(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """One step of every network."""
        optimizer = self.optimizers["generator"]
        optimizer.zero_grad(set_to_none=True)
        objective, _, reconstruction, kl = self.trained(*batch, draw)
        objective.sum().backward()
        optimizer.step()
        if self._average is not None:
            follow(self.generator, self.trained, self._average)
        parts = {"loss": objective, "reconstruction": reconstruction, "kl": kl}
        return {name: value.detach() for name, value in parts.items()}

    def validate(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """The negative ELBO of every network and its parts."""
        _, elbo, reconstruction, kl = self.generator(*batch, draw)
        return {"loss": elbo, "reconstruction": reconstruction, "kl": kl}


class _Losses(nn.Module):
    """The loss of a conditional VAE as the forward pass of a module, which can be stacked."""

    def __init__(self, cvae: Cvae) -> None:
        super().__init__()
        self.cvae = cvae

    def forward(self, expression: Tensor, classes: Tensor, draw: torch.Generator) -> tuple:
        loss = self.cvae.loss(expression, classes, draw)
        return loss.objective, loss.elbo, loss.reconstruction, loss.kl
