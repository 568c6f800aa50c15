"""Wasserstein GAN with gradient penalty for expression by class (Vinas et al. 2022).

Generator and critic are ReLU networks that see the class through embeddings, one a factor.
Everywhere `expression` is (n_samples, n_genes), standardised as in training, and `classes`
int64 (n_samples,), positions in the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genex_kedro.models.averaging import follow, trained_beside
from genex_kedro.models.base import seeded_weights
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.energy_score import energy_score
from genex_kedro.models.sampling import sample_in_blocks
from genex_kedro.models.wgan_gp.config import WganGpConfig
from genex_kedro.models.wgan_gp.networks import ClassEmbedding, Critic, linear_layers


class WganGp(nn.Module):
    """The generator; build it with :func:`build`.

    Parameters
    ----------
    config : WganGpConfig
    vocabulary : Vocabulary
    n_genes : int
    seed : int
        Of the critic that it will learn from; its own weights are drawn by :func:`build`.
    """

    def __init__(
        self, config: WganGpConfig, vocabulary: Vocabulary, n_genes: int, seed: int
    ) -> None:
        super().__init__()
        self.config, self.vocabulary, self.n_genes = config, vocabulary, n_genes
        self.seed = seed
        self.embedding = ClassEmbedding(vocabulary)
        self.layers = linear_layers([config.latent + self.embedding.width, *config.hidden, n_genes])

    def forward(self, noise: Tensor, classes: Tensor) -> Tensor:
        """Expression (n_samples, n_genes) from noise (n_samples, latent) and classes."""
        x = torch.cat([noise, self.embedding(classes)], dim=1)
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x)

    def noise(self, n: int, draw: torch.Generator) -> Tensor:
        """Standard normal, (n, latent), on the device of `draw`."""
        return torch.randn((n, self.config.latent), generator=draw, device=draw.device)

    def sample(self, classes: Tensor, seed: int) -> Tensor:
        """One profile for each class asked for; see :func:`sample_in_blocks`."""
        device = self.embedding.design.device

        def make(block: Tensor, draw: torch.Generator) -> Tensor:
            return self(self.noise(len(block), draw).to(device), block.to(device))

        return sample_in_blocks(self, classes, seed, make)


class WganGpLearner:
    """Alternating steps of critic and generator (a Learner, see ``genex_kedro.training``).

    Batches are ``(expression, classes)``. Losses in training: ``loss``, what the critic
    minimises, a mean over its steps; ``distance``, how much higher it scores real samples, which
    estimates the Wasserstein distance, and ``penalty`` without its weight. In validation:
    ``energy_score`` and ``spread`` (see :func:`energy_score`), and the ``distance`` that the
    critic sees between generated and validation samples.

    Parameters
    ----------
    generator : WganGp
        Trained in place; with an average of weights `generator` is the average.
    """

    def __init__(self, generator: WganGp) -> None:
        config = self.config = generator.config
        self.generator = generator
        with seeded_weights(generator.seed):
            self.critic = Critic(generator.vocabulary, generator.n_genes, config.hidden)
        self.modules: dict[str, nn.Module] = {"generator": generator, "critic": self.critic}
        self.trained = trained_beside(generator, self.modules, config.average)
        self.optimizers = {
            name: torch.optim.RMSprop(
                module.parameters(),
                lr=config.learning_rate,
                alpha=config.smoothing,
                eps=config.epsilon,
            )
            for name, module in (("generator", self.trained), ("critic", self.critic))
        }

    def step(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """The critic's steps, then one of the generator."""
        n = self.config.critic_steps
        parts: Sequence = [batch] * n
        if self.config.fresh_batches:  # the last batch of an epoch may have fewer rows than parts
            cut = (tensor.tensor_split(n) for tensor in batch)
            parts = [part for part in zip(*cut, strict=True) if len(part[0])]
        steps = [self._critic_step(*part, draw) for part in parts]
        self._generator_step(parts[-1][1], draw)
        return {key: torch.stack([one[key] for one in steps]).mean() for key in steps[0]}

    def validate(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        """Energy score and spread by two draws a sample; the critic's distance."""
        expression, classes = batch

        def make() -> Tensor:
            return self.generator(self.generator.noise(len(classes), draw), classes)

        gap = self.critic(expression, classes).mean() - self.critic(make(), classes).mean()
        return {**energy_score(expression, make), "distance": gap}

    def _critic_step(
        self, expression: Tensor, classes: Tensor, draw: torch.Generator
    ) -> dict[str, Tensor]:
        with torch.no_grad():
            made = self.trained(self.trained.noise(len(classes), draw), classes)
        share = torch.rand((len(classes), 1), generator=draw, device=classes.device)
        optimizer = self.optimizers["critic"]
        optimizer.zero_grad(set_to_none=True)
        distance, penalty = self.critic.compare(expression, made, classes, share)
        loss = self.config.penalty * penalty - distance
        loss.backward()
        optimizer.step()
        parts = {"loss": loss, "distance": distance, "penalty": penalty}
        return {name: value.detach() for name, value in parts.items()}

    def _generator_step(self, classes: Tensor, draw: torch.Generator) -> None:
        optimizer = self.optimizers["generator"]
        optimizer.zero_grad(set_to_none=True)
        made = self.trained(self.trained.noise(len(classes), draw), classes)
        loss = -self.critic(made, classes).mean()
        loss.backward(inputs=list(self.trained.parameters()))  # none for the critic's weights
        optimizer.step()
        if self.config.average is not None:
            follow(self.generator, self.trained, self.config.average)


def build(config: WganGpConfig, vocabulary: Vocabulary, n_genes: int, seed: int) -> WganGp:
    """A generator with weights drawn from `seed`."""
    with seeded_weights(seed):
        return WganGp(config, vocabulary, n_genes, seed)


def learner(generator: WganGp, train: tuple[Tensor, Tensor]) -> WganGpLearner:
    """Its Learner; nothing is fitted on the training samples beforehand."""
    return WganGpLearner(generator)


def finish(generator: WganGp, train: tuple[Tensor, Tensor]) -> WganGp:
    """Nothing remains to be done after the fit; in evaluation mode."""
    return generator.eval()
