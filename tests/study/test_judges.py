"""Which samples a judge may see."""

import pandas as pd

from genex_kedro.study.judges.samples import judge_samples, programs_with_both, why_not


def obs():
    rows = [("TCGA", "tumor", "train")] * 6 + [("TCGA", "normal", "train")] * 4
    rows += [("GTEX", "normal", "train")] * 5 + [("TARGET", "tumor", "train")] * 3
    rows += [("TCGA", "tumor", "validation"), ("TCGA", "normal", "validation")]
    return pd.DataFrame(rows, columns=["program", "condition", "split"])


def test_adjacent_keeps_programs_that_sampled_both():
    assert programs_with_both(obs()) == {"TCGA"}
    assert set(obs()["program"][judge_samples(obs(), "adjacent", 2)]) == {"TCGA"}


def test_across_never_sees_an_adjacent_normal():
    table = obs()
    seen = table[judge_samples(table, "across", 2)]
    assert set(seen["program"][seen["condition"] == "normal"]) == {"GTEX"}
    assert (seen["condition"] == "tumor").sum() == 10


def test_a_judge_that_cannot_be_trained_says_why():
    table = obs()
    assert why_not(table, judge_samples(table, "pooled", 2), 2) is None
    assert "0 normal samples in validation" in why_not(table, judge_samples(table, "across", 2), 2)
    assert "at least 20 needed" in why_not(table, judge_samples(table, "pooled", 2), 20)
