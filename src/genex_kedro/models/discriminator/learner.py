"""How the discriminator learns."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from genex_kedro.models.discriminator.model import Discriminator


class DiscriminatorLearner:
    """Binary cross-entropy with Adam (a Learner, see ``genex_kedro.training``).

    Batches are ``(expression, is_tumor)``: (n, n_genes) standardised and (n,) with 1 for tumor.
    Losses: ``loss``, the cross-entropy in nats. In training it is the mean over members (the
    penalty is not in it); in validation that of the averaged logit.

    Parameters
    ----------
    discriminator : Discriminator
    tumor_share : float
        Share of tumors in the training data; used when ``config.balanced``.
    """

    def __init__(self, discriminator: Discriminator, tumor_share: float = 0.5) -> None:
        config = discriminator.config
        self.discriminator = discriminator
        self.modules = {"discriminator": discriminator}
        self.optimizers = {
            "discriminator": torch.optim.AdamW(self._groups(), lr=config.learning_rate, fused=True)
        }
        self._tumor_weight, self._normal_weight = 1.0, 1.0
        if config.balanced:
            self._tumor_weight = 0.5 / tumor_share
            self._normal_weight = 0.5 / (1 - tumor_share)

    def step(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """One step of all members; each learns from its own logit."""
        expression, is_tumor = batch
        optimizer = self.optimizers["discriminator"]
        optimizer.zero_grad(set_to_none=True)
        losses = [
            self._loss(logit, is_tumor)
            for logit in self.discriminator.member_logits(expression, draw)
        ]
        loss = torch.stack(losses).sum()
        penalty = self.discriminator.config.shortcut_penalty
        if penalty:
            squares = [linear.weight.square().sum() for linear in self.discriminator.shortcuts]
            (loss + penalty / 2 * torch.stack(squares).sum()).backward()
        else:
            loss.backward()
        optimizer.step()
        return {"loss": loss.detach() / len(losses)}

    def validate(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """Cross-entropy of the averaged logit; nothing is drawn."""
        expression, is_tumor = batch
        return {"loss": self._loss(self.discriminator(expression), is_tumor)}

    def _loss(self, logit: Tensor, is_tumor: Tensor) -> Tensor:
        weight = is_tumor * self._tumor_weight + (1 - is_tumor) * self._normal_weight
        return functional.binary_cross_entropy_with_logits(logit, is_tumor, weight=weight)

    def _groups(self) -> list[dict]:
        """Decay for the networks; the linear path has its own rate, and its penalty in the loss."""
        config = self.discriminator.config
        networks = list(self.discriminator.networks.parameters())
        groups = [{"params": networks, "weight_decay": config.weight_decay}]
        if config.shortcut:
            linear = list(self.discriminator.shortcuts.parameters())
            rate = config.shortcut_learning_rate or config.learning_rate
            groups.append({"params": linear, "weight_decay": 0.0, "lr": rate})
        return groups
