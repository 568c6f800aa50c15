"""Training steps whose work does not depend on values, as a CUDA graph needs them."""

import pytest
import torch
from planted_classes import N_GENES, planted
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

from genex_kedro.models.diffusion.config import DiffusionConfig
from genex_kedro.models.diffusion.model import build as build_diffusion
from genex_kedro.models.wgan_gp.config import WganGpConfig
from genex_kedro.models.wgan_gp.model import WganGpLearner
from genex_kedro.models.wgan_gp.model import build as build_wgan_gp

_, CLASSES, VOCABULARY = planted(30)


def critic_loss(draw):
    generator = build_wgan_gp(WganGpConfig(hidden=(8, 8)), VOCABULARY, N_GENES, 0)
    learner = WganGpLearner(generator)
    real, classes = torch.randn(30, N_GENES), torch.zeros(30, dtype=torch.int64)
    made = generator(generator.noise(30, draw), classes)
    distance, penalty = learner.critic.compare(real, made, classes, torch.rand(30, 1))
    return 10 * penalty - distance


def denoising_loss(draw):
    config = DiffusionConfig(width=8, smoothing=0.1)
    model = build_diffusion(config, VOCABULARY, N_GENES, 0)
    classes = torch.zeros(30, dtype=torch.int64)
    return model.loss(torch.randn(30, N_GENES), classes, draw, 2)["objective"]


def reads_a_value(draw):
    return torch.randn(3, requires_grad=True).sum() * torch.rand(1).item()


@pytest.mark.parametrize("loss", [critic_loss, denoising_loss])
def test_forward_and_backward_pass_run_on_tensors_that_have_no_values(loss):
    with FakeTensorMode():
        loss(torch.Generator()).backward()


def test_the_check_would_find_a_value_that_is_read():
    with FakeTensorMode(), pytest.raises(DataDependentOutputException):
        reads_a_value(torch.Generator()).backward()
