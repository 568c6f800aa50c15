"""The house: who may import whom (README, "Layout"). Read from the source, wherever an import stands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import genex_kedro

ROOT = Path(genex_kedro.__file__).parent
# lowest first: an import points to a lower layer, or stays within its own package
LAYERS = (
    {"errors", "training_status", "tracking_names", "run_parameters"},
    {"units", "barcodes", "disk_faults", "notebook"},
    {"cohort", "genes", "transforms"},
    {"models", "metrics", "imaging", "training", "simulation", "console"},
    {"fingerprint", "arguments", "defaults"},
    {"datasets", "tuning", "plots", "tracking_log"},
    {"study", "runner", "tracking", "provenance"},
    {"report", "serving", "session"},
    {"pipelines", "logged_models"},
    {"pipeline_registry", "hooks"},
    {"settings"},
)
PLAIN = ("units", "barcodes", "genes", "transforms", "models", "metrics", "imaging", "training", "simulation", "study")  # fmt: skip


def files() -> list[Path]:
    return [path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py"]


def package_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imported(path: Path) -> Iterator[str]:
    """Full names of all modules that a file imports; of what it takes from a package too."""
    for statement in ast.walk(ast.parse(path.read_text())):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, f"{path}: relative"
            yield statement.module
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)


def own_packages(path: Path) -> set[str]:
    names = (name.split(".") for name in imported(path))
    known = set().union(*LAYERS)
    return {name[1] for name in names if name[0] == "genex_kedro" and len(name) > 1 and name[1] in known}  # fmt: skip


def test_every_package_has_one_layer():
    named = [package for layer in LAYERS for package in layer]
    assert sorted(named) == sorted({package_of(path) for path in files()})


@pytest.mark.parametrize("package", sorted(set().union(*LAYERS)))
def test_an_import_points_down_the_layers_only(package):
    (at,) = (i for i, layer in enumerate(LAYERS) if package in layer)
    allowed = {package}.union(*LAYERS[:at])
    for path in files():
        if package_of(path) == package:
            assert own_packages(path) <= allowed, path


def test_what_computes_is_among_the_layers():
    """A package that is renamed must not leave the tests below without anything to look at."""
    assert set(PLAIN) <= set().union(*LAYERS)


def test_nobody_imports_pipelines_but_the_registry():
    users = {package_of(path) for path in files() if "pipelines" in own_packages(path)}
    assert users == {"pipelines", "pipeline_registry"}


def test_files_are_read_by_datasets_and_not_by_what_computes():
    """Pipelines get what the catalog read; `serving` and the runner stand where no catalog is."""
    users = {package_of(path) for path in files() if "datasets" in own_packages(path)}
    assert users == {"datasets", "serving", "runner", "tracking", "provenance"}


@pytest.mark.parametrize("package", PLAIN)
def test_what_computes_knows_neither_kedro_nor_mlflow(package):
    for path in files():
        if package_of(path) == package:
            roots = {name.partition(".")[0] for name in imported(path)}
            assert not roots & {"kedro", "kedro_datasets", "mlflow"}, path
