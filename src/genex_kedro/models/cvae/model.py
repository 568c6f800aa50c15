"""Expression given tissue, condition and source: the conditional VAE (paper 001).

Encoder 1000-512-256, latent 50, decoder 256-512-1000, each layer Linear, BatchNorm, ReLU, the
encoded class at the input of both. :class:`CvaeConfig` covers what the authors released, the
same corrected, and what does best; standardisation is not part of the network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from genex_kedro.models.base import seeded_weights
from genex_kedro.models.blocks import AT_ONCE
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.cvae.calibration import MarginalCalibration
from genex_kedro.models.cvae.config import CvaeConfig
from genex_kedro.models.cvae.core import FactorAnalysis, aggregate_normal, class_noise
from genex_kedro.models.cvae.distributions import (
    DiagonalNormal,
    FullNormal,
    ScaledNormal,
    StandardNormal,
)
from genex_kedro.models.cvae.networks import Trunk, silent
from genex_kedro.models.sampling import BLOCK, sample_in_blocks

COMPANIONS = 4  # samples of the training mix beside each one asked for, with batch statistics


@dataclass(frozen=True)
class CvaeLoss:
    """0-d tensors in nats a sample, means over the batch.

    Parameters
    ----------
    objective : Tensor
        What training minimises: weighted and with free bits.
    elbo : Tensor
        The negative evidence lower bound, the same for every setting.
    reconstruction, kl : Tensor
        Its two parts.
    """

    objective: Tensor
    elbo: Tensor
    reconstruction: Tensor
    kl: Tensor


class Cvae(nn.Module):
    """The network; build it with :func:`build`.

    Parameters
    ----------
    config : CvaeConfig
    vocabulary : Vocabulary
    n_genes : int

    Notes
    -----
    Everywhere `expression` is (n_samples, n_genes), standardised as in training, and `classes`
    int64 (n_samples,), positions in the vocabulary (:meth:`Vocabulary.index`).
    """

    def __init__(self, config: CvaeConfig, vocabulary: Vocabulary, n_genes: int) -> None:
        super().__init__()
        self.config, self.vocabulary, self.n_genes = config, vocabulary, n_genes
        design = torch.from_numpy(vocabulary.design(config.encoding))
        self.register_buffer("design", design, persistent=False)  # follows from the vocabulary
        self.register_buffer("kl_weight", torch.tensor(config.kl_weight), persistent=False)
        self._make_encoder(design.shape[1])
        self._make_decoder(design.shape[1])
        self._make_observation()
        if config.prior == "class":
            n, k = len(vocabulary), config.latent
            self.register_buffer("prior_means", torch.zeros(n, k))
            self.register_buffer("prior_whiteners", torch.eye(k).repeat(n, 1, 1))
        if config.calibrated:
            self.calibration = MarginalCalibration(len(vocabulary), n_genes)

    def inference(self, expression: Tensor, classes: Tensor) -> DiagonalNormal:
        """The posterior of the latent, (n_samples, latent)."""
        mean, log_sd = 0.0, 0.0
        if self.config.encoder_hidden:
            hidden = self.encoder(torch.cat([expression, self.design[classes]], dim=1))
            mean, log_sd = self.latent_mean(hidden), self.latent_log_sd(hidden)
        if self.config.core:
            mean = mean + (expression - self.means[classes]) @ self.recognition.T
            log_sd = log_sd + self.core_log_sd.expand_as(mean)
        return DiagonalNormal(mean, log_sd)

    def generative(self, latent: Tensor, classes: Tensor) -> DiagonalNormal | ScaledNormal:
        """Expression given the latent (n_samples, latent)."""
        mean = 0.0
        if self.config.decoder_hidden:
            mean = self.output(self.decoder(torch.cat([latent, self.design[classes]], dim=1)))
        if self.config.core:
            mean = mean + self.means[classes] + latent @ self.loadings.T
        log_sd = self.log_sd
        if self.config.observation == "per_class":
            log_sd = log_sd[classes]
        log_sd = log_sd.expand_as(mean)
        if self.config.noise_freedom is None:
            return DiagonalNormal(mean, log_sd)
        return ScaledNormal(mean, log_sd, self.config.noise_freedom)

    def prior(self, classes: Tensor) -> StandardNormal | FullNormal:
        """The latent given the class."""
        if self.config.prior == "class":
            return FullNormal(self.prior_means[classes], self.prior_whiteners[classes])
        return StandardNormal(len(classes), self.config.latent)

    def loss(self, expression: Tensor, classes: Tensor, draw: torch.Generator) -> CvaeLoss:
        """The objective and the ELBO by one draw from the posterior.

        (SSE + KL) / batch of the authors' code is this objective with variance .5 but for a
        constant, n_genes / 2 log(pi).
        """
        posterior = self.inference(expression, classes)
        latent = posterior.sample(draw)
        reconstruction = -self.generative(latent, classes).log_prob(expression).mean()
        by_dimension = self.prior(classes).divergence_from(posterior).mean(dim=0)
        kl = by_dimension.sum()
        paid = by_dimension.clamp_min(self.config.free_bits).sum() if self.config.free_bits else kl
        return CvaeLoss(
            reconstruction + self.kl_weight * paid, reconstruction + kl, reconstruction, kl
        )

    def sample(self, classes: Tensor, seed: int) -> Tensor:
        """One profile for each class asked for; see :func:`sample_in_blocks`."""
        return sample_in_blocks(self, classes, seed, self._sample_block)

    def _sample_block(self, asked: Tensor, draw: torch.Generator) -> Tensor:
        classes = asked
        if self.config.sampling_statistics == "batch":
            # alone, samples of one class would have their own statistics normalised away
            shares = torch.tensor(self.vocabulary.counts, dtype=torch.float)
            mix = torch.multinomial(shares, COMPANIONS * BLOCK, replacement=True, generator=draw)
            classes = torch.cat([asked, mix])
        classes = classes.to(self.design.device)
        latent = self.prior(classes).sample(draw).to(self.design.device)
        expression = self.generative(latent, classes)
        made = expression.sample(draw) if self.config.observation_noise else expression.mean
        if self.config.calibrated:
            made = self.calibration(made, classes)
        return made[: len(asked)]

    @torch.no_grad()
    def start_from(self, core: FactorAnalysis) -> None:
        """Put the fitted core into the network."""
        self.means.copy_(core.means)
        self.loadings.copy_(core.loadings)
        self.recognition.copy_(core.recognition)
        self.core_log_sd.copy_(-0.5 * core.precision.log())
        if self.config.observation == "per_gene":
            self.log_sd.copy_(0.5 * core.noise_variance.log())
        elif self.config.observation == "per_class":
            noise = class_noise(core, self.config.noise_shrinkage)
            self.log_sd.copy_(0.5 * noise.log())

    @torch.no_grad()
    def refit_prior(self, expression: Tensor, classes: Tensor) -> None:
        """Match the prior of each class to the posteriors of its *training* samples.

        Only for the prior ``class``; call it in evaluation mode. Expression may be on disk.
        """
        device, posteriors = self.design.device, []
        for block, own in zip(expression.split(AT_ONCE), classes.split(AT_ONCE), strict=True):
            found = self.inference(block.to(device), own.to(device))
            posteriors.append((found.mean.cpu(), torch.exp(2 * found.log_sd).cpu()))
        mean, variance = map(torch.cat, zip(*posteriors, strict=True))
        shrinkage = self.config.prior_shrinkage
        means, whiteners = aggregate_normal(
            mean, variance, classes.cpu(), self.design.cpu(), shrinkage
        )
        self.prior_means.copy_(means)
        self.prior_whiteners.copy_(whiteners)

    def _make_encoder(self, width: int) -> None:
        config, always_batch = self.config, self.config.sampling_statistics == "batch"
        if config.encoder_hidden:
            first, *others = config.encoder_hidden
            hidden = (first + width * config.widen_encoder, *others)
            self.encoder = Trunk(self.n_genes + width, hidden, always_batch, config.residual)
            self.latent_mean = nn.Linear(self.encoder.width, config.latent)
            self.latent_log_sd = nn.Linear(self.encoder.width, config.latent)
            if config.core:
                silent(self.latent_mean)
                silent(self.latent_log_sd)
        if config.core:
            self.recognition = nn.Parameter(torch.zeros(config.latent, self.n_genes))
            self.core_log_sd = nn.Parameter(torch.zeros(config.latent))

    def _make_decoder(self, width: int) -> None:
        config, always_batch = self.config, self.config.sampling_statistics == "batch"
        if config.decoder_hidden:
            hidden = config.decoder_hidden
            self.decoder = Trunk(config.latent + width, hidden, always_batch, config.residual)
            self.output = nn.Linear(self.decoder.width, self.n_genes)
            if config.core:
                silent(self.output)
        if config.core:
            self.means = nn.Parameter(torch.zeros(len(self.vocabulary), self.n_genes))
            self.loadings = nn.Parameter(torch.zeros(self.n_genes, config.latent))

    def _make_observation(self) -> None:
        log_sd = torch.full((self.n_genes,), 0.5 * math.log(0.5))
        if self.config.observation == "half":
            self.register_buffer("log_sd", log_sd, persistent=False)
        elif self.config.observation == "per_gene":
            self.log_sd = nn.Parameter(log_sd)
        else:
            self.log_sd = nn.Parameter(log_sd.repeat(len(self.vocabulary), 1))


def build(config: CvaeConfig, vocabulary: Vocabulary, n_genes: int, seed: int) -> Cvae:
    """A conditional VAE with weights drawn from `seed`."""
    with seeded_weights(seed):
        return Cvae(config, vocabulary, n_genes)
