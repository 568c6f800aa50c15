"""Tells the catalog how a run was asked for: the report says how to make every figure again."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

from kedro.framework.hooks import hook_impl

from genex_kedro import __version__
from genex_kedro.datasets.provenance import ProvenanceDataset
from genex_kedro.tracking_names import flatten, git_tags, without_passwords

_LIBRARIES = (
    "anndata", "kedro", "numpy", "pandas", "pot", "scikit-learn", "scipy", "timm", "torch", "umap-learn",
)  # fmt: skip
_HOW = ("reuse",)  # how a run goes about it, and nothing of its results


class ProvenanceHooks:
    """Fills the data sets of the type :class:`ProvenanceDataset`."""

    @hook_impl
    def after_context_created(self, context) -> None:
        given = dict(flatten(without_passwords(context.config_loader.runtime_params or {})))
        self._facts = {
            "env": context.env,
            "params": {k: _said(v) for k, v in given.items() if k not in _HOW},
            "versions": _versions(Path(context.project_path)),
        }

    @hook_impl
    def after_catalog_created(self, catalog) -> None:
        dataset = catalog.get("provenance")
        if isinstance(dataset, ProvenanceDataset):
            dataset.tell(self._facts)


def _said(value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _versions(project: Path) -> dict[str, str]:
    git = git_tags(project)
    own = {"genex-kedro": __version__}
    if commit := git.get("mlflow.source.git.commit"):
        changed = " and changes" if git["git.dirty"] == "true" else ""
        own["git commit"] = f"{commit}{changed}"
    machine = {"Python": platform.python_version(), "machine": platform.machine()}
    return own | machine | {name: version(name) for name in _LIBRARIES}
