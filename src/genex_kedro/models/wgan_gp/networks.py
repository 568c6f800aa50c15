"""The networks of a WGAN-GP: embedded classes, and the critic with its penalty.

ReLU layers that begin as those of the authors' library did.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.gradient_penalty import input_gradient, two_sided_penalty


class ClassEmbedding(nn.Module):
    """An embedding a factor, side by side; a factor of n levels has int(sqrt(n)) + 1 columns.

    Parameters
    ----------
    vocabulary : Vocabulary
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        design = torch.from_numpy(vocabulary.design("separate"))
        self.register_buffer("design", design, persistent=False)  # follows from the vocabulary
        self.sizes = [len(levels) for levels in vocabulary.levels.values()]
        # of one-hot rows, so that gradients add up in the same order on any device
        self.tables = nn.ModuleList(
            nn.Linear(size, int(size**0.5) + 1, bias=False) for size in self.sizes
        )
        for table in self.tables:
            nn.init.uniform_(table.weight, -0.05, 0.05)
        self.width = sum(table.out_features for table in self.tables)

    def forward(self, classes: Tensor) -> Tensor:
        """Map classes (n_samples,) to (n_samples, width)."""
        blocks = self.design[classes].split(self.sizes, dim=1)
        return torch.cat([f(x) for f, x in zip(self.tables, blocks, strict=True)], dim=1)


class Critic(nn.Module):
    """Scores expression of a class; the difference of two means estimates their distance.

    Parameters
    ----------
    vocabulary : Vocabulary
    n_genes : int
    hidden : sequence of int
    """

    def __init__(self, vocabulary: Vocabulary, n_genes: int, hidden: Sequence[int]) -> None:
        super().__init__()
        self.embedding = ClassEmbedding(vocabulary)
        first, *others = hidden
        # the first layer on (genes, embedding) is the sum of two, which spares the penalty a slice
        self.genes = nn.Linear(n_genes, first)
        self.classes = nn.Linear(self.embedding.width, first, bias=False)
        glorot(self.genes, n_genes + self.embedding.width)
        glorot(self.classes, n_genes + self.embedding.width)
        self.layers = linear_layers([first, *others, 1])

    def forward(self, expression: Tensor, classes: Tensor) -> Tensor:
        """Scores (n_samples,)."""
        return self._onwards(self._first(expression, classes))[0]

    def compare(
        self, real: Tensor, made: Tensor, classes: Tensor, share: Tensor
    ) -> tuple[Tensor, Tensor]:
        """How much higher real samples score, and the gradient penalty; 0-d tensors.

        The first layer is linear: between a real and a made sample of the same class its values
        lie between theirs, and the interpolated samples need not be passed through it.

        Parameters
        ----------
        real, made : Tensor, shape (n_samples, n_genes)
            Row i of both is of the class i.
        classes : Tensor of int64, shape (n_samples,)
        share : Tensor, shape (n_samples, 1)
            How far from real (0) to made (1) the gradient is held to 1.
        """
        first = self._first(torch.cat([real, made]), classes.repeat(2))
        of_real, of_made = self._onwards(first)[0].split(len(real))
        with torch.no_grad():
            between = torch.lerp(*first.split(len(real)), share)
            slopes = [(layer > 0).to(real.dtype) for layer in self._onwards(between)[1]]
        weights = [self.genes.weight, *(layer.weight for layer in self.layers)]
        penalty = two_sided_penalty(input_gradient(weights, slopes))
        return of_real.mean() - of_made.mean(), penalty

    def _first(self, expression: Tensor, classes: Tensor) -> Tensor:
        return self.genes(expression) + self.classes(self.embedding(classes))

    def _onwards(self, first: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Scores, and the values of every hidden layer before its ReLU."""
        before = [first]
        for layer in self.layers[:-1]:
            before.append(layer(torch.relu(before[-1])))
        return self.layers[-1](torch.relu(before[-1])).squeeze(1), before


def linear_layers(widths: Sequence[int]) -> nn.ModuleList:
    """Linear maps from each width to the next, with the authors' start."""
    layers = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(widths))
    for layer in layers:
        glorot(layer, layer.in_features)
    return layers


def glorot(layer: nn.Linear, n_in: int) -> None:
    """The authors' start (Glorot and Bengio 2010, equation 16), biases at zero."""
    limit = (6 / (n_in + layer.out_features)) ** 0.5
    nn.init.uniform_(layer.weight, -limit, limit)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
