"""How the conditional VAE learns: the family ``cvae`` (:mod:`genex_kedro.models.family`)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genex_kedro.models.averaging import follow, trained_beside
from genex_kedro.models.blocks import enough_samples
from genex_kedro.models.cvae.calibration import MarginalCalibration
from genex_kedro.models.cvae.core import fit_core
from genex_kedro.models.cvae.model import Cvae, build

__all__ = ["CvaeLearner", "build", "finish", "learner"]

_DRAWN = 4096  # least samples whose quantiles are compared with those of the training samples


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
        ``(expression, classes)`` of the training samples: where a core starts from. Here and in
        :func:`finish` expression is read in blocks: it may be on disk.

    Notes
    -----
    After the fit: ``cvae.load_state_dict(last.weights("generator"))``, then :func:`finish`.
    """

    def __init__(self, cvae: Cvae, train: tuple[Tensor, Tensor]) -> None:
        self.config, self.cvae = cvae.config, cvae
        start(cvae, *train)
        self.modules: dict[str, nn.Module] = {"generator": cvae}
        self.trained = trained_beside(cvae, self.modules, self.config.average)
        self.optimizers = {
            "generator": torch.optim.AdamW(
                self.trained.parameters(),
                lr=self.config.learning_rate,
                weight_decay=self.config.weight_decay,
                fused=True,
            )
        }

    def on_epoch(self, epoch: int) -> None:
        """The KL weight rises over the warm-up; in a tensor, which a CUDA graph reads anew."""
        self.trained.kl_weight.fill_(self.config.kl_weight_at(epoch))

    def step(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """One step of the network, and of the average where there is one."""
        optimizer = self.optimizers["generator"]
        optimizer.zero_grad(set_to_none=True)
        loss = self.trained.loss(*batch, draw)
        loss.objective.backward()
        optimizer.step()
        if self.config.average is not None:
            follow(self.cvae, self.trained, self.config.average)
        parts = {"loss": loss.objective, "reconstruction": loss.reconstruction, "kl": loss.kl}
        return {name: value.detach() for name, value in parts.items()}

    def validate(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """The negative ELBO and its parts, by one draw from the posterior."""
        loss = self.cvae.loss(*batch, draw)
        return {"loss": loss.elbo, "reconstruction": loss.reconstruction, "kl": loss.kl}


def start(cvae: Cvae, expression: Tensor, classes: Tensor) -> None:
    """Begin a core at factor analysis of the training samples; other settings stay as built."""
    if not cvae.config.core:
        return
    core = fit_core(expression, classes, cvae.design, cvae.config.latent)
    cvae.start_from(core)
    finish(cvae, (expression, classes))


def finish(cvae: Cvae, train: tuple[Tensor, Tensor]) -> Cvae:
    """After the fit: prior and marginals by the training samples; in evaluation mode."""
    cvae.eval()
    if cvae.config.prior == "class":
        cvae.refit_prior(*train)
    if cvae.config.calibrated:
        _calibrate(cvae, *train)
    return cvae


def _calibrate(cvae: Cvae, expression: Tensor, classes: Tensor) -> None:
    """Compare the model's own draws, of the training mix, with the training samples."""
    classes = classes.cpu()
    calibration = MarginalCalibration(len(cvae.vocabulary), cvae.n_genes)
    cvae.calibration.load_state_dict(calibration.state_dict())  # draws as they come
    compared = enough_samples(expression, "draws to compare with quantiles")
    asked = classes[compared].repeat(-(-_DRAWN // len(compared)))
    drawn = cvae.sample(asked, seed=0)
    design, prior = cvae.design.cpu(), cvae.config.noise_shrinkage
    calibration.fit((expression, classes), (drawn, asked), design, prior)
    cvae.calibration.load_state_dict(calibration.state_dict())


learner = CvaeLearner
