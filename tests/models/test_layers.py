"""Layers: dropout draws from its generator only, and keeps the expectation."""

import pytest
import torch

from genex_kedro.models.layers import MLP, Dropout


def test_dropout_keeps_the_expectation_and_drops_its_share():
    x = torch.ones(200, 500)
    y = Dropout(0.3)(x, torch.Generator().manual_seed(0))
    assert (y == 0).float().mean() == pytest.approx(0.3, abs=0.01)
    assert y.mean() == pytest.approx(1.0, abs=0.01)
    assert sorted(y.unique().tolist()) == pytest.approx([0.0, 1 / 0.7])


def test_dropout_follows_its_generator_and_not_the_global_one():
    layer, x = Dropout(0.5), torch.ones(4, 50)
    first = layer(x, torch.Generator().manual_seed(1))
    torch.manual_seed(123)
    state = torch.get_rng_state()
    assert torch.equal(layer(x, torch.Generator().manual_seed(1)), first)
    assert not torch.equal(layer(x, torch.Generator().manual_seed(2)), first)
    assert torch.equal(torch.get_rng_state(), state)


def test_dropout_needs_a_generator_in_training_only():
    layer, x = Dropout(0.5), torch.ones(3)
    with pytest.raises(ValueError, match="generator"):
        layer(x)
    assert layer.eval()(x) is x
    assert Dropout(0.0)(x) is x


def test_mlp_has_the_stated_widths():
    net = MLP(308, (1500, 200), 1, dropout=0.5)
    assert [layer.out_features for layer in net.hidden] == [1500, 200]
    assert net.eval()(torch.zeros(7, 308)).shape == (7, 1)
    assert MLP(5, (), 2)(torch.zeros(3, 5)).shape == (3, 2)
