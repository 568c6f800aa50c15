"""What the report says holds or not is what the tables say: planted tables, the sentences read."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from genex_kedro.metrics.generator_scorecard import METRICS
from genex_kedro.report import classifiers, generators, judges, laboratories, translators
from genex_kedro.report.blocks import Column, noticed, table
from genex_kedro.report.compare import compare
from genex_kedro.study.generation.augmentation import ALONE, LEAKING, REFITTED
from genex_kedro.study.generation.ceilings import EQUAL_N
from genex_kedro.study.translation.figures import metric_of
from genex_kedro.study.tumor_types.published_marks import published_marks

GAMMA = next(metric for metric in METRICS if metric.name == "gamma")


def said(findings: list[dict]) -> dict[str, list[str]]:
    by_verdict = {"holds": [], "fails": [], "note": []}
    for found in findings:
        by_verdict[found["verdict"]].append(found["text"])
    return by_verdict


def summary() -> pd.DataFrame:
    rows = [
        ("cvae/best", "finished", 1.5, 1.1, 1.9, 0.91),
        ("wgan_gp/log2", "2 of 5 diverged, 3 of 5 finished", 4.0, 3.0, 5.0, 0.5),
        ("ctgan/log2", "collapsed", 4.5, 3.0, 5.0, 0.4),
        ("simple/class_normal", "finished", 2.5, 2.1, 2.9, 0.93),
        (EQUAL_N, "finished", None, None, None, 0.99),
    ]
    columns = ["model", "status", "rank", "rank_low", "rank_high", "gamma"]
    return pd.DataFrame(rows, columns=columns).assign(seeds=5, gamma_sd=0.01)


def goals() -> pd.DataFrame:
    rows = [
        ("gamma", "at least 0.95", 0.91, False, 0.04, 0.99, True),
        ("recall_test", "at least 0.9", 0.8, False, 0.1, 0.85, False),
        ("precision_test", "at least 0.9", 0.97, True, 0.0, 0.98, True),
    ]
    names = ["metric", "goal", "value", "reached", "missed_by", "ceiling", "ceiling_reaches"]
    return pd.DataFrame(rows, columns=names).assign(model="cvae/best")


def test_a_missed_goal_is_missed_by_so_much_and_a_failed_network_called_so():
    found = said(generators.findings(summary(), goals(), pd.DataFrame()))
    (missed,) = [t for t in found["fails"] if "misses" in t]
    assert "misses 1 of 3 goals, which real samples reach: gamma 0.910 (by 0.040)" in missed
    assert any(
        "which real samples miss too: recall_test 0.800 (by 0.100)" in t for t in found["note"]
    )
    assert any("reaches 1 of 3 goals: precision_test 0.970." in t for t in found["holds"])
    assert any(t.startswith("ctgan/log2: collapsed") for t in found["fails"])
    assert any(t.startswith("wgan_gp/log2: 2 of 5 diverged") for t in found["fails"])


def test_a_network_is_ahead_only_where_the_intervals_lie_apart():
    (ahead,) = [t for t in said(generators.findings(summary(), goals(), pd.DataFrame()))["holds"] if "Best network" in t]  # fmt: skip
    assert "do not overlap" in ahead
    close = summary().assign(rank_high=[2.3, 5.0, 5.0, 2.9, None])
    found = said(generators.findings(close, goals(), pd.DataFrame()))
    assert any("no clear order" in t for t in found["note"])
    behind = summary().assign(rank=[3.0, 4.0, 4.5, 2.5, None], rank_low=[2.95, 3, 3, 2.1, None])
    copies = behind[behind["model"] == "simple/class_normal"].assign(
        model="simple/training_copies", rank=1.0
    )
    behind = pd.concat([behind, copies])  # of training samples: no rival
    found = said(generators.findings(behind, goals(), pd.DataFrame()))
    assert any("simple/class_normal is ahead" in t for t in found["fails"])


def test_the_goals_table_says_reached_and_missed_beside_real_samples():
    made = generators.goals_table(goals(), summary())
    cells = [[cell["text"] for cell in row["cells"]] for row in made["rows"]]
    assert cells[0] == ["gamma", "at least 0.95", "0.990: reaches it", "0.910 missed by 0.040"]
    assert cells[1][2:] == ["0.850: misses it", "0.800 missed by 0.100"]
    assert cells[2][3] == "0.970 reached"


@pytest.mark.parametrize(
    ("with_made", "protocol", "verdict"),
    [
        (0.9, REFITTED, "holds"),
        (0.5, REFITTED, "fails"),
        (0.7, REFITTED, "note"),
        (0.9, LEAKING, "note"),  # it saw more than the few: no claim
    ],
)
def test_augmentation_is_judged_by_what_few_real_samples_reach_alone(with_made, protocol, verdict):
    seeds = pd.DataFrame({"seed": [0, 1, 2], "off": [-0.01, 0, 0.01]})
    cases = pd.DataFrame(
        {
            "label": "tissue", "n_real": [50, 50, 500], "n_synthetic": [0, 100, 0],
            "protocol": [ALONE, protocol, ALONE], "model": ["", "cvae/best", ""],
            "balanced_accuracy": [0.7, with_made, 0.99],
        }
    )  # fmt: skip
    table = cases.merge(seeds, how="cross").query("not (seed == 2 and model == 'cvae/best')")
    table["balanced_accuracy"] += table["off"] * (table["n_synthetic"] == 0) / 10
    found = said(generators.findings(summary(), goals(), table))
    (text,) = [t for t in found[verdict] if "Tissue told from 50 real samples" in t]
    assert f"{with_made:.3f} against 0.69" in text or f"{with_made:.3f} against 0.7" in text
    assert "of 2 seeds" in text, "paired by seed: the third has no such model"


def test_the_best_of_each_column_is_marked_and_a_ceiling_never():
    (first, _) = generators.scorecard(summary())
    at = [column["name"] for column in first["columns"]].index("gamma")
    best = {row["cells"][0]["text"]: row["cells"][at] for row in first["rows"]}
    assert [name for name, cell in best.items() if cell["best"]] == ["simple/class_normal"]
    assert best[EQUAL_N]["text"] == "0.990 (0.010)"
    assert next(c for c in first["columns"] if c["name"] == "gamma")["better"] == "higher"
    lower = replace(GAMMA, direction="lower")
    made = table(summary(), [Column("model", "m"), Column("gamma", "g", lower)], "", "", "f", generators.kind_of)  # fmt: skip
    assert [row["cells"][0]["text"] for row in made["rows"] if row["cells"][1]["best"]] == ["ctgan/log2"]  # fmt: skip


RMSE = metric_of("rmse_point")


def seeds(own, other, **more) -> pd.DataFrame:
    return pd.concat(
        pd.DataFrame({"model": name, "seed": range(len(values)), "rmse_point": values, **more})
        for name, values in (("a", own), ("b", other))
    )


@pytest.mark.parametrize(
    ("own", "other", "verdict"),
    [
        ((0.5, 0.51), (0.6, 0.61), "holds"),
        ((0.6, 0.61), (0.5, 0.51), "fails"),
        ((0.50, 0.61), (0.51, 0.60), "note"),
        ((0.50, 0.55), (0.51, 0.60), "note"),  # better in both, by very different amounts
        ((0.5,), (0.6,), "note"),  # one seed and no interval
    ],
)
def test_no_order_without_seeds_that_bear_it_out(own, other, verdict):
    found, words = compare(seeds(own, other), "a", "b", RMSE)
    assert found == verdict
    assert ("no clear difference" in words) == (verdict == "note")


def test_one_seed_is_judged_by_intervals_over_patients():
    apart = seeds((0.5,), (0.6,)).assign(rmse_point_low=[0.45, 0.56], rmse_point_high=[0.55, 0.65])
    assert compare(apart, "a", "b", RMSE)[0] == "holds"
    overlap = apart.assign(rmse_point_low=[0.45, 0.54])
    assert compare(overlap, "a", "b", RMSE)[0] == "note"
    assert compare(apart, "a", "c", RMSE) is None


def test_a_translator_that_fools_judges_and_lost_the_tissue_is_called_so():
    every = pd.DataFrame(
        [
            ("cyclegan/paper", 0, 1.2, 0.42, 0.12, 0.05, 1.0),
            ("cyclegan/best", 0, 0.6, 0.26, 0.99, 0.9, 0.98),
            ("simple/identity", 0, 1.2, 0.31, 0.8, 1.2, 0.03),
            ("simple/tissue_mean_normal", 0, 0.6, 0.5, 0.98, 1.0, 1.0),
        ],
        columns=["model", "seed", "rmse_point", "patient_rank_point", "tissue_kept_draw", "spread_draw", "fooled_paper_draw"],
    ).assign(subset="overall", paired=False, pairs=9, status="finished", fooled_paper_blind_draw=1.0)  # fmt: skip
    found = said(translators.findings(every, every))
    (lost,) = found["fails"]
    assert lost.startswith("cyclegan/paper: collapsed: its normals vary by 0.05")
    assert "kept in 12%" in lost and "call up to 100% of them normal" in lost
    assert any("0.260 against 0.310" in t for t in found["note"])  # one seed, no interval
    without = every.assign(pairs=0)
    assert any("No test patient" in t for t in said(translators.findings(without, without))["note"])


def test_a_judge_that_knows_only_the_laboratory_is_called_so():
    columns = ["judge", "model", "normals of other programs called normal", "adjacent normals called normal"]  # fmt: skip
    rows = [("across", "best", 1.0, 0.5), ("adjacent", "best", 0.97, 0.95), ("pooled", "best", 0.3, 0.3)]  # fmt: skip
    means = pd.DataFrame([("pooled", "source alone", "overall", 0.92)], columns=["judge", "model", "subset", "auc"])  # fmt: skip
    found = said(judges.findings(pd.DataFrame(), means, pd.DataFrame(rows, columns=columns)))
    assert any("Across judge" in t and "learned the laboratory" in t for t in found["fails"])
    assert any("Pooled judge" in t and "misses many normals" in t for t in found["fails"])
    assert any("AUC of 0.920 (so pooled" in t for t in found["fails"])
    assert [t for t in found["holds"] if "Adjacent judge" in t]


@pytest.mark.parametrize(
    ("low", "high", "verdict", "words"),
    [(0.01, 0.05, "holds", "clearly better in 1 of 1"), (-0.05, -0.01, "fails", "clearly worse"), (-0.01, 0.01, "note", "no clear difference")],
)  # fmt: skip
def test_a_judge_is_better_than_logistic_regression_only_where_the_interval_says_so(
    low, high, verdict, words
):
    # a network has the name that its parameters give it
    every = pd.DataFrame({"judge": "pooled", "model": ["wide"], "seed": 0, "subset": "overall", "balanced_accuracy_gain_low": low, "balanced_accuracy_gain_high": high})  # fmt: skip
    means = pd.DataFrame({"judge": "pooled", "model": ["wide", "logistic regression"], "subset": "overall", "balanced_accuracy": [0.9, 0.8], "auc": 1.0})  # fmt: skip
    empty = pd.DataFrame({n: [] for n in ("judge", "model", "normals of other programs called normal", "adjacent normals called normal")})  # fmt: skip
    (text,) = said(judges.findings(every, means, empty))[verdict]
    assert words in text


@pytest.mark.parametrize(
    ("classes", "words"), [(5, "do not compare"), (33, "paper 002 reports 0.92")]
)
def test_a_published_mark_is_compared_only_on_its_own_types(classes, words):
    own = pd.DataFrame(
        {
            "model": ["images/a", "simple/logistic regression"], "subset": "overall", "seed": 0,
            "classes": classes, "accuracy": [0.9, 0.95], "balanced_accuracy": [0.9, 0.95],
            "validation_balanced_accuracy": 0.9, "balanced_accuracy_gain_low": -0.09,
            "balanced_accuracy_gain_high": -0.01,
        }
    )  # fmt: skip
    both = pd.concat([own, published_marks()])
    checks = pd.DataFrame({"check": ["shuffled weights"] * 2, "spearman": [0.9, 0.7]})
    found = said(classifiers.findings(both, both, checks))
    assert any(words in t for t in found["note"] + found["fails"])
    assert any("clearly worse in 1 of 1 seeds" in t for t in found["fails"])
    assert any(
        "largely agree with those of a network with shuffled weights" in t for t in found["fails"]
    )


def test_a_notice_that_lists_a_hundred_files_is_cut_short():
    notice = {"check": "files read", "count": 100, "detail": ", ".join(f"file{i}.txt.gz" for i in range(100))}  # fmt: skip
    text = noticed(notice, "cohort/summary.json")["text"]
    assert text.startswith("files read: 100 (file0.txt.gz, ") and text.endswith(" ...).")
    assert len(text) < 300


def test_a_classifier_begins_with_imagenet_or_with_none():
    rows = pd.DataFrame({"model": ["images/a", "images/b"], "subset": "overall", "weights": ["none", "a_in1k.safetensors 51463240"], "classes": 22, "classes_sd": 0.0})  # fmt: skip
    shown = classifiers.scorecard(rows)["rows"]
    texts = [[cell["text"] for cell in row["cells"]] for row in shown]
    assert ["none" in t for t in texts] == [True, False] and "ImageNet" in texts[1]
    assert all("22" in t for t in texts), "a count without a spread"


def test_laboratories_that_can_be_told_apart_are_a_warning():
    control = {"n_classes": 2, "n_test": 9, "chance": 0.5}
    report = {
        "study": {"samples": 9, "genes": 5, "split": {"train": 9}, "notices": []},
        "classes_too_small": [{"class": "eye tumor", "patients": 1, "missing_from": "test"}],
        "controls": [
            {"label": "source", "all": None, "normals": control | {"balanced_accuracy": 0.9}},
            {"label": "program", "all": control | {"balanced_accuracy": 0.52}, "normals": None},
        ],
    }
    found = said(laboratories.findings(report))
    assert found["fails"][0].startswith("Sources (laboratories) can be told")
    assert found["holds"][0].startswith("Programs cannot be told")
    assert any("eye tumor, 1 patients, none in test" in t for t in found["note"])


def test_a_constant_that_calls_all_tumors_wins_no_mark():
    means = pd.DataFrame(
        {
            "judge": "pooled", "model": ["best", "logistic regression", "share of tumors"],
            "subset": "overall", "sensitivity": [0.97, 0.95, 1.0], "seeds": 2,
        }
    )  # fmt: skip
    detector = pd.DataFrame({"judge": ["pooled"], "model": ["best"], "adjacent normals": [0.9]})
    shown = judges.scorecard(means, detector)[0]
    marked = [row["cells"][1]["text"] for row in shown["rows"] if row["cells"][2]["best"]]
    assert marked == ["best"]


def test_a_cohort_of_which_no_tumor_could_be_translated_is_said_so():
    from genex_kedro.pipelines.evaluation.translators import (
        lay_beside_paper,
        score_translators,
        summarise_translators,
    )

    every = score_translators({}, {}, {}, None)
    means = summarise_translators(every)
    assert said(translators.findings(means, every))["note"] == [
        "No tumor of this cohort could be translated."
    ]
    assert translators.scorecard(means)["rows"] == []
    assert translators.beside_paper(lay_beside_paper(every))["rows"] == []
