"""What a user sees while a run goes on and when it ends: progress, notices, the outcome."""

from __future__ import annotations

import logging
import time
from textwrap import shorten

import pandas as pd
import rich
from kedro.framework.hooks import hook_impl
from rich.progress import Progress

from genex_kedro.cohort import notices
from genex_kedro.training_status import RUNNING

log = logging.getLogger(__name__)


class ProgressHooks:
    """A progress bar for every training, fed by the checkpoints that it saves.

    On a terminal a bar; in a log file a line every half minute.
    """

    _SECONDS_BETWEEN_LINES = 30.0

    def __init__(self) -> None:
        self._bar = None
        self._tasks: dict[str, int] = {}
        self._last_line = 0.0

    @hook_impl
    def after_dataset_saved(self, data, node) -> None:
        if not isinstance(data, dict):
            return
        for key, value in data.items():
            if hasattr(value, "history") and hasattr(
                value, "state"
            ):  # a Checkpoint; torch loads slowly
                self._show(f"{node.name} {key}", value)

    @hook_impl
    def after_pipeline_run(self) -> None:
        self._stop()

    @hook_impl
    def on_pipeline_error(self) -> None:
        self._stop()

    def _show(self, name: str, checkpoint) -> None:
        epoch, epochs = checkpoint.state["epoch"], checkpoint.state["epochs"]
        running = checkpoint.status == RUNNING
        if rich.get_console().is_terminal:
            if self._bar is None:
                self._bar = Progress(transient=True)
                self._bar.start()
            if name not in self._tasks:
                self._tasks[name] = self._bar.add_task(name, total=epochs)
            self._bar.update(self._tasks[name], completed=epoch, visible=running)
        elif running and time.monotonic() - self._last_line > self._SECONDS_BETWEEN_LINES:
            log.info("%s: epoch %d of %d", name, epoch, epochs)
            self._last_line = time.monotonic()
        if not running:
            best = checkpoint.state["best_epoch"]
            kept = "the last weights kept" if best is None else f"best {best}"
            log.info("%s: %s after %d epochs, %s", name, checkpoint.status, epoch, kept)

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar, self._tasks = None, {}


class ReportHooks:
    """What a user should read when a run ends: what was noticed, the figures, where they are.

    An entry with ``metadata: {announce: notices}`` is a report with ``notices``, one with
    ``{announce: studies}`` a study by seed, with its own notices, one with ``{announce: small}``
    lists classes too small to split, one with ``{announce: table, columns: [...], where: {...}}``
    is a table, one with ``{announce: page}`` the page to open.
    """

    @hook_impl
    def before_pipeline_run(self, catalog) -> None:
        self._catalog = catalog

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data) -> None:
        """Say what the entry's metadata ask for."""
        metadata = getattr(self._catalog.get(dataset_name), "metadata", None) or {}
        announce = metadata.get("announce")
        if announce == "notices":
            self._say("noticed", data["notices"])
        elif announce == "studies" and data:
            first = next(iter(data.values()))
            self._say(f"noticed, {dataset_name}", notices(first).to_dict("records"))
        elif announce == "small":
            for small in data["classes_too_small"]:
                log.warning("too small to split: %s, %d patients, none in %s", *small.values())
        elif announce == "table":
            self._say_table(data, metadata)
        elif announce == "page":
            path = self._catalog.get(dataset_name)._filepath
            rich.get_console().print(f"\nAll of it on one page: {path}\n", soft_wrap=True)

    def _say(self, how: str, found: list[dict]) -> None:
        for notice in found:
            detail = shorten(notice["detail"], 160)
            log.warning("%s: %s: %d (%s)", how, notice["check"], notice["count"], detail)

    def _say_table(self, table: pd.DataFrame, metadata: dict) -> None:
        for column, value in metadata["where"].items():
            table = table[table[column] == value]
        text = table[metadata["columns"]].round(4).to_string(index=False)
        # past the log: its handler would break the lines
        rich.get_console().print(
            f"\n{metadata['title']}\n{text}\n", soft_wrap=True, highlight=False
        )
