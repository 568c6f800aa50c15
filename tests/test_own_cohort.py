"""docs/own_cohort.md: every command runs, every message is the one that a user gets."""

from __future__ import annotations

import json
import re
import shlex

import pandas as pd
import pytest
import yaml
from kedro.framework.cli.cli import KedroCLI

from conftest import ROOT
from genex_kedro.datasets.tables.table import read_cohort
from genex_kedro.errors import InputError
from genex_kedro.models.simple.translators import SIMPLE_TRANSLATORS
from genex_kedro.simulation import SimulationSettings, simulate

PAGE = (ROOT / "docs/own_cohort.md").read_text()
COHORT = SimulationSettings(
    tissues=("lung", "liver"), n_genes=120, tumors_per_type=15, pairs_per_type=8, gtex_per_tissue=8
)
FITTED = {"identity", "tissue_mean_normal", "shrunken_residual"}  # of the simple translators


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """A folder with the two files as the page shows them."""
    monkeypatch.chdir(tmp_path)
    for name, content in zip(("counts.csv", "samples.csv"), blocks("csv"), strict=True):
        (tmp_path / name).write_text(content)
    return tmp_path


def test_the_files_shown_are_read(shown):
    cohort = read_cohort("counts.csv", "samples.csv")
    assert cohort.shape == (4, 4) and cohort.uns["unit"] == "linear"
    assert cohort.obs["condition"].tolist() == ["tumor", "normal", "tumor", "normal"]


MISTAKES = {
    "another word for a condition": ("samples.csv", ",tumor", ",cancer"),
    "ids written otherwise": ("samples.csv", r"^P(\d)-", r"S\1-"),
    "a column left out": ("samples.csv", ",tissue,", ",organ,"),
    "text in a cell": ("counts.csv", "310.2", "high"),
    "probes in place of genes": ("counts.csv", "^(TP53|EGFR|ERBB2|GAPDH)", r"probe_\1"),
    "centred values": ("counts.csv", "12.0", "-12.0"),
}


@pytest.mark.parametrize(("file", "old", "new"), MISTAKES.values(), ids=MISTAKES)
def test_each_mistake_gives_the_message_of_the_page(shown, file, old, new):
    (shown / file).write_text(re.sub(old, new, (shown / file).read_text(), flags=re.MULTILINE))
    with pytest.raises(InputError) as error:
        read_cohort("counts.csv", "samples.csv")
    assert f"{error.value}\n" in blocks("text"), str(error.value)


@pytest.fixture
def own(project, monkeypatch):
    """A project with a cohort of the user's beside it, and settings that are fast."""
    cohort, _ = simulate(COHORT)
    cohort.to_df().T.rename_axis("gene").to_csv(project / "counts.csv")
    cohort.obs[["patient_id", "tissue", "condition", "cohort", "source"]].to_csv(
        project / "samples.csv"
    )
    overlay = yaml.safe_load((project / "conf/test/parameters.yml").read_text())
    overlay["translators"] = {"leave_out": sorted(set(SIMPLE_TRANSLATORS) - FITTED)}
    overlay["image_transfer"]["train"] = ["best"]
    trained = project / "conf/base/parameters_cyclegan.yml"
    parameters = yaml.safe_load(trained.read_text())
    parameters["cyclegan"]["networks"] = {"best": parameters["cyclegan"]["networks"]["best"]}
    trained.write_text(yaml.safe_dump(parameters))
    del overlay["cyclegan"]
    (project / "conf/table/parameters.yml").write_text(yaml.safe_dump(overlay))
    monkeypatch.chdir(project)
    return project


def test_every_command_runs_and_leaves_what_the_page_says(own):
    commands = "".join(blocks("bash")).splitlines()
    assert len(commands) == 7
    for command in commands:
        program, *words = shlex.split(command)
        assert program == "kedro"
        KedroCLI(own).main(words, standalone_mode=False)
    reporting, output = own / "data/08_reporting", own / "data/07_model_output"
    report = json.loads((reporting / "cohort/report.json").read_text())
    assert report["samples"] == 3 * 15 + 3 * 8 + 2 * 8
    named = [
        reporting / "cohort/components.png",
        reporting / "evaluation/translators_summary.csv",
        *(output / "translate" / n for n in ("expression.parquet", "change.parquet", "report.md")),
        output / "generate/samples.tsv",
    ]
    assert all(path.is_file() and path.name in PAGE for path in named)
    assert len(pd.read_csv(output / "translate/calls.tsv", sep="\t")) == report["samples"]
    made = pd.read_parquet(output / "generate/expression.parquet")
    assert made.shape == (20, 120)
    calls = pd.read_csv(output / "classify/calls.tsv", sep="\t", keep_default_na=False)
    assert {"call", "rejected", "why", "top_genes"} <= set(calls)
