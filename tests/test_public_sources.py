"""``kedro run --env toil`` and ``--env pancan``, on small folders in the published layouts."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import read_h5ad
from kedro.framework.startup import bootstrap_project

from genex_kedro.barcodes.codes import sites
from genex_kedro.datasets.pancan_reader import FORMS
from genex_kedro.errors import InputError
from genex_kedro.session import GenexSession
from toil_folder import ToilFolder

ROOT = Path(__file__).parents[1]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of its own in a fresh folder, with this package's configuration."""
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "conf", folder / "conf")
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "src").mkdir()
    (folder / "conf" / "local").mkdir(exist_ok=True)
    (folder / "conf" / "local" / "tracking.yml").write_text("enabled: false\n")
    for env in ("toil", "pancan"):
        (folder / "conf" / env / "tracking.yml").write_text("enabled: false\n")
    bootstrap_project(folder)
    return folder


def run(project, env, **params):
    with GenexSession.create(project, env=env, runtime_params=params) as session:
        session.run(pipeline_names=["data_processing"])


def write_pancan(folder):
    """30 tumors of three types and five normals, 40 genes."""
    rng = np.random.default_rng(0)
    site_of = sites().query("program == 'TCGA'").groupby("study")["site"].first()
    barcodes = [
        f"TCGA-{site_of[kind]}-A{i:03d}-01A-11R-A29S-07"
        for kind in ("ACC", "UCS", "KICH")
        for i in range(10)
    ] + [f"TCGA-{site_of['KICH']}-A{i:03d}-11A-11R-A29S-07" for i in range(5)]
    values = rng.gamma(1, 500, (40, len(barcodes)))
    genes = pd.Index([f"GENE{i}|{990000 + i}" for i in range(40)], name="gene_id")
    folder.mkdir()
    pd.DataFrame(values, genes, barcodes).to_csv(folder / FORMS["gdc"][0][0], sep="\t")
    return folder


def test_toil(project, tmp_path, caplog):
    toil = ToilFolder(tmp_path / "toil", n=20)
    run(project, "toil", toil={"folder": str(toil.path)})
    report = (project / "data/08_reporting/cohort/report.json").read_text()
    assert "pseudoautosomal genes with a copy on Y" in report
    studies = list((project / "data/05_model_input/reversion").glob("*.h5ad"))
    study = read_h5ad(studies[0])
    assert study.n_vars == 308 and study.uns["unit"] == "log2(x+1)"
    patients = study.obs.drop_duplicates("patient_id")["split"].value_counts(normalize=True)
    assert patients["test"] == pytest.approx(0.1, abs=0.05)
    assert len(list((project / "data/02_intermediate/parsed").glob("*.h5ad"))) == 1
    with caplog.at_level(logging.INFO):
        run(project, "toil", toil={"folder": str(toil.path)})
    assert "are up to date" in caplog.text


def test_pancan(project, tmp_path):
    run(project, "pancan", pancan={"folder": str(write_pancan(tmp_path / "pancan"))})
    study = read_h5ad(next((project / "data/05_model_input/reversion").glob("*.h5ad")))
    assert study.n_obs == 30 and set(study.obs["tumor_type"]) == {"ACC", "UCS", "KICH"}


@pytest.mark.parametrize("env", ["toil", "pancan"])
def test_without_a_folder_the_parameter_is_named(project, env):
    with pytest.raises(InputError, match=rf"--params {env}\.folder=PATH"):
        run(project, env)
