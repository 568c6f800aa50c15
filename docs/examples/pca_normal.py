"""A generator in one file: a normal distribution a class on the first principal components.

Copied to ``src/genex_kedro/models/pca_normal.py`` and named in ``models/families.py``, it is
trained, kept, sampled, scored, ranked and given a card like every other. See docs/extending.md.
"""

from __future__ import annotations

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.family import Family


class PcaNormalConfig(BaseModel):
    """Settings of one network.

    Parameters
    ----------
    components : int
        Principal components that are modelled; what they leave is noise, independent by gene.
    prior : float
        Samples that the covariance within all classes counts for in that of each class.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    components: int = Field(default=20, ge=1)
    prior: float = Field(default=10.0, gt=0)


class PcaNormal(nn.Module):
    """What is learned stands in buffers: they are saved with the model, and no step moves them."""

    def __init__(self, config: PcaNormalConfig, vocabulary: Vocabulary, n_genes: int) -> None:
        super().__init__()
        self.config, self.vocabulary = config, vocabulary
        n_classes, k = len(vocabulary), min(config.components, n_genes)
        self.register_buffer("centre", torch.zeros(n_genes))
        self.register_buffer("axes", torch.zeros(k, n_genes))
        self.register_buffer("noise", torch.ones(n_genes))
        self.register_buffer("means", torch.zeros(n_classes, k))
        self.register_buffer("factors", torch.zeros(n_classes, k, k))

    def fit(self, expression: Tensor, classes: Tensor) -> None:
        """Learn from scaled profiles (n_samples, n_genes) and their classes (n_samples,)."""
        self.centre = expression.mean(0)
        axes = torch.linalg.svd(expression - self.centre, full_matrices=False).Vh
        self.axes[: len(axes)] = axes[: len(self.axes)]
        scores = (expression - self.centre) @ self.axes.T
        self.noise = (expression - self.centre - scores @ self.axes).std(0)
        for number in range(len(self.means)):
            self.means[number] = scores[classes == number].mean(0)
        residual = scores - self.means[classes]
        pooled = residual.T @ residual / max(len(residual) - len(self.means), 1)
        ridge = 1e-6 * torch.eye(len(self.axes)) * pooled.diagonal().mean()
        for number in range(len(self.means)):
            own = residual[classes == number]
            shrunk = own.T @ own + self.config.prior * pooled
            weight = max(len(own) - 1, 0) + self.config.prior
            self.factors[number] = torch.linalg.cholesky(shrunk / weight + ridge)

    def sample(self, classes: Tensor, seed: int) -> Tensor:
        """A scaled profile for each class asked for; the same seed, the same profiles."""
        draw = torch.Generator().manual_seed(seed)
        within = torch.randn(len(classes), len(self.axes), 1, generator=draw)
        scores = self.means[classes] + (self.factors[classes] @ within).squeeze(-1)
        noise = torch.randn(len(classes), len(self.centre), generator=draw) * self.noise
        return self.centre + scores @ self.axes + noise

    def error(self, expression: Tensor) -> Tensor:
        """Mean squared distance to the plane of the components."""
        centred = expression - self.centre
        return (centred - centred @ self.axes.T @ self.axes).square().mean()


class PcaNormalLearner:
    """Nothing is left to train: a step only reports how much the components leave."""

    def __init__(self, generator: PcaNormal) -> None:
        self.generator = generator
        self.modules = {"generator": generator}
        self.optimizers: dict[str, torch.optim.Optimizer] = {}

    def step(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        return {"loss": self.generator.error(batch[0])}

    def validate(self, batch: tuple[Tensor, ...], draw: torch.Generator) -> dict[str, Tensor]:
        return {"loss": self.generator.error(batch[0])}


def build(config: PcaNormalConfig, vocabulary: Vocabulary, n_genes: int, seed: int) -> PcaNormal:
    """An untrained generator."""
    return PcaNormal(config, vocabulary, n_genes)


def learner(generator: PcaNormal, train: tuple[Tensor, Tensor]) -> PcaNormalLearner:
    """Its Learner; what has a closed form is fitted here, once."""
    generator.fit(*train)
    return PcaNormalLearner(generator)


def finish(generator: PcaNormal, train: tuple[Tensor, Tensor]) -> PcaNormal:
    """Nothing remains to be done after the last epoch."""
    return generator.eval()


PCA_NORMAL = Family("pca_normal", PcaNormalConfig, __name__)
