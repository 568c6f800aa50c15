"""translate as a user runs it: files come out, mistakes come back as one error."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from genex_kedro.datasets.model_folder import ModelFolderDataset
from genex_kedro.genes.table import gene_table
from genex_kedro.models.discriminator.model import DiscriminatorConfig, build_discriminator
from genex_kedro.models.discriminator.model import to_trained_model as keep_judge
from genex_kedro.pipelines.translators.nodes import translate_simple
from genex_kedro.pipelines.translators.settings import SimpleTranslatorSettings
from genex_kedro.simulation import SimulationSettings, simulate
from genex_kedro.study.split import SplitSettings, split_patients
from genex_kedro.transforms import Standardiser
from refusals import assert_refused

SETTINGS = SimulationSettings(
    tissues=("lung", "liver"), n_genes=150, tumors_per_type=15, pairs_per_type=8, gtex_per_tissue=8
)


@pytest.fixture(scope="module")
def study():
    """A simulated study under current gene names, with a split."""
    cohort, _ = simulate(SETTINGS)
    cohort.var_names = gene_table()["symbol"][2000 : 2000 + cohort.n_vars].to_numpy()
    cohort.obs["split"] = split_patients(cohort.obs, SplitSettings().fractions, 3)
    cohort.uns["seed"] = 3
    return cohort


@pytest.fixture(scope="module")
def models(study):
    left_out = ["entropic_transport", "gaussian_transport"]
    _, kept, _ = translate_simple({"seed_3": study}, SimpleTranslatorSettings(leave_out=left_out))
    judge = build_discriminator(DiscriminatorConfig(hidden=(4,)), study.n_vars, 0)
    transform = Standardiser.fit(np.asarray(study.X), "per_sample").to_json()
    return kept, {"best_seed_3": keep_judge(judge, study.var, transform, {})}


@pytest.fixture
def translate(project, run_session, models, study, tmp_path):
    """Runs `translate` on the study's test tumors, in linear units, with trained models."""
    translators, judges = models
    ModelFolderDataset(str(project / "data/06_models/translators/models")).save(translators)
    for judge in ("pooled", "adjacent"):
        ModelFolderDataset(str(project / f"data/06_models/discriminator/{judge}/models")).save(judges)  # fmt: skip
    tumors = study[(study.obs["split"] == "test") & (study.obs["condition"] == "tumor")]
    names = [f"T{i}" for i in range(tumors.n_obs)]
    table = pd.DataFrame(np.exp2(tumors.X) - 1, names, tumors.var_names)
    table.T.rename_axis("gene").to_csv(tmp_path / "tumors.tsv", sep="\t")
    sheet = pd.DataFrame({"sample_id": names, "tissue": tumors.obs["tissue"].to_numpy()})
    sheet.to_csv(tmp_path / "sheet.tsv", sep="\t", index=False)

    def run(**asked):
        files = {"expression": str(tmp_path / "tumors.tsv"), "samples": str(tmp_path / "sheet.tsv")}
        model = {"model": "simple/shrunken_residual"}
        run_session("translate", env="table", params={"translate": files | model | asked})
        return project / "data/07_model_output/translate"

    run.table, run.tumors, run.project = table, tumors, project
    return run


def test_normals_changes_and_calls_come_out_as_files(translate):
    out = translate(draws=2)
    assert {p.name for p in out.iterdir()} == {
        "expression.parquet", "draws.parquet", "change.parquet", "calls.tsv", "report.md", "report.json",
    }  # fmt: skip
    made = pd.read_parquet(out / "expression.parquet")
    assert made.index.tolist() == translate.table.index.tolist()
    assert made.columns.tolist() == translate.table.columns.tolist()
    assert made.max(axis=None) > 100, "linear, as the table came"
    draws = pd.read_parquet(out / "draws.parquet")
    assert len(draws) == 2 * len(made) and not draws.loc[0].equals(draws.loc[1])
    change = pd.read_parquet(out / "change.parquet")
    one = change[change["sample_id"] == "T0"].set_index("gene")
    expected = np.log2(translate.table.loc["T0"] + 1) - np.log2(made.loc["T0"] + 1)
    np.testing.assert_allclose(one["log2_fold_change"], expected[one.index], atol=1e-3)
    calls = pd.read_csv(out / "calls.tsv", sep="\t", index_col=0)
    assert {"p_tumor_pooled_before", "p_tumor_adjacent_after", "tissue_probability", "unsure"} <= set(calls)  # fmt: skip
    assert (calls["tissue_used"] == translate.tumors.obs["tissue"].to_numpy()).all()
    report = json.loads((out / "report.json").read_text())
    assert report["genes_measured"] == report["genes"] == 150 and report["trained_seed"] == 3
    assert "Research use only" in (out / "report.md").read_text()


