"""The main job on real cohorts: `kedro run --env table`, judged on patients never seen."""

from __future__ import annotations

import json

import pandas as pd
import pytest

pytestmark = pytest.mark.real


@pytest.fixture
def judged(project, run_session, real_data):
    """Runs a real cohort and gives its scorecard and its report."""

    def run(name: str, **params):
        folder = real_data / name
        mine = {"expression": f"{folder}/expression.parquet", "samples": f"{folder}/samples.tsv"}
        params["cohort"] = mine | params.get("cohort", {})
        # the judges alone: the translators take by far the longer part (docs/translators.md)
        wanted = ["evaluation.discriminators", "cohort_report"]
        run_session("reversion", env="table", params=params, to_outputs=wanted)
        reporting = project / "data/08_reporting"
        table = pd.read_csv(reporting / "evaluation/discriminators.csv")
        return table.set_index(["judge", "model", "subset"]), json.loads(
            (reporting / "cohort/report.json").read_text()
        )

    return run


def test_pairs_of_unseen_patients(judged):
    table, report = judged(
        "tcga_pairs", cohort={"missing": "drop_genes"}, reversion={"panel": "all"}
    )
    assert (report["samples"], report["pairs"], report["study"]["genes"]) == (958, 479, 514)
    for judge in ("pooled", "adjacent"):
        best = table.loc[(judge, "best", "patients with a tumor and a normal")]
        assert best["auc"] > 0.975
        assert best["balanced_accuracy"] > 0.94
        # not worse than logistic regression beyond what patients explain
        assert best["auc_gain_high"] >= 0
        assert best["balanced_accuracy_gain_high"] >= 0
        assert table.loc[(judge, "source alone", "overall")]["auc"] == pytest.approx(0.5)


def test_a_judge_of_tcga_tumors_against_gtex_is_a_study_detector(judged):
    table, report = judged("tcga_gtex")
    assert (report["samples"], report["patients"]) == (2157, 1669)
    assert report["controls"][0]["all"]["balanced_accuracy"] > 0.5  # of 10 sources
    for judge in ("pooled", "adjacent"):
        best = table.loc[(judge, "best", "overall")]
        assert best["auc"] > 0.99
        assert best["balanced_accuracy"] > 0.96
        assert best["auc_gain_high"] >= 0
    adjacent = "tumor against adjacent normal"
    assert table.loc[("pooled", "paper", adjacent)]["specificity"] > 0.9
    assert table.loc[("across", "paper", adjacent)]["specificity"] < 0.8
    far = table.loc[("across", "paper", "tumor against normals of other programs")]
    assert far["specificity"] > 0.9
