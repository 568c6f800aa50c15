"""``kedro run --env toil`` and ``--env pancan``, on small folders in the published layouts."""

import gzip
import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from anndata import read_h5ad
from kedro.framework.startup import bootstrap_project

from genex_kedro.barcodes.codes import sites
from genex_kedro.datasets.downloads.sources import Source
from genex_kedro.datasets.pancan.reader import FORMS
from genex_kedro.datasets.published import cohort as public_cohort
from genex_kedro.datasets.toil import cohort as toil
from genex_kedro.errors import InputError
from genex_kedro.fingerprint import file_digest
from genex_kedro.session import GenexSession
from toil_folder import PHENOTYPE, ToilFolder
from unreliable_server import serving

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
    params |= {"synthesis": {"panel": "all"}}  # these small files lack the landmark genes
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
    mine = {"folder": str(ToilFolder(tmp_path / "toil", n=20).path), "download": False}
    run(project, "toil", toil=mine)
    report = (project / "data/08_reporting/cohort/report.json").read_text()
    assert "pseudoautosomal genes with a copy on Y" in report
    studies = list((project / "data/05_model_input/reversion").glob("*.h5ad"))
    study = read_h5ad(studies[0])
    assert study.n_vars == 308 and study.uns["unit"] == "log2(x+1)"
    patients = study.obs.drop_duplicates("patient_id")["split"].value_counts(normalize=True)
    assert patients["test"] == pytest.approx(0.1, abs=0.05)
    assert len(list((project / "data/02_intermediate/parsed").glob("*.h5ad"))) == 1
    with caplog.at_level(logging.INFO):
        run(project, "toil", toil=mine)
    assert "are up to date" in caplog.text


def test_pancan(project, tmp_path):
    mine = {"folder": str(write_pancan(tmp_path / "pancan")), "download": False}
    run(project, "pancan", pancan=mine)
    study = read_h5ad(next((project / "data/05_model_input/reversion").glob("*.h5ad")))
    assert study.n_obs == 30 and set(study.obs["tumor_type"]) == {"ACC", "UCS", "KICH"}


@pytest.mark.parametrize("env", ["toil", "pancan"])
def test_without_a_file_and_without_a_download_the_parameter_is_named(project, env):
    with pytest.raises(InputError, match=rf"data/01_raw/{env} \(parameter {env}\.folder"):
        run(project, env, **{env: {"download": False}})


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Toil's files on a server's disk, and the list of public files that says so."""
    hub = ToilFolder(tmp_path / "hub", n=20).path
    listed = [
        Source(path.name, f"http://nowhere.invalid/{path.name}", path.stat().st_size,
               file_digest(path, "sha256"), collection="toil")
        for path in sorted(hub.iterdir())
    ]  # fmt: skip
    hugo = Source("TcgaTargetGtex_RSEM_Hugo_norm_count.gz", "http://nowhere.invalid/hugo")
    monkeypatch.setattr(public_cohort, "choose_files", lambda *_: [*listed, hugo])
    return hub


def raw(project):
    return {path.name for path in (project / "data/01_raw/toil").iterdir()}


def test_toil_is_fetched_below_the_project_and_reused(project, published, tmp_path, monkeypatch, caplog):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    run(project, "toil", download={"folder": str(published)})
    assert raw(project) == {path.name for path in published.iterdir()}  # Hugo was not asked for
    shutil.rmtree(published)
    with caplog.at_level(logging.INFO):
        run(project, "toil")  # everything is there: neither network nor offline folder
    assert "are up to date" in caplog.text
    caplog.clear()
    (project / "data/02_intermediate/cohort.h5ad").unlink()
    monkeypatch.setattr(toil, "read_toil", None)  # the parsed cohort is used
    run(project, "toil")


def test_toil_over_http(project, published, monkeypatch):
    missing = published / PHENOTYPE
    content = missing.read_bytes()
    shutil.copytree(published, project / "data/01_raw/toil")
    (project / "data/01_raw/toil" / PHENOTYPE).unlink()
    with serving(content) as state:
        known = public_cohort.choose_files()
        here = [replace(s, url=state.url) if s.name == PHENOTYPE else s for s in known]
        monkeypatch.setattr(public_cohort, "choose_files", lambda *_: here)
        run(project, "toil")
        assert len(state.requests) == 1
    assert (project / "data/01_raw/toil" / PHENOTYPE).read_bytes() == content


def test_a_phenotype_that_was_packed_again_is_read_without_the_download(project, published):
    path = published / PHENOTYPE
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1))
    given = {"folder": str(published)}
    with pytest.raises(InputError, match=r"(?s)published size.*--params toil\.download=false"):
        run(project, "toil", toil=given)
    run(project, "toil", toil=given | {"download": False})


def test_files_in_another_form_are_neither_fetched_nor_doubled(project, published):
    path = published / PHENOTYPE
    (published / "TcgaTargetGTEX_phenotype.txt").write_bytes(gzip.decompress(path.read_bytes()))
    path.unlink()
    run(project, "toil", toil={"folder": str(published)})
    assert not path.exists()
