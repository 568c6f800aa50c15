"""A learner as small as can be, with dropout and batch normalisation, for the tests of the loop."""

import torch
from torch import nn

from genex_kedro.models.base import seeded_weights
from genex_kedro.models.layers import MLP


class LinearLearner:
    """Least squares with an MLP; a schedule halves the rate each epoch from the third on."""

    def __init__(self, n_in: int = 8, seed: int = 0, rate: float = 1e-2) -> None:
        with seeded_weights(seed):
            norm = nn.BatchNorm1d(n_in)
            net = MLP(n_in, (16,), 1, dropout=0.2)
        self.rate = rate
        self.modules = {"norm": norm, "net": net}
        self.optimizers = {
            "norm": torch.optim.RMSprop(norm.parameters(), lr=rate),
            "net": torch.optim.Adam(net.parameters(), lr=rate, fused=True),
        }

    def on_epoch(self, epoch):
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = self.rate * 0.5 ** max(0, epoch - 2)

    def step(self, batch, draw):
        for optimizer in self.optimizers.values():
            optimizer.zero_grad(set_to_none=True)
        loss = self._loss(batch, draw)
        loss.backward()
        for optimizer in self.optimizers.values():
            optimizer.step()
        return {"loss": loss.detach()}

    def validate(self, batch, draw):
        return {"loss": self._loss(batch, draw)}

    def _loss(self, batch, draw):
        x, y = batch
        return (self.modules["net"](self.modules["norm"](x), draw).squeeze(-1) - y).square().mean()


def planted(n: int = 210, n_in: int = 8, seed: int = 1):
    """Inputs, and targets that are a known linear function of them."""
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(n, n_in, generator=g)
    return x, x @ torch.linspace(-1, 1, n_in)
