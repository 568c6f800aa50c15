"""docs/extending.md: what it shows works as it stands there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from conftest import ROOT

RUN = """
from pathlib import Path
from kedro.framework.startup import bootstrap_project
from genex_kedro.session import GenexSession

def run(pipeline, params=None, **chosen):
    bootstrap_project(Path.cwd())
    with GenexSession.create(Path.cwd(), env="test", runtime_params=params) as session:
        session.run(pipeline_names=[pipeline], **chosen)

run("synthesis", to_nodes=["evaluation.score_pca_normal"])
run("generate", {"generate": {"model": "pca_normal/best", "tissue": "lung", "n": 3}})
"""


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


@pytest.fixture
def extended(project):
    """A project whose own copy of the source holds the example, and the one line."""
    models = project / "src/genex_kedro/models"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src/genex_kedro", models.parent, ignore=ignored)
    shutil.copy(ROOT / "docs/examples/pca_normal.py", models)
    line = '    "genex_kedro.models.pca_normal:PCA_NORMAL",\n'
    assert f"+{line}" in page("extending.md")
    registry = (models / "families.py").read_text()
    last = '    "genex_kedro.models.diffusion.config:DIFFUSION",\n'
    assert last in registry
    (models / "families.py").write_text(registry.replace(last, last + line))
    return project


def test_a_generator_in_one_file_and_one_line_is_trained_scored_and_asked_for_samples(extended):
    environment = os.environ | {"PYTHONPATH": str(extended / "src")}
    done = subprocess.run([sys.executable, "-c", RUN], cwd=extended, env=environment, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    folder = extended / "data/08_reporting/evaluation/scores"
    mine = pd.read_parquet(folder / "pca_normal.parquet").set_index("model")
    best = mine.loc["pca_normal/best"]
    assert best["status"] == "finished"
    # 0 for independent noise: within a class only what genes have in common is left
    assert best["gamma_within_class"] > 0.2
    assert best["tstr_tissue_f1"] > 0.9
    card = json.loads((extended / "data/06_models/baselines/pca_normal/models/best_seed_0/card.json").read_text())  # fmt: skip
    assert card["training_samples"] > 100
    made = pd.read_parquet(extended / "data/07_model_output/generate/expression.parquet")
    assert len(made) == 2 * 3 and made.min(axis=None) >= 0
