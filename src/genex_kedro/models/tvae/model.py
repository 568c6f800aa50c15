"""TVAE: a variational autoencoder of mode-specific normalised genes (Xu et al. 2019).

"Modeling Tabular data using Conditional GAN", section 4.5: a gene is its mode, categorical, and
its place alpha within it, normal around a tanh with a standard deviation learned for each gene;
the class is a further categorical column. All genes are padded to the same number of modes
(:mod:`genex_kedro.models.modes.mode_specific`), so that a loss is a few operations on one tensor.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from genex_kedro.models.base import seeded_weights
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.draws import gumbel
from genex_kedro.models.modes.mode_specific import Encoded, ModeSpecific
from genex_kedro.models.sampling import sample_in_blocks
from genex_kedro.models.tvae.config import TvaeConfig

FIRST_SIGMA, LEAST_SIGMA, MOST_SIGMA = 0.1, 0.01, 1.0
CANDIDATES = 2**15  # latents among which those of the classes asked for are sought, each block


@dataclass(frozen=True)
class TvaeLoss:
    """0-d tensors in nats a sample, means over the batch.

    Parameters
    ----------
    objective : Tensor
        What training minimises.
    elbo : Tensor
        The negative evidence lower bound of modes, alphas and class.
    reconstruction, kl : Tensor
        Its two parts.
    """

    objective: Tensor
    elbo: Tensor
    reconstruction: Tensor
    kl: Tensor


class Tvae(nn.Module):
    """The networks and the modes; build it with :func:`build`.

    Parameters
    ----------
    config : TvaeConfig
    vocabulary : Vocabulary
    n_genes : int

    Notes
    -----
    Everywhere `expression` is (n_samples, n_genes), scaled as in training, and `classes` int64
    (n_samples,), positions in the vocabulary.
    """

    def __init__(self, config: TvaeConfig, vocabulary: Vocabulary, n_genes: int) -> None:
        super().__init__()
        self.config, self.vocabulary, self.n_genes = config, vocabulary, n_genes
        self.modes = ModeSpecific(n_genes, config.modes)
        n_classes = len(vocabulary)
        given = config.classes == "given"
        self.encoder = relu_layers([self.modes.width + n_classes, *config.encoder_hidden])
        self.latent_mean = nn.Linear(config.encoder_hidden[-1], config.latent)
        self.latent_log_variance = nn.Linear(config.encoder_hidden[-1], config.latent)
        self.decoder = relu_layers([config.latent + given * n_classes, *config.decoder_hidden])
        last = config.decoder_hidden[-1]
        self.alpha_output = nn.Linear(last, n_genes)
        self.mode_output = nn.Linear(last, config.modes * n_genes)
        self.class_output = None if given else nn.Linear(last, n_classes)
        self.sigma = nn.Parameter(torch.full((n_genes,), FIRST_SIGMA))

    def inference(self, encoded: Encoded, classes: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the posterior, each (n_samples, latent)."""
        table = encoded.padded(self.config.modes, len(self.vocabulary))
        table[:, self.modes.width :] = self._one_hot(classes)
        columns, first = self.modes.columns(len(self.vocabulary)), self.encoder[0]
        weight = first.weight.index_select(1, columns)
        hidden = functional.linear(table.index_select(1, columns), weight, first.bias)
        hidden = self.encoder[1:](hidden)
        return self.latent_mean(hidden), self.latent_log_variance(hidden)

    def generative(self, latent: Tensor, classes: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Alphas (n_samples, n_genes), scores of the modes (n_samples, n_modes, n_genes) and of
        the classes, unless they are given, from latents (n_samples, latent)."""
        hidden = self._decode(latent, classes)
        return (
            torch.tanh(self.alpha_output(hidden)),
            self.modes.scores(self.mode_output, hidden),
            None if self.class_output is None else self.class_output(hidden),
        )

    def loss(self, expression: Tensor, classes: Tensor, draw: torch.Generator) -> TvaeLoss:
        """The objective and the ELBO by one draw of modes and one from the posterior."""
        encoded = self.modes.encode(expression, draw)
        mean, log_variance = self.inference(encoded, classes)
        noise = torch.randn(mean.shape, generator=draw, device=draw.device)
        alpha, modes, scores = self.generative(
            mean + torch.exp(0.5 * log_variance) * noise, classes
        )
        reconstruction = table_loss(alpha, modes, self.sigma, encoded)
        if scores is not None:
            reconstruction = reconstruction + functional.cross_entropy(scores, classes)
        kl = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1).mean()
        return TvaeLoss(
            self.config.loss_factor * reconstruction + kl, reconstruction + kl, reconstruction, kl
        )

    def sample(self, classes: Tensor, seed: int) -> Tensor:
        """One profile for each class asked for; see :func:`sample_in_blocks`."""
        return sample_in_blocks(self, classes, seed, self._make)

    def _make(self, classes: Tensor, draw: torch.Generator) -> Tensor:
        device = self.sigma.device
        latent = self._latents(classes, draw).to(device)
        alpha, modes, _ = self.generative(latent, classes.to(device))
        if self.config.drawn_modes:
            modes = modes + gumbel(modes.shape, draw).to(device)
        noise = torch.randn(alpha.shape, generator=draw).to(device)
        alpha = (alpha + self.sigma * noise).clamp(-1, 1)
        return self.modes.decode(Encoded(alpha, modes.argmax(dim=1)))

    def _latents(self, classes: Tensor, draw: torch.Generator) -> Tensor:
        """Latents from the prior, or from the prior given the class; (n, latent), on the CPU.

        With the class as a column p(latent | class) is proportional to p(latent) p(class |
        latent): latents are drawn from the prior and chosen by the decoder's probabilities
        (sampling and importance resampling), which gives what waiting for the class to turn
        up would give, for rare classes too.
        """
        if self.class_output is None:
            return torch.randn((len(classes), self.config.latent), generator=draw)
        candidates = torch.randn((CANDIDATES, self.config.latent), generator=draw)
        hidden = self.decoder(candidates.to(self.sigma.device))
        probability = torch.softmax(self.class_output(hidden), dim=1).T.cpu()
        asked, counts = classes.unique(return_counts=True)
        chosen = torch.empty_like(classes)
        for at, n in zip(asked.tolist(), counts.tolist(), strict=True):
            weights = probability[at] + torch.finfo(probability.dtype).tiny
            chosen[classes == at] = torch.multinomial(weights, n, True, generator=draw)
        return candidates[chosen]

    def _decode(self, latent: Tensor, classes: Tensor) -> Tensor:
        if self.class_output is None:
            latent = torch.cat([latent, self._one_hot(classes)], dim=1)
        return self.decoder(latent)

    def _one_hot(self, classes: Tensor) -> Tensor:
        return functional.one_hot(classes, len(self.vocabulary)).to(self.sigma.dtype)


class TvaeLearner:
    """The negative ELBO with Adam (a Learner, see ``genex_kedro.training``).

    Batches are ``(expression, classes)``. Losses in nats a sample: ``loss``, in training the
    objective and in validation the negative ELBO, ``reconstruction`` and ``kl``.

    Parameters
    ----------
    generator : Tvae
        Trained in place.
    train : tuple of Tensor
        ``(expression, classes)``: the modes are fitted on it.
    """

    def __init__(self, generator: Tvae, train: tuple[Tensor, Tensor]) -> None:
        generator.modes.fit(train[0])
        self.generator, config = generator, generator.config
        self.modules: dict[str, nn.Module] = {"generator": generator}
        self.optimizers = {
            "generator": torch.optim.Adam(
                generator.parameters(),
                lr=config.learning_rate,
                weight_decay=config.weight_decay,
                fused=True,
            )
        }

    def step(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """One step; the standard deviations are then brought back between .01 and 1."""
        optimizer = self.optimizers["generator"]
        optimizer.zero_grad(set_to_none=True)
        loss = self.generator.loss(*batch, draw)
        loss.objective.backward()
        optimizer.step()
        with torch.no_grad():
            self.generator.sigma.clamp_(LEAST_SIGMA, MOST_SIGMA)
        parts = {"loss": loss.objective, "reconstruction": loss.reconstruction, "kl": loss.kl}
        return {name: value.detach() for name, value in parts.items()}

    def validate(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """The negative ELBO and its parts."""
        loss = self.generator.loss(*batch, draw)
        return {"loss": loss.elbo, "reconstruction": loss.reconstruction, "kl": loss.kl}


def table_loss(alpha: Tensor, modes: Tensor, sigma: Tensor, encoded: Encoded) -> Tensor:
    """Minus the log probability of encoded genes, nats a sample; 0-d.

    Parameters
    ----------
    alpha : Tensor, shape (n_samples, n_genes)
        Expected alphas.
    modes : Tensor, shape (n_samples, n_modes, n_genes)
        Scores.
    sigma : Tensor, shape (n_genes,)
        Standard deviations of the alphas.
    encoded : Encoded
    """
    n_samples, n_genes = alpha.shape
    squares = ((encoded.alpha - alpha) / sigma).square().sum()
    of_modes = functional.cross_entropy(modes, encoded.mode, reduction="sum")
    level = sigma.log().sum() + 0.5 * n_genes * math.log(2 * math.pi)
    return (0.5 * squares + of_modes) / n_samples + level


def relu_layers(widths: Sequence[int]) -> nn.Sequential:
    """Linear and ReLU from each width to the next."""
    pairs = itertools.pairwise(widths)
    return nn.Sequential(*(f for a, b in pairs for f in (nn.Linear(a, b), nn.ReLU())))


def build(config: TvaeConfig, vocabulary: Vocabulary, n_genes: int, seed: int) -> Tvae:
    """A TVAE with weights drawn from `seed`; the modes are fitted by its learner."""
    with seeded_weights(seed):
        return Tvae(config, vocabulary, n_genes)


learner = TvaeLearner


def finish(generator: Tvae, train: tuple[Tensor, Tensor]) -> Tvae:
    """Nothing remains to be done after the fit; in evaluation mode."""
    return generator.eval()
