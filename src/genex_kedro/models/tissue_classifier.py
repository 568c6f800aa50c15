"""Which tissue a profile is of, told from tumors and normals alike."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

ITERATIONS = 200


class TissueClassifier(nn.Module):
    """Multinomial logistic regression of the tissue; :meth:`fit` it before use.

    Parameters
    ----------
    n_genes, n_tissues : int
    """

    def __init__(self, n_genes: int, n_tissues: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(n_tissues, n_genes))
        self.register_buffer("bias", torch.zeros(n_tissues))

    def forward(self, expression: Tensor) -> Tensor:
        """Log probability of each tissue, (n_samples, n_tissues), of standardised profiles."""
        return functional.log_softmax(expression @ self.weight.T + self.bias, dim=1)

    def fit(self, expression: Tensor, tissue: Tensor, penalty: float) -> TissueClassifier:
        """Fit on training samples: a convex problem, nothing is drawn.

        Every tissue weighs the same, whatever its number of samples: a tissue is asked about
        because it is not known, and the next cohort has other shares.

        Parameters
        ----------
        expression : Tensor, shape (n_samples, n_genes)
            Standardised; tumors and normals.
        tissue : Tensor of int64, shape (n_samples,)
        penalty : float
            Of the sum of squared weights, against the mean cross-entropy.
        """
        X = expression.double()
        weight = torch.zeros(self.weight.shape, dtype=torch.float64, requires_grad=True)
        bias = torch.zeros(self.bias.shape, dtype=torch.float64, requires_grad=True)
        counts = torch.bincount(tissue, minlength=len(bias)).clamp_min(1)
        share = 1 / counts[tissue] / len(bias)
        optimizer = torch.optim.LBFGS(
            [weight, bias], max_iter=ITERATIONS, history_size=20, line_search_fn="strong_wolfe"
        )

        def loss() -> Tensor:
            optimizer.zero_grad()
            entropy = functional.cross_entropy(X @ weight.T + bias, tissue, reduction="none")
            total = (share * entropy).sum() + penalty * weight.square().sum()
            total.backward()
            return total

        optimizer.step(loss)
        self.weight.copy_(weight.detach())
        self.bias.copy_(bias.detach())
        return self
