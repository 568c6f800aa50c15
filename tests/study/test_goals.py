"""Goals beside their ceilings: who reaches them, and who could."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from genex_kedro.study.generation.ceilings import EQUAL_N, HELD_OUT, TRAINING
from genex_kedro.study.generation.goals import Goal, Goals, compare_with_goals


def table(**gamma):
    """Scores of two seeds by model."""
    rows = [
        {"model": model.replace("__", "/"), "seed": seed, "gamma": value}
        for model, values in gamma.items()
        for seed, value in enumerate(values)
    ]
    ceilings = [
        {"model": model, "seed": seed, "gamma": value}
        for model, values in {TRAINING: (0.95, 0.93), EQUAL_N: (0.93, 0.91), HELD_OUT: (0.5, 0.5)}.items()
        for seed, value in enumerate(values)
    ]  # fmt: skip
    return pd.DataFrame(rows + ceilings)


def compared(goal, **gamma):
    found = compare_with_goals(table(**gamma), Goals({"gamma": goal}))
    return found.set_index("model")


def test_a_goal_below_the_ceiling_moves_with_it():
    found = compared(
        Goal(below_ceiling=0.02, ceiling=EQUAL_N), cvae__best=(0.92, 0.89), simple__x=(0.8, 0.8)
    )
    assert list(found.index) == ["cvae/best", "simple/x"]  # no ceiling among them
    assert found.loc["cvae/best", "reached"]  # .905 of .92 - .02
    assert found.loc["cvae/best", "seeds_reached"] == 0.5
    assert not found.loc["simple/x", "reached"]
    assert found.loc["cvae/best", "goal"] == "the ceiling - 0.02"
    assert found.loc["cvae/best", "ceiling"] == pytest.approx(0.92)
    assert found.loc["cvae/best", "gap"] == pytest.approx(-0.015)  # seed by seed
    assert found.loc["cvae/best", "gap_sd"] == pytest.approx(np.std([-0.01, -0.02], ddof=1))


def test_a_goal_that_real_samples_miss_says_so():
    found = compared(Goal(at_least=0.99), cvae__best=(0.9, 0.9))
    assert not found.loc["cvae/best", "reached"]
    assert not found.loc["cvae/best", "ceiling_reaches"]
    assert compared(Goal(at_most=0.6, ceiling=HELD_OUT), cvae__best=(0.9, 0.9)).iloc[0][
        "ceiling_reaches"
    ]


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ({"at_least": 0.9, "at_most": 1.1}, "0.9 to 1.1"),
        ({"at_least": 0.9}, "at least 0.9"),
        ({"at_most": 0.65}, "at most 0.65"),
        ({"below_ceiling": 0.0}, "the ceiling"),
    ],
)
def test_goals_say_what_they_are(goal, said):
    assert str(Goal(**goal)) == said


def test_failed_seeds_do_not_reach_and_do_not_spoil_the_mean():
    found = compared(Goal(at_least=0.9), cvae__best=(0.95, np.nan))
    assert found.loc["cvae/best", "value"] == 0.95
    assert found.loc["cvae/best", "seeds_reached"] == 0.5


@pytest.mark.parametrize(
    ("goals", "message"),
    [
        ({"gamma": {}}, "needs at_least"),
        ({"gamma": {"at_least": 0.9, "below_ceiling": 0.1}}, "two lower bounds"),
        ({"gamma": {"at_least": 0.9, "ceiling": "real/copies"}}, "expected one of real/training"),
        ({"gama": {"at_least": 0.9}}, "goals for gama, no metric"),
    ],
)
def test_a_goal_that_means_nothing_is_refused(goals, message):
    with pytest.raises(ValidationError, match=message):
        Goals(goals)
