"""How a CycleGAN learns, and the form in which it is kept."""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from genex_kedro.models.base import TrainedModel, weights_of
from genex_kedro.models.cyclegan.config import CycleGanConfig
from genex_kedro.models.cyclegan.model import CycleGan, Discriminators, HistoryPool, Partners

MODEL_NAME = "CycleGan"


class CycleGanLearner:
    """Two generators against two discriminators (a Learner, see ``genex_kedro.training``).

    Batches are ``(expression, tissue)`` of tumors: (n, n_genes) standardised, and int64 (n,).
    To each batch as many normals are drawn: any, or in a conditional one of the same tissues;
    never a tumor's own but by chance. Losses of a step, means over the batch: ``generators``
    (what they minimise), ``discriminators``, and unweighted ``adversarial``, ``cycle``,
    ``identity``, ``change``.

    Parameters
    ----------
    generators : CycleGan
        Trained in place.
    discriminators : Discriminators
    tumors, normals : tuple of Tensor
        ``(expression, tissue)`` of the training samples.
    epochs : int
        Of the whole fit: the schedule of the learning rate follows from it.

    Notes
    -----
    A GAN has no validation loss to stop by; the last weights are the result:
    ``generators.load_state_dict(last.weights("generators"))``.
    """

    def __init__(
        self,
        generators: CycleGan,
        discriminators: Discriminators,
        tumors: tuple[Tensor, Tensor],
        normals: tuple[Tensor, Tensor],
        epochs: int,
    ) -> None:
        config = self.config = generators.config
        self.generators, self.discriminators, self.epochs = generators, discriminators, epochs
        self.partners = Partners(*normals, len(generators.tissues))
        self.tumor_pool = HistoryPool(config.pool, generators.n_genes)
        self.normal_pool = HistoryPool(config.pool, generators.n_genes)
        self.modules: dict[str, nn.Module] = {
            "generators": generators,
            "discriminators": discriminators,
            "partners": self.partners,
        }
        if config.pool:
            self.modules |= {"tumor_pool": self.tumor_pool, "normal_pool": self.normal_pool}
        self.optimizers = {
            name: torch.optim.Adam(
                self.modules[name].parameters(),
                lr=config.learning_rate,
                betas=(config.first_moment, 0.999),
                fused=True,
            )
            for name in ("generators", "discriminators")
        }
        if generators.classifier is not None:
            both = (torch.cat(pair) for pair in zip(tumors, normals, strict=True))
            generators.classifier.fit(*both, config.tissue_penalty)

    def on_epoch(self, epoch: int) -> None:
        """A constant rate, then a linear fall that would reach zero after the last epoch."""
        falling = self.config.decay * self.epochs
        left = self.epochs + 1 - epoch
        rate = self.config.learning_rate * min(1.0, left / (falling + 1))
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate

    def step(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """One step of the generators, then one of the discriminators."""
        tumor, tumor_tissue = batch
        normal, normal_tissue = self.partners.draw(tumor_tissue, draw)
        made_normal = self.generators.to_normal(tumor, tumor_tissue)
        made_tumor = self.generators.to_tumor(normal, normal_tissue)
        losses = self._generators_step(
            tumor, tumor_tissue, made_normal, normal, normal_tissue, made_tumor
        )
        losses["discriminators"] = self._discriminators_step(
            (normal, normal_tissue),
            self.normal_pool.swap(made_normal.detach(), tumor_tissue, draw),
            (tumor, tumor_tissue),
            self.tumor_pool.swap(made_tumor.detach(), normal_tissue, draw),
        )
        return losses

    def validate(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """How far tumors of a validation batch come back from their round trip, L1."""
        tumor, tissue = batch
        back = self.generators.to_tumor(self.generators.to_normal(tumor, tissue), tissue)
        return {"cycle": functional.l1_loss(back, tumor)}

    def _generators_step(self, tumor, tumor_tissue, made_normal, normal, normal_tissue, made_tumor):
        to_normal, to_tumor = self.generators.to_normal, self.generators.to_tumor
        self.optimizers["generators"].zero_grad(set_to_none=True)
        self.discriminators.requires_grad_(False)  # their gradients would be thrown away
        distance = functional.l1_loss
        parts = {
            "adversarial": self._as_real(self.discriminators.normal(made_normal, tumor_tissue))
            + self._as_real(self.discriminators.tumor(made_tumor, normal_tissue)),
            "cycle": distance(to_tumor(made_normal, tumor_tissue), tumor)
            + distance(to_normal(made_tumor, normal_tissue), normal),
            "change": distance(made_normal, tumor) + distance(made_tumor, normal),
        }
        total = parts["adversarial"] + self.config.cycle_weight * parts["cycle"]
        total = total + self.config.change_weight * parts["change"]
        if self.config.identity_weight:
            parts["identity"] = distance(to_normal(normal, normal_tissue), normal) + distance(
                to_tumor(tumor, tumor_tissue), tumor
            )
            total = total + self.config.identity_weight * parts["identity"]
        total.backward()
        self.optimizers["generators"].step()
        self.discriminators.requires_grad_(True)
        return {name: value.detach() for name, value in {"generators": total, **parts}.items()}

    def _discriminators_step(self, normal, made_normal, tumor, made_tumor) -> Tensor:
        self.optimizers["discriminators"].zero_grad(set_to_none=True)
        loss = self._tell_apart(self.discriminators.normal, normal, made_normal)
        loss = loss + self._tell_apart(self.discriminators.tumor, tumor, made_tumor)
        loss.backward()
        self.optimizers["discriminators"].step()
        return loss.detach()

    def _tell_apart(self, discriminator, real, made) -> Tensor:
        expression, tissue = real
        if self.config.penalty:
            expression = expression.detach().requires_grad_()
        logit = discriminator(expression, tissue)
        loss = (self._as_real(logit) + self._as_made(discriminator(*made))) / 2
        if self.config.penalty:
            (slope,) = torch.autograd.grad(logit.sum(), expression, create_graph=True)
            loss = loss + self.config.penalty / 2 * slope.square().sum(dim=1).mean()
        return loss

    def _as_real(self, logit: Tensor) -> Tensor:
        if self.config.adversarial == "lsgan":
            return (logit - 1).square().mean()
        return functional.softplus(-logit).mean()

    def _as_made(self, logit: Tensor) -> Tensor:
        if self.config.adversarial == "lsgan":
            return logit.square().mean()
        return functional.softplus(logit).mean()


def to_trained_model(
    generators: CycleGan, genes: pd.DataFrame, transform: dict[str, Any], card: dict[str, Any]
) -> TrainedModel:
    """The generators in the form that is kept on disk; see :class:`TrainedModel`."""
    config = {
        "model": MODEL_NAME,
        "network": generators.config.model_dump(mode="json"),
        "tissues": list(generators.tissues),
    }
    return TrainedModel(config, weights_of(generators), genes, transform, card)


def from_trained_model(trained: TrainedModel) -> CycleGan:
    """The generators in evaluation mode, on the CPU.

    Raises
    ------
    ValueError
        If it is another model.
    """
    kept = trained.config_as(MODEL_NAME)
    config = CycleGanConfig(**kept["network"])
    generators = CycleGan(config, tuple(kept["tissues"]), len(trained.genes))
    generators.load_state_dict(trained.weights)
    return generators.eval()
