"""From a profile to the image a network sees, without leaving torch.

The way is linear (a scatter of genes onto pixels, a resize, a normalisation), so gradients come
back as one value per gene: attributions need no mapping from pixels back to genes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

GREY, SPREAD = 0.5, 0.225  # a gene's mean is mid-grey; its sd is that of ImageNet's pixels


class ExpressionImage(nn.Module):
    """Standardised expression to normalised images with three equal channels.

    Parameters
    ----------
    pixels : sequence of int, n_genes
        The number of each gene's pixel, counted row by row, none twice.
    side : int
        Edge of the layout.
    size : int or None
        Edge of the image given to the network; None keeps `side`. Enlarging is bilinear;
        shrinking averages (antialiased), which mixes neighbouring genes.
    mean, std : sequence of float, 3
        What the backbone subtracts and divides by, for intensities from 0 to 1.

    Notes
    -----
    Paper 002 copies a grey image to three channels; so do we. Intensity is
    ``.5 + .225 z``, z standardised by gene: a gene at its mean and an empty pixel are grey, and
    one standard deviation is what it is in ImageNet's pixels. Nothing is clipped: a profile
    beyond the training data stays beyond it.
    """

    def __init__(
        self,
        pixels: Sequence[int],
        side: int,
        size: int | None,
        mean: Sequence[float],
        std: Sequence[float],
    ) -> None:
        super().__init__()
        self.side, self.size = side, size or side
        self.register_buffer("pixels", torch.as_tensor(pixels, dtype=torch.int64))
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def forward(self, expression: Tensor) -> Tensor:
        """Map (n_samples, n_genes) to (n_samples, 3, size, size)."""
        flat = expression.new_zeros(len(expression), self.side**2)
        flat = flat.index_copy(1, self.pixels, expression)
        image = flat.view(-1, 1, self.side, self.side)
        if self.size != self.side:
            image = functional.interpolate(
                image, (self.size, self.size), mode="bilinear", antialias=self.size < self.side
            )
        return ((GREY + SPREAD * image) - self.mean) / self.std
