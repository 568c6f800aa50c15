"""Kedro's project settings: configuration, hooks and the session that prints mistakes plainly."""

import warnings
from pathlib import Path

from kedro.config import OmegaConfigLoader

from genex_kedro.console import ProgressHooks, ReportHooks
from genex_kedro.defaults import DefaultSettingsHooks
from genex_kedro.hooks import TrackingHooks
from genex_kedro.provenance import ProvenanceHooks
from genex_kedro.session import GenexSession

# Kedro makes these names itself, by namespace; `evaluation` reads them from outside
warnings.filterwarnings("ignore", message="One or more dataset names contain '.'")

HOOKS = (
    DefaultSettingsHooks(),
    TrackingHooks(),
    ProgressHooks(),
    ReportHooks(),
    ProvenanceHooks(),
)
SESSION_CLASS = GenexSession
SESSION_STORE_ARGS = {"path": str(Path("sessions"))}

# one run per model: kedro-mlflow, where it is installed, would open one per `kedro run`
DISABLE_HOOKS_FOR_PLUGINS = ("kedro_mlflow",)

CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "config_patterns": {"tracking": ["tracking*"]},
    # an environment's file replaces single keys, not whole files
    "merge_strategy": {"parameters": "soft", "globals": "soft", "tracking": "soft"},
}
