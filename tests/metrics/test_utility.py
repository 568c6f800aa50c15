"""Train on synthetic, test on real: planted labels that serve and labels that do not."""

import numpy as np
import pytest
from planted_samples import planted

from genex_kedro.metrics import utility as ours
from genex_kedro.metrics.samples import Samples


@pytest.mark.parametrize("label", ours.LABELS)
@pytest.mark.parametrize("metric", ours.METRICS, ids=lambda m: m.name)
def test_samples_of_the_population_serve_and_shuffled_labels_do_not(metric, label):
    train, test = planted(20), planted(10, seed=1)
    assert metric(train, test, label) > 0.95
    mixed = np.random.default_rng(0).permutation(len(train))
    wrong = Samples(train.expression, train.tissue[mixed], train.condition[mixed])
    assert metric(wrong, test, label) < 0.75
    assert metric.ideal == metric.range[1] == 1


def test_a_tissue_that_is_never_made_costs_its_share():
    train, test = planted(20), planted(10, seed=1)
    without = train.take(train.tissue != "lung")
    assert ours.transfer_balanced_accuracy(without, test, "tissue") == pytest.approx(
        2 / 3, abs=0.02
    )
    assert ours.transfer_f1(without, test, "tissue") < 0.7
    with pytest.raises(ValueError, match="one tissue only: lung"):
        ours.classify(train.take(train.tissue == "lung"), test, "tissue")


def test_the_generator_of_an_augmentation_curve_sees_the_few_samples_only():
    train, test, seen = planted(20), planted(10, seed=1), []

    def synthesise(few, n, seed):
        seen.append(few)
        return planted(n // 6, seed=2)

    rows = ours.augmentation_curve(train, test, synthesise, [6, 12, 60], 120)
    assert [row["n_real"] for row in rows] == [6, 6, 12, 12, 60, 60]
    assert [row["n_synthetic"] for row in rows] == [0, 120] * 3
    assert [len(few) for few in seen] == [6, 12, 60]
    for few in seen:
        assert set(few.classes) == set(train.classes)
    small, large = (set(map(bytes, few.expression)) for few in seen[:2])
    assert small < large
    assert rows[1]["macro_f1"] >= rows[0]["macro_f1"]
    assert rows == ours.augmentation_curve(train, test, synthesise, [6, 12, 60], 120)
    with pytest.raises(ValueError, match="121 real samples of 120"):
        ours.augmentation_curve(train, test, synthesise, [121], 6)


def test_the_shares_of_the_classes_are_kept():
    classes = np.repeat(["a", "b", "c"], [60, 30, 10])
    order = ours._spread_order(classes, np.random.default_rng(0))
    assert sorted(order) == list(range(100))
    counts = [(classes[order[:50]] == name).sum() for name in "abc"]
    np.testing.assert_allclose(counts, [30, 15, 5], atol=1.5)
