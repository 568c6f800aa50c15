"""The same loop carries an adversarial pair: two optimisers, critic steps, a pool, a schedule."""

import pytest
import torch
from torch import nn

from genex_kedro.models.base import seeded_weights
from genex_kedro.models.layers import MLP
from genex_kedro.training import FitSettings, fit

LATENT, CRITIC_STEPS, POOL = 4, 5, 20
SETTINGS = FitSettings(epochs=40, batch_size=160, patience=None, device="cpu", save_every_s=0)


class Pool(nn.Module):
    """The last generated samples: a buffer, so that checkpoints hold it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("samples", torch.zeros(POOL, width))


class WassersteinLearner:
    """A WGAN with gradient penalty on two genes; one batch holds the rows of all critic steps."""

    def __init__(self) -> None:
        with seeded_weights(0):
            generator, critic = MLP(LATENT, (32,), 2), MLP(2, (32,), 1)
        self.modules = {"generator": generator, "critic": critic, "pool": Pool(2)}
        self.optimizers = {
            name: torch.optim.Adam(self.modules[name].parameters(), 2e-3, (0.5, 0.9), fused=True)
            for name in ("generator", "critic")
        }

    def on_epoch(self, epoch):
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = 2e-3 * min(1.0, (SETTINGS.epochs + 1 - epoch) / 10)

    def step(self, batch, draw):
        critic_losses = [
            self._critic_step(part, draw) for part in batch[0].tensor_split(CRITIC_STEPS)
        ]
        self.optimizers["generator"].zero_grad(set_to_none=True)
        made = self._generate(32, draw)
        loss = -self.modules["critic"](made).mean()
        loss.backward()
        self.optimizers["generator"].step()
        self.modules["pool"].samples.copy_(made.detach()[:POOL])
        return {"generator": loss.detach(), "critic": torch.stack(critic_losses).mean()}

    def validate(self, batch, draw):
        made = self._generate(500, draw)
        return {"mean_gap": (made.mean(dim=0) - batch[0].mean(dim=0)).norm()}

    def _generate(self, n, draw):
        return self.modules["generator"](torch.randn(n, LATENT, generator=draw))

    def _critic_step(self, real, draw):
        critic = self.modules["critic"]
        self.optimizers["critic"].zero_grad(set_to_none=True)
        made = self._generate(len(real), draw).detach()
        mix = torch.rand(len(real), 1, generator=draw)
        between = (mix * real + (1 - mix) * made).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        penalty = (slope.norm(dim=1) - 1).square().mean()
        loss = critic(made).mean() - critic(real).mean() + 10 * penalty
        loss.backward()
        self.optimizers["critic"].step()
        return loss.detach()


def run(settings=SETTINGS, resume=None):
    real = torch.randn(960, 2, generator=torch.Generator().manual_seed(1)) + torch.tensor([2.0, -1])
    return list(fit(WassersteinLearner(), (real,), (real[:200],), settings, 3, resume))


def test_the_generator_moves_to_the_planted_mean_and_resumes_to_the_same_bits():
    settings = SETTINGS.model_copy(update={"monitor": "mean_gap"})
    checkpoints = run(settings)
    last = checkpoints[-1]
    assert last.history[0]["validation.mean_gap"] > 1.5
    assert last.state["best_value"] < 0.5
    assert {"train.generator", "train.critic"} < last.history[0].keys()
    assert last.weights("pool")["samples"].abs().sum() > 0
    resumed = run(settings, resume=checkpoints[4])[-1]
    assert all(torch.equal(tensor, resumed.tensors[key]) for key, tensor in last.tensors.items())


def test_the_monitor_must_be_one_of_its_losses():
    with pytest.raises(ValueError, match=r"validation\.mean_gap"):
        run()
