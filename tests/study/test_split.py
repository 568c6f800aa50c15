"""Splits: whole patients, every class in its share, small classes named."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from genex_kedro.study.split import SplitSettings, classes, missing_classes, split_patients

FRACTIONS = np.array([0.6, 0.2, 0.2])


def labels(rows):
    obs = pd.DataFrame(rows, columns=["patient_id", "tissue", "condition"])
    obs.index = [f"s{i}" for i in range(len(obs))]
    return obs


@pytest.fixture
def obs():
    """300 patients of two tissues with pairs, and 40 donors of both tissues."""
    rows = []
    for i in range(300):
        tissue = "lung" if i % 3 else "liver"
        rows.append((f"P{i}", tissue, "tumor"))
        if i % 4 == 0:
            rows.append((f"P{i}", tissue, "normal"))
    for i in range(40):
        rows += [(f"D{i}", "lung", "normal"), (f"D{i}", "liver", "normal")]
    return labels(rows)


def test_no_patient_stands_on_two_sides(obs):
    split = split_patients(obs, FRACTIONS, seed=0)
    assert split.groupby(obs["patient_id"]).nunique().max() == 1
    assert set(split) == {"train", "validation", "test"}


def test_every_class_keeps_its_share(obs):
    split = split_patients(obs, FRACTIONS, seed=1)
    shares = pd.crosstab(classes(obs), split, normalize="index")
    assert (shares["train"] - 0.6).abs().max() < 0.05
    assert (shares["test"] - 0.2).abs().max() < 0.05


def test_the_seed_decides(obs):
    one, again, other = (split_patients(obs, FRACTIONS, seed=s) for s in (0, 0, 1))
    assert one.equals(again)
    assert (one.to_numpy() != other.to_numpy()).any()


def test_the_order_of_the_samples_does_not_matter(obs):
    shuffled = obs.sample(frac=1, random_state=0)
    one, other = split_patients(obs, FRACTIONS, 0), split_patients(shuffled, FRACTIONS, 0)
    assert one.equals(other[one.index])


def test_small_classes_are_named(obs):
    obs = pd.concat(
        [obs, labels([("X1", "eye", "tumor"), ("X2", "eye", "tumor")]).set_index([["x1", "x2"]])]
    )
    found = missing_classes(obs, split_patients(obs, FRACTIONS, 0))
    assert found["class"].tolist() == ["eye tumor"]
    assert found["patients"].item() == 2
    assert found["missing_from"].item() in {"validation", "test"}


def test_no_validation_part_when_none_is_wanted(obs):
    split = split_patients(obs, np.array([0.8, 0, 0.2]), 0)
    assert set(split) == {"train", "test"}
    assert missing_classes(obs, split).empty


def test_a_number_of_seeds_is_short_for_the_first_ones():
    assert SplitSettings(seeds=3).seeds == [0, 1, 2]


@pytest.mark.parametrize(
    "bad", [{"validation": 0.6, "test": 0.5}, {"seeds": [1, 1]}, {"tset": 0.1}, {"seeds": 0}]
)
def test_settings_that_make_no_sense_are_refused(bad):
    with pytest.raises(ValidationError):
        SplitSettings(**bad)
