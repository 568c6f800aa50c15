"""The session behind ``kedro run``: reuse of what is there, mistakes without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import yaml
from kedro.framework.project import settings
from kedro.framework.session import KedroSession
from kedro.runner import SequentialRunner
from kedro.validation.exceptions import ParameterValidationError

from genex_kedro.arguments import check_arguments, check_environment, check_parameters
from genex_kedro.disk_faults import disk_fault
from genex_kedro.errors import InputError
from genex_kedro.runner import ReusingRunner

_SELECTIONS = ("tags", "node_names", "from_nodes", "to_nodes", "from_inputs", "to_outputs", "namespaces")  # fmt: skip


class GenexSession(KedroSession):
    """A Kedro session that runs only what changed and words mistakes plainly."""

    def run(self, *args: Any, runner=None, **kwargs: Any) -> dict[str, Any]:
        """As :meth:`KedroSession.run`.

        The default runner becomes the :class:`~genex_kedro.runner.ReusingRunner`; when nodes
        are named, those run whatever is there. An :class:`InputError` anywhere below a
        failure is what the caller gets, on the command line without a traceback.
        """
        if runner is None or type(runner) is SequentialRunner:
            asked = any(kwargs.get(selection) for selection in _SELECTIONS)
            runner = ReusingRunner(self._project_path / "data" / ".ledger", rerun=asked)
        try:
            self._check_arguments()
            return super().run(*args, runner=runner, **kwargs)
        except Exception as error:
            mistake = find_mistake(error)
            if mistake is None:
                raise
            if click.get_current_context(silent=True):
                raise click.ClickException(f"\n{mistake}") from None
            raise mistake from None

    def _check_arguments(self) -> None:
        conf, env = Path(self._conf_source), self.store.get("env")
        check_environment(conf, env)
        loader = settings.CONFIG_LOADER_CLASS(conf, env=env, **settings.CONFIG_LOADER_ARGS)
        catalog = yaml.safe_load((conf / "base" / "catalog.yml").read_text())
        given = self.store.get("runtime_params") or {}
        check_parameters(loader["parameters"], catalog)
        check_arguments(given, loader["parameters"], loader["globals"], catalog)


def find_mistake(error: BaseException | None) -> InputError | None:
    """The user's mistake behind an error, if there is one."""
    if isinstance(error, ParameterValidationError):
        return InputError(
            where="parameters",
            found=_indented(str(error)),
            expected="names and values as in conf/base/parameters*.yml",
            remedy="Correct --params, or the parameters in conf.",
        )
    if isinstance(error, ValueError) and "Failed to find the pipeline" in str(error):
        return InputError(
            where="--pipelines",
            found=str(error).partition(". ")[0],
            expected="one of the names that kedro registry list shows",
            remedy="Name one of these, or none to run everything.",
        )
    chain = list(_causes(error))
    if unread := next((cause for cause in chain if isinstance(cause, yaml.MarkedYAMLError)), None):
        mark = unread.problem_mark
        return InputError(
            where=f"{mark.name}, line {mark.line + 1}" if mark else "conf",
            found=str(unread.problem or unread).strip(),
            expected="YAML of plain values",
            remedy="Correct the line; tags such as !!python/object are never carried out.",
        )
    found = next((cause for cause in chain if isinstance(cause, InputError)), None)
    return found or disk_fault(chain)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _indented(text: str) -> str:
    return text.replace("\n", "\n            ")