def test_the_same_seed_gives_the_same_files_and_no_draws_leave_none_behind(translate):
    first = pd.read_parquet(translate(draws=1, seed=5) / "draws.parquet")
    again = pd.read_parquet(translate(draws=1, seed=5) / "draws.parquet")
    pd.testing.assert_frame_equal(first, again)
    assert not (translate() / "draws.parquet").exists()


def test_another_model_by_parameter(translate):
    shrunken = pd.read_parquet(translate() / "expression.parquet")
    out = translate(model="simple/tissue_mean_normal", trained_seed=3)
    constant = pd.read_parquet(out / "expression.parquet")
    assert constant.nunique().max() == 2, "one normal a tissue"
    assert shrunken.nunique().min() > 2


def test_without_a_sheet_tissues_are_inferred(translate):
    calls = pd.read_csv(translate(samples=None) / "calls.tsv", sep="\t", index_col=0)
    assert calls["tissue_given"].isna().all()
    assert (calls["tissue_used"] == translate.tumors.obs["tissue"].to_numpy()).mean() > 0.8


def test_the_table_may_stand_in_globals_and_params_win(translate, run_session, tmp_path):
    conf = translate.project / "conf/table/globals.yml"
    about = {"expression": str(tmp_path / "tumors.tsv"), "tissue": "liver", "unit": "log2(x+1)"}
    conf.write_text(json.dumps({"reader": "table", "translate": about}))
    asked = {"model": "simple/shrunken_residual", "unit": "linear"}
    run_session("translate", env="table", params={"translate": asked})
    out = translate.project / "data/07_model_output/translate"
    calls = pd.read_csv(out / "calls.tsv", sep="\t", index_col=0)
    assert (calls["tissue_given"] == "liver").all() and len(calls) == len(translate.table)
    assert pd.read_parquet(out / "expression.parquet").max(axis=None) > 100, (
        "linear, not as in globals"
    )


@pytest.mark.parametrize("key", ["unit", "tissue", "samples", "expression", "negative"])
def test_a_table_described_in_a_parameters_file_is_not_silently_ignored(run_session, project, key):
    path = project / "conf/base/parameters_translate.yml"
    path.write_text(path.read_text() + f"  {key}: anything\n")
    assert_refused(
        lambda: run_session("translate", env="table"), [f"translate.{key}", "globals.yml"]
    )


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"expression": None}, "translate.expression"),
        ({"model": "cyclegan/best"}, "reversion"),
        ({"model": "simple/atlas"}, "a trained atlas"),
        ({"trained_seed": 9}, "seed 9"),
        ({"modell": "x"}, "modell"),
    ],
)
def test_a_mistake_is_one_error_that_says_what_to_do(translate, asked, says):
    assert_refused(lambda: translate(**asked), [says])


def test_nothing_trained_says_what_to_run(run_session, tmp_path):
    (tmp_path / "t.tsv").write_text("gene\ts1\nTP53\t3.0\nEGFR\t2.5\n")
    asked = {"expression": str(tmp_path / "t.tsv"), "unit": "log2(x+1)"}
    assert_refused(lambda: run_session("translate", params={"translate": asked}), ["--pipelines reversion"])  # fmt: skip


def test_too_few_genes_are_refused(translate, tmp_path):
    translate.table.iloc[:, :50].T.rename_axis("gene").to_csv(tmp_path / "few.tsv", sep="\t")
    assert_refused(
        lambda: translate(expression=str(tmp_path / "few.tsv")), ["50 of the model's 150"]
    )
