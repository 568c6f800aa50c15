"""Layouts: one gene a pixel, back and forth, neighbours where they were planted."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from genex_kedro.genes.positions import positions
from genex_kedro.imaging import GeneImageLayout, LayoutSettings, lay_out
from genex_kedro.imaging.assignment import assign_pixels, uniform_marginals
from refusals import assert_refused

ORDERS = ["chromosome", "similarity", "random"]


def planted(n_genes=400, n_samples=60, n_modules=8, seed=0):
    """Genes of a module follow one factor; symbols are real, in an order without meaning."""
    rng = np.random.default_rng(seed)
    placed = positions("GRCh38").index.intersection(positions("GRCh37").index)
    symbols = pd.Index(rng.permutation(placed[:5000])[:n_genes])
    module = rng.integers(n_modules, size=n_genes)
    factors = rng.standard_normal((n_samples, n_modules))
    X = 8 + factors[:, module] + 0.3 * rng.standard_normal((n_samples, n_genes))
    return symbols, X, module


@pytest.mark.parametrize("order", ORDERS)
def test_every_gene_has_its_own_pixel_and_images_and_csv_go_back(order, tmp_path):
    symbols, X, _ = planted()
    layout = lay_out(symbols, X, LayoutSettings(order=order))
    assert layout.order == order
    assert layout.side == 20
    assert len(set(layout.pixels)) == len(symbols)
    images = layout.draw(X)
    assert images.shape == (60, 20, 20)
    np.testing.assert_allclose(layout.read(images), X, rtol=1e-6)
    layout.to_frame().to_csv(tmp_path / "layout.csv", index=False)
    again = GeneImageLayout.from_frame(pd.read_csv(tmp_path / "layout.csv"))
    assert again.symbols == layout.symbols
    assert (again.pixels == layout.pixels).all()
    assert (again.side, again.order) == (layout.side, layout.order)
    same = lay_out(symbols, X, LayoutSettings(order=order))
    assert (same.pixels == layout.pixels).all()


@pytest.mark.parametrize("assembly", ["GRCh37", "GRCh38"])
def test_the_chromosome_order_is_that_of_the_genome_with_unplaced_genes_last(assembly):
    symbols, X, _ = planted()
    symbols = symbols.insert(3, "NO-SUCH-GENE")
    X = np.insert(X, 3, 0.0, axis=1)
    layout = lay_out(symbols, X, LayoutSettings(order="chromosome", assembly=assembly))
    in_image = symbols[np.argsort(layout.pixels)]
    assert in_image[-1] == "NO-SUCH-GENE"
    place = positions(assembly).loc[in_image[:-1]]
    code, start = place["chromosome"].cat.codes.to_numpy(), place["start"].to_numpy()
    assert (np.lexsort((start, code)) == np.arange(len(place))).all()


def test_an_older_symbol_stands_where_todays_does():
    genes = pd.Index(["TP53", "KIAA1279", "EGFR"])  # KIAA1279 is KIFBP today
    today = pd.Index(["TP53", "KIFBP", "EGFR"])
    settings = LayoutSettings(order="chromosome")
    one, other = (lay_out(names, np.zeros((2, 3)), settings) for names in (genes, today))
    assert (one.pixels == other.pixels).all()
    assert one.pixels.tolist() == [2, 1, 0]  # on 17, 10 and 7


def test_similar_genes_lie_together_and_random_ones_do_not():
    symbols, X, module = planted()

    def closeness(order):
        layout = lay_out(symbols, X, LayoutSettings(order=order))
        distance = cdist(*2 * [np.stack([layout.row, layout.column], 1)])
        same = module[:, None] == module
        return distance[same].mean() / distance[~same].mean()

    assert closeness("similarity") < 0.6
    assert closeness("random") == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("n", "side"), [(400, 20), (397, 20), (2500, 50), (2450, 50), (2, 2), (1, 1)]
)
def test_the_assignment_is_near_the_exact_one(n, side):
    cloud = np.random.default_rng(1).standard_normal((n, 2)) ** 3
    points = uniform_marginals(cloud, side)
    pixels = assign_pixels(points, side)
    assert len(set(pixels)) == n
    assert pixels.min() >= 0
    assert pixels.max() < side**2
    grid = np.stack(np.mgrid[:side, :side], -1).reshape(-1, 2)
    cost = ((points[:, None] - grid) ** 2).sum(-1)
    best = cost[linear_sum_assignment(cost)].sum()
    assert cost[np.arange(n), pixels].sum() <= 1.02 * best + 1e-9
    with pytest.raises(ValueError, match="points on"):
        assign_pixels(np.zeros((side**2 + 1, 2)), side)


def test_what_is_fitted_does_not_depend_on_other_samples():
    symbols, X, _ = planted()
    settings = LayoutSettings()
    train = lay_out(symbols, X[:30], settings)
    assert (train.pixels != lay_out(symbols, X, settings).pixels).any()  # it does look at them


@pytest.mark.parametrize(
    ("change", "pieces"),
    [
        (lambda t: t.drop(columns="column"), ["columns", "column"]),
        (lambda t: t.iloc[:0], ["0 genes"]),
        (lambda t: t.assign(row=0, column=0), ["on the pixel of another gene"]),
        (lambda t: t.assign(row=99), ["outside", "0 to 1"]),
        (lambda t: t.assign(symbol="TP53"), ["TP53", "every gene once"]),
    ],
)
def test_a_table_that_is_no_layout_is_refused(change, pieces):
    table = lay_out(pd.Index(["A", "B", "C"]), np.zeros((2, 3)), LayoutSettings(order="random"))
    assert_refused(lambda: GeneImageLayout.from_frame(change(table.to_frame())), pieces)


def test_constant_and_few_genes_can_be_laid_out():
    for n_samples, n_genes in ((2, 3), (3, 2), (5, 4), (40, 9)):
        X = np.zeros((n_samples, n_genes))
        layout = lay_out(pd.Index([f"G{i}" for i in range(n_genes)]), X, LayoutSettings())
        assert len(set(layout.pixels)) == n_genes
