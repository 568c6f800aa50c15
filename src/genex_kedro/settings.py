"""Kedro's project settings: configuration, hooks and the session that prints mistakes plainly."""

from pathlib import Path

from kedro.config import OmegaConfigLoader

from genex_kedro.hooks import ProgressHooks, TrackingHooks
from genex_kedro.session import GenexSession

HOOKS = (TrackingHooks(), ProgressHooks())
SESSION_CLASS = GenexSession
SESSION_STORE_ARGS = {"path": str(Path("sessions"))}

CONFIG_LOADER_CLASS = OmegaConfigLoader
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "config_patterns": {"mlflow": ["mlflow*"]},
    # an environment's file replaces single keys, not whole files
    "merge_strategy": {"parameters": "soft", "globals": "soft", "mlflow": "soft"},
}
