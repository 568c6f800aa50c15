"""Mode-specific normalisation of all genes at once, against one gene at a time."""

import pytest
import torch
from torch.nn import functional

from genex_kedro.models.ctgan.model import Scores
from genex_kedro.models.draws import gumbel
from genex_kedro.models.modes.mode_specific import MOST, Encoded, ModeSpecific
from genex_kedro.models.tvae.model import table_loss

N_MODES = 6


def genes(n=400):
    """One mode; two; a heap at zero; constant; linear values over orders of magnitude."""
    g = torch.Generator().manual_seed(0)
    x = torch.randn(n, 5, generator=g)
    x[:, 1] += 8.0 * (torch.rand(n, generator=g) < 0.3)
    x[:, 2] = torch.where(torch.rand(n, generator=g) < 0.4, 0.0, 3 + x[:, 2])
    x[:, 3] = 7.0
    x[:, 4] = torch.exp2(3 * x[:, 4] + 6)
    return x


@pytest.fixture(scope="module")
def modes():
    module = ModeSpecific(5, N_MODES)
    module.fit(genes())
    return module


def draw(seed=0):
    return torch.Generator().manual_seed(seed)


def test_values_come_back_and_modes_are_their_own(modes):
    x = genes()
    encoded = modes.encode(x, draw())
    assert encoded.alpha.abs().max() <= MOST
    assert modes.live.gather(0, encoded.mode).all()
    inside = encoded.alpha.abs() < MOST
    assert inside.float().mean() > 0.99
    back = modes.decode(encoded)
    torch.testing.assert_close(back[inside], x[inside], rtol=1e-4, atol=1e-4)
    far = modes.means.gather(0, encoded.mode)[:, 1] > 4
    assert torch.equal(far, x[:, 1] > 4)


def test_modes_are_drawn_by_their_responsibilities(modes):
    value = torch.tensor([[4.0]])  # between the two heaps of gene 1
    density = (
        modes.weights[:, 1]
        * torch.exp(-0.5 * ((4 - modes.means[:, 1]) / modes.sds[:, 1]) ** 2)
        / modes.sds[:, 1]
    )
    many = torch.zeros(20_000, 5)
    many[:, 1] = value
    drawn = modes.encode(many, draw()).mode[:, 1]
    share = torch.bincount(drawn, minlength=N_MODES) / len(drawn)
    torch.testing.assert_close(share, density / density.sum(), atol=0.02, rtol=0)
    again, other = (modes.encode(many, draw(seed)).mode[:, 1] for seed in (0, 1))
    assert torch.equal(drawn, again) and not torch.equal(drawn, other)


def test_the_table_is_alphas_then_modes_then_room(modes):
    encoded = modes.encode(genes(7), draw())
    table = encoded.padded(N_MODES, extra=2)
    assert table.shape == (7, modes.width + 2) and not table[:, -2:].any()
    padded = table[:, :-2].unflatten(1, (1 + N_MODES, 5))
    assert torch.equal(padded[:, 0], encoded.alpha)
    assert torch.equal(padded[:, 1:].argmax(1), encoded.mode)
    assert (padded[:, 1:].sum(1) == 1).all()


def network_output(modes, n=9):
    g = draw(3)
    layer = torch.nn.Linear(4, N_MODES * 5)
    scores = modes.scores(layer, torch.randn(n, 4, generator=g))
    return torch.randn(n, 5, generator=g), scores.detach()


def test_scores_are_those_of_the_layer_and_missing_modes_are_closed(modes):
    layer, hidden = torch.nn.Linear(4, N_MODES * 5), torch.randn(9, 4, generator=draw())
    scores, plain = modes.scores(layer, hidden), layer(hidden).unflatten(1, (N_MODES, 5))
    torch.testing.assert_close(scores[:, modes.live], plain[:, modes.live])
    assert (scores[:, ~modes.live] < -1e3).all() and (~modes.live).any()
    again = ModeSpecific(5, N_MODES)
    again.load_state_dict(modes.state_dict())
    assert torch.equal(again.scores(layer, hidden), scores)


def test_the_loss_is_that_of_a_loop_over_genes(modes):
    encoded = modes.encode(genes(9), draw())
    alpha, scores = network_output(modes)
    sigma = torch.linspace(0.1, 1, 5)
    loss = 0.0
    for gene in range(5):
        live = modes.live[:, gene]  # a gene's own modes, as many as it has
        place = (live.cumsum(0) - 1)[encoded.mode[:, gene]]
        normal = torch.distributions.Normal(torch.tanh(alpha[:, gene]), sigma[gene])
        loss -= normal.log_prob(encoded.alpha[:, gene]).mean()
        loss += functional.cross_entropy(scores[:, live, gene], place)
    torch.testing.assert_close(table_loss(torch.tanh(alpha), scores, sigma, encoded), loss)


def test_the_activations_are_those_of_a_loop_over_genes(modes):
    alpha, scores = network_output(modes)
    classes = torch.randn(9, 3, generator=draw(4))
    table = Scores(alpha, scores, classes).activate(0.2, draw())
    g = draw()
    noise, of_classes = gumbel(scores.shape, g), gumbel(classes.shape, g)
    padded = table[:, :-3].unflatten(1, (1 + N_MODES, 5))
    for gene in range(5):
        live = modes.live[:, gene]
        own = torch.softmax((scores + noise)[:, live, gene] / 0.2, dim=1)
        torch.testing.assert_close(padded[:, 0, gene], torch.tanh(alpha[:, gene]))
        torch.testing.assert_close(padded[:, 1:][:, live, gene], own)
        assert not padded[:, 1:][:, ~live, gene].any()
    torch.testing.assert_close(table[:, -3:], torch.softmax((classes + of_classes) / 0.2, dim=1))


def test_a_gene_is_standardised_by_its_own_moments(modes):
    z = modes.standardise(genes())[:, [0, 1, 2]]
    torch.testing.assert_close(z.mean(0), torch.zeros(3), atol=0.05, rtol=0)
    torch.testing.assert_close(z.std(0), torch.ones(3), atol=0.05, rtol=0)


def test_what_was_fitted_survives_and_decodes_alike(modes):
    again = ModeSpecific(5, N_MODES)
    again.load_state_dict(modes.state_dict())
    encoded = Encoded(torch.full((2, 5), 0.25), torch.zeros(2, 5, dtype=torch.int64))
    assert torch.equal(again.decode(encoded), modes.decode(encoded))
    assert all(t.isfinite().all() for t in modes.state_dict().values())


def test_gumbel_noise_is_gumbel():
    noise = gumbel((100_000,), draw())
    assert noise.isfinite().all()
    assert abs(noise.mean() - 0.5772) < 0.02 and abs(noise.var() - torch.pi**2 / 6) < 0.05
