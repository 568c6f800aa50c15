"""The notebooks, executed on the results of a whole run: what they show is what the tables say."""

from __future__ import annotations

import base64
import re
import shutil

import nbformat
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from nbclient import NotebookClient

from conftest import ROOT
from genex_kedro.errors import InputError
from genex_kedro.notebook import require

NAMES = ("explore_a_cohort", "compare_generators", "my_tumors_to_their_normals", "explain_a_tumor_type")  # fmt: skip
# one kernel for all (its imports cost the most); each begins without the variables of the others
FRESH = """
%reset -f
import os
get_ipython().extension_manager.loaded.discard("kedro.ipython")
os.chdir({folder!r})
"""


@pytest.fixture(scope="module")
def executed(whole_run) -> dict[str, list]:
    """The cells of every notebook with their outputs, by name."""
    folder = whole_run / "notebooks"
    shutil.copytree(ROOT / "notebooks", folder)
    everything, ends = nbformat.v4.new_notebook(), {}
    for name in NAMES:
        everything.cells.append(nbformat.v4.new_code_cell(FRESH.format(folder=str(folder))))
        everything.cells += nbformat.read(folder / f"{name}.ipynb", as_version=4).cells
        ends[name] = len(everything.cells)
    variables = {"KEDRO_ENV": "test", "PYTHONPATH": str(ROOT / "src")}
    with pytest.MonkeyPatch.context() as environment:
        for name, value in variables.items():
            environment.setenv(name, value)
        about = {"metadata": {"path": str(folder)}}
        NotebookClient(everything, timeout=300, resources=about).execute()
    starts = [0, *ends.values()]
    return {
        name: everything.cells[start:end]
        for (name, end), start in zip(ends.items(), starts, strict=False)
    }


def outputs(cells: list, kind: str) -> list[str]:
    found = [output for cell in cells for output in cell.get("outputs", [])]
    if kind == "printed":
        return [o["text"] for o in found if o["output_type"] == "stream" and o["name"] == "stdout"]
    return [o["data"][kind] for o in found if kind in o.get("data", {})]


def printed_number(cells: list, before: str) -> float:
    text = "".join(outputs(cells, "printed"))
    return float(re.search(rf"{before}: (-?[\d.]+\d)", text).group(1))


@pytest.mark.parametrize(("name", "pictures"), zip(NAMES, (5, 5, 3, 5), strict=True))
def test_every_picture_is_there(executed, name, pictures):
    found = [base64.b64decode(text) for text in outputs(executed[name], "image/png")]
    assert len(found) == pictures
    assert all(picture[1:4] == b"PNG" and len(picture) > 5_000 for picture in found)


def test_the_cohort_is_the_one_of_the_report(executed, whole_run):
    report = pd.read_json(whole_run / "data/08_reporting/cohort/report.json", typ="series")
    text = "".join(outputs(executed["explore_a_cohort"], "printed"))
    assert f"{report['samples']} samples of {report['patients']} patients" in text


def test_gamma_by_hand_is_that_of_the_table(executed, whole_run):
    table = pd.read_csv(whole_run / "data/08_reporting/evaluation/generators.csv").set_index("run")
    shown = printed_number(executed["compare_generators"], "gamma of all samples")
    assert shown == pytest.approx(table.loc["cvae/best seed 0", "gamma_all"], abs=1e-6)


def test_the_error_against_own_normals_is_that_of_the_table(executed, whole_run):
    table = pd.read_csv(whole_run / "data/08_reporting/evaluation/translators.csv")
    row = table.query("run == 'cyclegan/best seed 0' and subset == 'overall'").iloc[0]
    shown = printed_number(executed["my_tumors_to_their_normals"], rf"RMSE of {row['pairs']} pairs")
    assert shown == pytest.approx(row["rmse_point"], abs=1e-4)


def test_the_genes_named_first_are_those_of_the_attributions(executed, whole_run):
    table = pd.read_parquet(whole_run / "data/07_model_output/image_transfer/attributions.parquet")
    first = (
        table.query("baseline == 'training_mean'").sort_values(["class", "rank"])["gene"].iloc[0]
    )
    tables = outputs(executed["explain_a_tumor_type"], "text/html")
    assert any(re.search(rf"<tbody>\s*<tr>\s*<th>{first}</th>", table) for table in tables)


@pytest.mark.parametrize("name", NAMES)
def test_no_output_is_in_git(name):
    notebook = nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert 8 <= len(notebook.cells) <= 16
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_a_pipeline_that_was_not_run_is_named():
    catalog = DataCatalog({"there": MemoryDataset(1)})
    require(catalog, "synthesis", "there")
    with pytest.raises(InputError, match=r"(?s)no absent.*kedro run --pipelines synthesis"):
        require(catalog, "synthesis", "there", "absent")
