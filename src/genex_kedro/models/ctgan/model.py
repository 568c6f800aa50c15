"""CTGAN: a conditional generator of mode-specific normalised genes (Xu et al. 2019).

"Modeling Tabular data using Conditional GAN", sections 4.2 to 4.4. The generator gives every
gene an alpha (tanh) and a mode (Gumbel softmax), and the class as one more categorical column;
all genes are padded to the same number of modes (:mod:`genex_kedro.models.modes.mode_specific`), so
that activations are a few operations on one tensor instead of two for every gene.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from genex_kedro.models.base import seeded_weights
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.ctgan.config import CtganConfig
from genex_kedro.models.draws import gumbel
from genex_kedro.models.modes.mode_specific import Encoded, ModeSpecific
from genex_kedro.models.sampling import sample_in_blocks


class JoinedLayer(nn.Module):
    """Linear, batch normalisation, ReLU, joined to its input: (n, n_out + n_in)."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.linear = nn.Linear(n_in, n_out)
        self.norm = nn.BatchNorm1d(n_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n_samples, n_in) to (n_samples, n_out + n_in)."""
        return torch.cat([torch.relu(self.norm(self.linear(x))), x], dim=1)


@dataclass(frozen=True)
class Scores:
    """What the generator gives, before the activations.

    Parameters
    ----------
    alpha : Tensor, shape (n_samples, n_genes)
    modes : Tensor, shape (n_samples, n_modes, n_genes)
    classes : Tensor, shape (n_samples, n_classes)
    """

    alpha: Tensor
    modes: Tensor
    classes: Tensor

    def activate(self, temperature: float, draw: torch.Generator) -> Tensor:
        """The table that the critic sees, (n_samples, (1 + n_modes) n_genes + n_classes)."""
        parts = [torch.tanh(self.alpha)]
        for scores in (self.modes, self.classes):
            noise = gumbel(scores.shape, draw).to(scores.device)
            parts.append(torch.softmax((scores + noise) / temperature, dim=1).flatten(1))
        return torch.cat(parts, dim=1)


class Ctgan(nn.Module):
    """The generator and the modes; build it with :func:`build`.

    Parameters
    ----------
    config : CtganConfig
    vocabulary : Vocabulary
    n_genes : int
    seed : int
        Of the critic that it will learn from; its own weights are drawn by :func:`build`.

    Notes
    -----
    Everywhere `expression` is (n_samples, n_genes), scaled as in training, and `classes` int64
    (n_samples,), positions in the vocabulary.
    """

    def __init__(
        self, config: CtganConfig, vocabulary: Vocabulary, n_genes: int, seed: int
    ) -> None:
        super().__init__()
        self.config, self.vocabulary, self.n_genes, self.seed = config, vocabulary, n_genes, seed
        design = torch.from_numpy(vocabulary.design(config.encoding))
        self.register_buffer("design", design, persistent=False)  # follows from the vocabulary
        self.modes = ModeSpecific(n_genes, config.modes)
        width, layers = config.embedding + design.shape[1], []
        for hidden in config.generator_hidden:
            layers.append(JoinedLayer(width, hidden))
            width += hidden
        self.layers = nn.Sequential(*layers)
        self.alpha_output = nn.Linear(width, n_genes)
        self.mode_output = nn.Linear(width, config.modes * n_genes)
        self.class_output = nn.Linear(width, len(vocabulary))

    def forward(self, classes: Tensor, draw: torch.Generator) -> Scores:
        """Scores of new samples of the classes, from noise of `draw`."""
        shape = len(classes), self.config.embedding
        noise = torch.randn(shape, generator=draw, device=draw.device).to(self.design.device)
        hidden = self.layers(torch.cat([noise, self.design[classes]], dim=1))
        modes = self.modes.scores(self.mode_output, hidden)
        return Scores(self.alpha_output(hidden), modes, self.class_output(hidden))

    def express(self, scores: Scores, draw: torch.Generator) -> Tensor:
        """Expression (n_samples, n_genes), its modes drawn by their scores."""
        # the largest of scores with Gumbel noise is a draw by their softmax, at any temperature
        noise = gumbel(scores.modes.shape, draw).to(scores.modes.device)
        mode = (scores.modes + noise).argmax(dim=1)
        return self.modes.decode(Encoded(torch.tanh(scores.alpha), mode))

    def sample(self, classes: Tensor, seed: int) -> Tensor:
        """One profile for each class asked for; see :func:`sample_in_blocks`.

        The class is what the generator was told; its own class column serves training only.
        """

        def make(block: Tensor, draw: torch.Generator) -> Tensor:
            return self.express(self(block.to(self.design.device), draw), draw)

        return sample_in_blocks(self, classes, seed, make)


def build(config: CtganConfig, vocabulary: Vocabulary, n_genes: int, seed: int) -> Ctgan:
    """A generator with weights drawn from `seed`; the modes are fitted by its learner."""
    with seeded_weights(seed):
        return Ctgan(config, vocabulary, n_genes, seed)
