"""How the conditional VAE learns, and the form in which it is kept."""

from __future__ import annotations

import copy
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from genex_kedro.models.base import TrainedModel
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.cvae import Cvae
from genex_kedro.models.cvae_config import CvaeConfig
from genex_kedro.models.cvae_core import fit_core

MODEL_NAME = "Cvae"


class CvaeLearner:
    """The negative ELBO with Adam (a Learner, see ``genex_kedro.training``).

    Batches are ``(expression, classes)``: (n, n_genes) standardised, and int64 (n,).
    Losses, in training and validation, nats a sample: ``loss`` the negative ELBO (in training
    it is the objective that is minimised), ``reconstruction`` and ``kl`` its parts. The ELBO is
    defined alike for all settings, so that trials with other settings compare.

    Parameters
    ----------
    cvae : Cvae
        Trained in place; with an average of weights `cvae` is the average.
    train : tuple of Tensor
        ``(expression, classes)`` of the training samples: where a core starts from.

    Notes
    -----
    After the fit: ``cvae.load_state_dict(last.weights("cvae"))``, then :func:`finish`.
    """

    def __init__(self, cvae: Cvae, train: tuple[Tensor, Tensor]) -> None:
        self.config, self.cvae = cvae.config, cvae
        start(cvae, *train)
        self.trained = cvae
        self.modules: dict[str, nn.Module] = {"cvae": cvae}
        if self.config.average is not None:
            self.trained = self.modules["trained"] = copy.deepcopy(cvae)
            cvae.requires_grad_(False)
        self.optimizers = {
            "cvae": torch.optim.AdamW(
                self.trained.parameters(),
                lr=self.config.learning_rate,
                weight_decay=self.config.weight_decay,
                fused=True,
            )
        }

    def on_epoch(self, epoch: int) -> None:
        """The KL weight rises over the warm-up; in a tensor, which a CUDA graph reads anew."""
        share = min(1.0, epoch / self.config.kl_warm_up) if self.config.kl_warm_up else 1.0
        self.trained.kl_weight.fill_(self.config.kl_weight * share)

    def step(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """One step of the network, and of the average where there is one."""
        optimizer = self.optimizers["cvae"]
        optimizer.zero_grad(set_to_none=True)
        loss = self.trained.loss(*batch, draw)
        loss.objective.backward()
        optimizer.step()
        if self.config.average is not None:
            self._average()
        parts = {"loss": loss.objective, "reconstruction": loss.reconstruction, "kl": loss.kl}
        return {name: value.detach() for name, value in parts.items()}

    def validate(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """The negative ELBO and its parts, by one draw from the posterior."""
        loss = self.cvae.loss(*batch, draw)
        return {"loss": loss.elbo, "reconstruction": loss.reconstruction, "kl": loss.kl}

    @torch.no_grad()
    def _average(self) -> None:
        kept, new = self.cvae.state_dict(), self.trained.state_dict()
        floating = [key for key, tensor in kept.items() if tensor.is_floating_point()]
        torch._foreach_lerp_(
            [kept[key] for key in floating],
            [new[key] for key in floating],
            1 - self.config.average,
        )


def start(cvae: Cvae, expression: Tensor, classes: Tensor) -> None:
    """Begin a core at factor analysis of the training samples; other settings stay as built."""
    if not cvae.config.core:
        return
    core = fit_core(expression, classes, cvae.design, cvae.config.latent)
    cvae.start_from(core, classes)
    finish(cvae, expression, classes)


def finish(cvae: Cvae, expression: Tensor, classes: Tensor) -> Cvae:
    """After the fit: the class prior refitted on the training samples; in evaluation mode."""
    cvae.eval()
    if cvae.config.prior == "class":
        device = cvae.design.device
        cvae.refit_prior(expression.to(device), classes.to(device))
    return cvae


def to_trained_model(
    cvae: Cvae, genes: pd.DataFrame, transform: dict[str, Any], card: dict[str, Any]
) -> TrainedModel:
    """A conditional VAE in the form that is kept on disk.

    Parameters
    ----------
    cvae : Cvae
    genes : DataFrame, indexed by symbol
        In the order of its inputs.
    transform : dict
        How expression in log2(x+1) is standardised before it enters.
    card : dict
        What it was trained on and how well it does.
    """
    config = {
        "model": MODEL_NAME,
        "network": cvae.config.model_dump(mode="json"),
        "vocabulary": cvae.vocabulary.to_json(),
    }
    weights = {key: tensor.detach().cpu() for key, tensor in cvae.state_dict().items()}
    return TrainedModel(config, weights, genes, transform, card)


def from_trained_model(trained: TrainedModel) -> Cvae:
    """The conditional VAE in evaluation mode, on the CPU.

    Raises
    ------
    ValueError
        If it is another model.
    """
    if (name := trained.config.get("model")) != MODEL_NAME:
        raise ValueError(f"the trained model is {name!r}, not {MODEL_NAME!r}")
    config = CvaeConfig(**trained.config["network"])
    cvae = Cvae(config, Vocabulary.from_json(trained.config["vocabulary"]), len(trained.genes))
    cvae.load_state_dict(trained.weights)
    return cvae.eval()
