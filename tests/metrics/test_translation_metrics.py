"""Fooled, tissue kept, spread, false change, energy distance: each with a planted truth."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from genex_kedro.metrics import energy, false_change, fooled, spread, tissue_kept
from genex_kedro.metrics.neighbours import pair_distances

RNG = np.random.default_rng(0)
TISSUE = np.repeat(["a", "b", "c"], 30)
MEAN = RNG.uniform(2, 9, (3, 100))[np.repeat(np.arange(3), 30)]
NORMAL = MEAN + RNG.normal(0, 0.5, MEAN.shape)


def test_fooled_is_the_share_called_what_it_is_meant_to_be():
    p = np.array([0.1, 0.4, 0.5, 0.9])
    assert fooled.fooled(p) == 0.5 and fooled.fooled(p, "tumor") == 0.5
    assert fooled.fooled(p[:2]) == 1 and fooled.fooled(p[:2], "tumor") == 0
    assert np.isnan(fooled.fooled(p[:0]))
    with pytest.raises(ValueError, match="expected normal or tumor"):
        fooled.fooled(p, "cancer")
    with pytest.raises(ValueError, match="0 and 1"):
        fooled.fooled(p + 1)


def test_tissue_kept_asks_the_nearest_real_normal():
    made = MEAN + RNG.normal(0, 0.5, MEAN.shape)
    assert tissue_kept.tissue_kept(made, TISSUE, NORMAL, TISSUE) == 1
    permuted = np.roll(made, 30, axis=0)  # a map that permutes tissues keeps none
    assert tissue_kept.tissue_kept(permuted, TISSUE, NORMAL, TISSUE) == 0
    heap = np.tile(NORMAL.mean(0), (90, 1))  # the paper's one heap keeps at most one
    assert tissue_kept.tissue_kept(heap, TISSUE, NORMAL, TISSUE) <= 1 / 3
    with pytest.raises(ValueError, match="genes"):
        tissue_kept.tissue_kept(made[:, :5], TISSUE, NORMAL, TISSUE)


@pytest.mark.parametrize("factor", [0.0, 0.1, 1.0, 1.4])
def test_spread_is_the_planted_factor_within_classes(factor):
    made = MEAN + factor * (NORMAL - MEAN)
    assert spread.spread(NORMAL, made, TISSUE, TISSUE) == pytest.approx(factor, abs=0.01)
    shifted = made + 5 * RNG.normal(size=(3, 100))[np.repeat(np.arange(3), 30)]
    assert spread.spread(NORMAL, shifted, TISSUE, TISSUE) == pytest.approx(factor, abs=0.01)


def test_spread_refuses_what_has_none():
    with pytest.raises(ValueError, match="no gene varies"):
        spread.spread(MEAN, NORMAL, TISSUE, TISSUE)
    with pytest.raises(ValueError, match="two samples"):
        spread.spread(NORMAL[:2], NORMAL[:2], np.array(["a", "b"]), np.array(["a", "b"]))


def test_false_change_counts_twofold_changes_of_normals():
    made = NORMAL.copy()
    made[:, :10] += 1.5
    assert false_change.false_change_rate(NORMAL, made) == pytest.approx(0.1)
    assert false_change.false_change(NORMAL, made) == pytest.approx(1.5 * np.sqrt(0.1))
    assert false_change.false_change(NORMAL, NORMAL) == 0
    holes = NORMAL.copy()
    holes[:, :10] = np.nan
    assert false_change.false_change_rate(holes, made) == 0
    assert false_change.cycle_error(NORMAL, NORMAL + 2) == pytest.approx(2)
    with pytest.raises(ValueError, match="before"):
        false_change.false_change(NORMAL, NORMAL[:3])


def test_energy_distance_is_its_definition():
    x, y = RNG.normal(size=(30, 4)), RNG.normal(size=(20, 4)) + 1
    between = 2 * cdist(x, y).mean()
    within = [cdist(z, z).sum() / (len(z) * (len(z) - 1)) for z in (x, y)]
    expected = (between - sum(within)) / between
    assert energy.energy_distance(pair_distances(x, y)) == pytest.approx(expected)


def test_energy_distance_is_unbiased_bounded_and_sees_shift_and_collapse():
    same = [
        energy.energy_distance(pair_distances(*RNG.normal(size=(2, 40, 20)))) for _ in range(60)
    ]
    assert abs(np.mean(same)) < 3 * np.std(same) / np.sqrt(60)
    x = RNG.normal(size=(40, 20))
    assert energy.energy_distance(pair_distances(x, x + 1)) > max(same)
    heap = np.tile(x.mean(0), (40, 1))
    assert energy.energy_distance(pair_distances(x, heap)) > max(same)
    far = energy.energy_distance(pair_distances(x, heap + 1e4))
    assert far == pytest.approx(1, abs=1e-3)
    with pytest.raises(ValueError, match="alike"):
        energy.energy_distance(pair_distances(np.ones((3, 2)), np.ones((3, 2))))


def test_metrics_declare_direction_and_range():
    modules = (energy, false_change, fooled, spread, tissue_kept)
    assert {m.name: m.direction for module in modules for m in module.METRICS} == {
        "energy_distance": "lower",
        "false_change": "lower",
        "false_change_rate": "lower",
        "cycle_error": "lower",
        "fooled": "higher",
        "spread": "target",
        "tissue_kept": "higher",
    }
