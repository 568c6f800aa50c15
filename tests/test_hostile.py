"""Files and names made to do harm: nothing in them is carried out, nothing leaves its folder."""

from __future__ import annotations

import ast
import os
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kedro.io import DatasetError

from conftest import ROOT
from genex_kedro.datasets.atomic import require_file_name
from genex_kedro.datasets.checkpoint import CheckpointDataset
from genex_kedro.datasets.files import YAMLDataset
from genex_kedro.datasets.imagenet_weights import ImageNetWeights
from genex_kedro.datasets.model_folder import FILES, read_model
from genex_kedro.datasets.model_shelf import models_in, open_model
from genex_kedro.datasets.rnaseqdb.cohort import read_rnaseqdb
from genex_kedro.datasets.tables.sample_sheet import read_sample_sheet
from genex_kedro.datasets.tables.table import read_table
from genex_kedro.datasets.trial_storage import TrialStorageDataset
from genex_kedro.errors import InputError


class Harm:
    """Unpickling it makes the folder `marker`."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


@pytest.fixture
def marker(tmp_path):
    """Must not be there when a test ends; a pickle that is opened does make it."""
    path = tmp_path / "harm was done"
    pickle.loads(pickle.dumps(Harm(path)))
    assert path.is_dir()
    path.rmdir()
    yield path
    assert not path.exists()


def _model(path):
    path.parent.joinpath("model").mkdir()
    for name in FILES:
        content = path.read_bytes() if name.endswith("safetensors") else b"{}"
        path.parent.joinpath("model", name).write_bytes(content)
    return read_model(path.parent / "model")


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("table.h5ad", read_table),
        ("table.parquet", read_table),
        ("table.tsv", read_table),
        ("sheet.tsv", read_sample_sheet),
        ("sheet.parquet", read_sample_sheet),
        ("seed_0.safetensors", lambda path: CheckpointDataset(str(path.parent)).load()),
        ("resnet18.safetensors", lambda path: ImageNetWeights("folder", str(path.parent)).of("resnet18")),
        ("weights.safetensors", _model),
        ("model.pt", lambda path: open_model(str(path.parent))),
        ("trials.log", lambda path: TrialStorageDataset.load.__wrapped__(TrialStorageDataset(str(path)))),
    ],
)  # fmt: skip
def test_a_pickle_under_any_name_is_refused_and_never_opened(tmp_path, marker, name, read):
    path = tmp_path / name
    path.write_bytes(pickle.dumps(Harm(marker)))
    with pytest.raises((InputError, DatasetError)) as refused:  # Kedro wraps what load raises
        read(path)
    error = refused.value
    assert isinstance(error, InputError) or isinstance(error.__cause__, InputError), repr(error)


def test_a_pickle_within_parquet_is_not_opened(tmp_path, marker):
    about = {b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": pickle.dumps(Harm(marker))}  # fmt: skip
    fields = [pa.field("gene", pa.string()), pa.field("S1", pa.float32(), metadata=about)]
    table = pa.table([["TP53", "ALB"], np.float32([1, 2])], schema=pa.schema(fields))
    pq.write_table(table.replace_schema_metadata({b"pickle": pickle.dumps(Harm(marker))}), tmp_path / "t.parquet")  # fmt: skip
    assert read_table(tmp_path / "t.parquet").values.ravel().tolist() == [1, 2]


@pytest.mark.parametrize("where", ["conf/local/parameters.yml", "conf/test/globals.yml"])
def test_yaml_that_would_run_code_is_one_mistake(project, run_session, marker, where):
    path = project / where
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"reuse: !!python/object/apply:os.mkdir ['{marker}']\n")
    with pytest.raises(InputError) as refused:
        run_session("data_processing", env=None if "local" in where else "test")
    assert "line 1" in refused.value.where and "os.mkdir" in refused.value.found


def test_yaml_that_the_project_keeps_is_plain(tmp_path, marker):
    path = tmp_path / "best.yml"
    path.write_text(f"study: !!python/object/apply:os.mkdir ['{marker}']\n")
    with pytest.raises(Exception, match="could not determine a constructor"):
        YAMLDataset(filepath=str(path)).load()


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/b", "..", ".hidden", "", "a\\b", "a\0b"])  # fmt: skip
def test_a_name_that_leads_elsewhere_is_no_file(tmp_path, name):
    with pytest.raises(InputError, match="cannot be that of a file"):
        require_file_name(name, "model")
    with pytest.raises(InputError, match="no trained model"):
        models_in(tmp_path).find(f"cvae/{name}")


def test_names_of_files_lead_nowhere_else(tmp_path):
    with pytest.raises(InputError, match=r"not there: \.\./\.\./etc/passwd"):
        read_rnaseqdb(tmp_path, names=["../../etc/passwd"])
    with pytest.raises(InputError, match="no safetensors file"):
        ImageNetWeights("folder", str(tmp_path)).of("resnet18")


def test_links_in_a_circle_end(tmp_path):
    (tmp_path / "loop.tsv").symlink_to(tmp_path / "loop.tsv")
    (tmp_path / "cart").mkdir()
    (tmp_path / "cart" / "again").symlink_to(tmp_path / "cart")
    for path in (tmp_path / "loop.tsv", tmp_path / "cart"):
        with pytest.raises(InputError):
            read_table(path)
    with pytest.raises(InputError, match="no such file"):
        read_sample_sheet(tmp_path / "loop.tsv")


_UNSAFE = {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal", "zipfile", "tarfile"}
_CALLS = {"torch.load", "yaml.load", "yaml.unsafe_load", "np.load", "pd.read_pickle", "shutil.unpack_archive", "os.system"}  # fmt: skip


def test_no_module_opens_pickles_archives_or_a_shell():
    """Archives are not unpacked anywhere, so that no entry of one can name a path."""
    found = []
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found += [(path.name, a.name) for a in node.names if a.name in _UNSAFE]
            elif isinstance(node, ast.ImportFrom) and node.module in _UNSAFE:
                found.append((path.name, node.module))
            elif isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                shell = any(k.arg == "shell" for k in node.keywords)
                if called in _CALLS or called in ("eval", "exec") or shell:
                    found.append((path.name, called))
    assert found == []
