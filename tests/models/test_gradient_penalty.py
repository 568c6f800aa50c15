"""The closed form of the gradient penalty against double backward."""

import pytest
import torch
from torch import nn

from genex_kedro.models.base import seeded_weights
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.models.gradient_penalty import input_gradient, two_sided_penalty
from genex_kedro.models.wgan_gp.networks import Critic

VOCABULARY = Vocabulary(
    ("tissue", "condition"), (("liver", "normal"), ("lung", "normal"), ("lung", "tumor")), (3, 3, 3)
)


def by_double_backward(function, between):
    between = between.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(function(between).sum(), between, create_graph=True)
    return (gradient.norm(dim=1) - 1).square().mean()


def gradients_of(loss, module):
    found = torch.autograd.grad(loss, list(module.parameters()), allow_unused=True)
    names = [name for name, _ in module.named_parameters()]
    # double backward gives zeros, the closed form nothing, where the penalty does not reach
    return {k: g for k, g in zip(names, found, strict=True) if g is not None and g.abs().sum() > 0}


@pytest.mark.parametrize("hidden", [(16,), (32, 16), (24, 24, 12)])
def test_penalty_and_all_its_gradients_are_those_of_double_backward(hidden):
    g = torch.Generator().manual_seed(0)
    with seeded_weights(1):
        critic = Critic(VOCABULARY, 40, hidden)
    real, made = torch.randn(20, 40, generator=g), 2 * torch.randn(20, 40, generator=g)
    classes = torch.arange(20) % 3
    share = torch.rand((20, 1), generator=g)
    _, penalty = critic.compare(real, made, classes, share)
    between = real + share * (made - real)
    expected = by_double_backward(lambda x: critic(x, classes), between)
    torch.testing.assert_close(penalty, expected, rtol=1e-5, atol=1e-6)
    ours, theirs = gradients_of(penalty, critic), gradients_of(expected, critic)
    assert ours.keys() == theirs.keys() and "genes.weight" in ours and len(ours) == len(hidden) + 1
    for name, gradient in theirs.items():
        torch.testing.assert_close(ours[name], gradient, rtol=1e-5, atol=1e-6)


def test_the_distance_is_that_of_the_two_forward_passes():
    g = torch.Generator().manual_seed(0)
    with seeded_weights(1):
        critic = Critic(VOCABULARY, 10, (8, 8))
    real, made = torch.randn(2, 12, 10, generator=g)
    classes = torch.arange(12) % 3
    distance, _ = critic.compare(real, made, classes, torch.rand((12, 1), generator=g))
    expected = critic(real, classes).mean() - critic(made, classes).mean()
    torch.testing.assert_close(distance, expected)


def test_leaky_units_and_dropout_enter_by_their_slopes():
    g = torch.Generator().manual_seed(3)
    with seeded_weights(0):
        first, second, last = nn.Linear(12, 20), nn.Linear(20, 16), nn.Linear(16, 1)
    kept = (torch.rand((9, 20), generator=g) > 0.5) * 2.0

    def run(x):
        return last(
            nn.functional.leaky_relu(second(kept * nn.functional.leaky_relu(first(x), 0.2)), 0.2)
        )

    x = torch.randn(9, 12, generator=g)
    before = first(x)
    slopes = [torch.where(before > 0, 1.0, 0.2) * kept]
    after = second(kept * nn.functional.leaky_relu(before, 0.2))
    slopes.append(torch.where(after > 0, 1.0, 0.2))
    ours = two_sided_penalty(input_gradient([m.weight for m in (first, second, last)], slopes))
    torch.testing.assert_close(ours, by_double_backward(run, x), rtol=1e-5, atol=1e-6)


def test_a_flat_critic_has_a_penalty_of_one_and_no_gradient_that_is_not_a_number():
    with seeded_weights(0):
        critic = Critic(VOCABULARY, 6, (4,))
    with torch.no_grad():
        critic.genes.bias.fill_(-100.0)  # every unit off
    x = torch.ones(3, 6)
    _, penalty = critic.compare(x, -x, torch.arange(3), torch.full((3, 1), 0.5))
    assert penalty == 1
    gradients = torch.autograd.grad(penalty, list(critic.parameters()), allow_unused=True)
    assert all(g is None or g.isfinite().all() for g in gradients)
