"""The scorecard of tumor types: rows, gains, merged types, calibration."""

import numpy as np
import pandas as pd
import pytest

from genex_kedro.study.intervals import BootstrapSettings
from genex_kedro.study.tumor_types.scorecard import MERGED, OVERALL, confusion_of, score_types

SETTINGS = BootstrapSettings(repeats=100)
TYPES = ["COAD", "LUAD", "READ"]


def predictions(call, truth=("COAD", "READ", "LUAD", "LUAD"), split="test"):
    p = np.where(np.array(TYPES) == np.array(call)[:, None], 0.8, 0.1)
    table = pd.DataFrame(
        {
            "run": "images/x seed 0",
            "model": "images/x",
            "seed": 0,
            "sample_id": [f"{split}{i}" for i in range(len(call))],
            "split": split,
            "truth": list(truth),
            "call": list(call),
            "confidence": p.max(1),
        }
    )
    return table.join(pd.DataFrame(p, columns=[f"p {t}" for t in TYPES]))


PATIENTS = pd.Series({f"{part}{i}": f"P{i}" for part in ("test", "validation") for i in range(4)})


def scored(call, **kwargs):
    rows = score_types(predictions(call), PATIENTS, SETTINGS, **kwargs)
    return {row["subset"]: row for row in rows}


def test_colon_called_rectum_is_an_error_unless_they_are_one():
    rows = scored(["READ", "READ", "LUAD", "LUAD"])
    assert rows[OVERALL]["accuracy"] == 0.75
    assert rows[OVERALL]["balanced_accuracy"] == pytest.approx(2 / 3)
    assert rows[OVERALL]["classes"] == 3
    assert rows[MERGED]["accuracy"] == 1
    assert rows[MERGED]["classes"] == 2
    assert rows["type: READ"]["precision"] == 0.5
    assert rows["type: READ"]["recall"] == 1
    assert rows["type: COAD"]["f1"] == 0
    assert rows["type: LUAD"]["samples"] == 2


def test_the_gain_over_the_same_calls_is_nothing_and_over_worse_ones_positive():
    right = ["COAD", "READ", "LUAD", "LUAD"]
    same = scored(right, against=predictions(right))[OVERALL]
    assert (same["accuracy_gain"], same["accuracy_gain_low"]) == (0, 0)
    better = scored(right, against=predictions(["READ", "COAD", "LUAD", "LUAD"]))[OVERALL]
    assert better["accuracy_gain"] == 0.5
    assert better["accuracy_low"] == 1


def test_probabilities_and_validation_are_judged():
    table = pd.concat([predictions(["COAD", "READ", "LUAD", "LUAD"]), predictions(["LUAD"] * 4, split="validation")])  # fmt: skip
    (row, *_) = score_types(table, PATIENTS, SETTINGS)
    assert row["log_loss"] == pytest.approx(-np.log(0.8))
    assert row["confidence_error"] == pytest.approx(0.2)
    assert row["validation_accuracy"] == 0.5
    assert row["validation_balanced_accuracy"] == pytest.approx(1 / 3)


def test_a_type_without_training_samples_costs_its_probability():
    table = predictions(["COAD", "READ", "LUAD", "LUAD"], truth=("COAD", "READ", "LUAD", "UCS"))
    (row, *_) = score_types(table, PATIENTS, SETTINGS)
    assert row["log_loss"] == pytest.approx((3 * -np.log(0.8) - np.log(1e-7)) / 4)


def test_confusions_are_counted():
    counts = confusion_of(predictions(["READ", "READ", "LUAD", "LUAD"]))
    assert counts.set_index(["truth", "call"])["samples"].to_dict() == {("COAD", "READ"): 1, ("LUAD", "LUAD"): 2, ("READ", "READ"): 1}  # fmt: skip
