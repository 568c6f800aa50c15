"""Samples, and which of them are compared."""

import numpy as np
import pytest
from planted_samples import planted

from genex_kedro.metrics.samples import Samples, match_classes, real_ceilings


def test_as_many_of_each_class_are_compared_and_none_twice():
    real, synthetic = planted(4), planted(6, seed=1)
    a, b = match_classes(real, synthetic, np.random.default_rng(0))
    assert sorted(a.classes) == sorted(b.classes) == sorted(real.classes)
    assert len(np.unique(b.expression, axis=0)) == len(b)
    few = synthetic.take(np.flatnonzero(synthetic.tissue == "lung")[:3])
    a, b = match_classes(real, few, np.random.default_rng(0))
    assert len(a) == len(b) == 3
    assert set(a.tissue) == {"lung"}


def test_what_cannot_be_compared_is_refused():
    real = planted(3)
    other = Samples(real.expression, np.full(len(real), "brain"), real.condition)
    with pytest.raises(ValueError, match=r"no class in common.*lung|liver"):
        match_classes(real, other, np.random.default_rng(0))
    with pytest.raises(ValueError, match="tissue of shape"):
        Samples(real.expression, real.tissue[1:], real.condition)
    with pytest.raises(ValueError, match=r"conditions .*cancer"):
        Samples(real.expression, real.tissue, np.full(len(real), "cancer"))
    with pytest.raises(ValueError, match="1 values are not finite"):
        Samples(
            np.where(np.eye(18, 60) * np.eye(18, 1), np.nan, real.expression),
            real.tissue,
            real.condition,
        )


def test_ceilings_are_real_samples():
    train, test, held_out = planted(6), planted(3, seed=1), planted(2, seed=2)
    ceilings = real_ceilings(train, test, held_out, np.random.default_rng(0))
    assert {name: len(samples) for name, samples in ceilings.items()} == {
        "real_equal_n": 18,
        "real_all": 36,
        "real_held_out": 12,
    }
    assert set(map(bytes, ceilings["real_equal_n"].expression)) < set(map(bytes, train.expression))
    assert len(real_ceilings(train, test, None, np.random.default_rng(0))) == 2
