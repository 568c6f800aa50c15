"""The session behind ``kedro run``: reuse of what is there, mistakes without a traceback."""

from __future__ import annotations

from typing import Any

import click
from kedro.framework.session import KedroSession
from kedro.runner import SequentialRunner

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
            runner = ReusingRunner(self._project_path / "data" / ".ledger", reuse=not asked)
        try:
            return super().run(*args, runner=runner, **kwargs)
        except Exception as error:
            mistake = find_mistake(error)
            if mistake is None:
                raise
            if click.get_current_context(silent=True):
                raise click.ClickException(f"\n{mistake}") from None
            raise mistake from None


def find_mistake(error: BaseException | None) -> InputError | None:
    """The user's mistake behind an error, if there is one."""
    while error is not None:
        if isinstance(error, InputError):
            return error
        error = error.__cause__ or error.__context__
    return None
