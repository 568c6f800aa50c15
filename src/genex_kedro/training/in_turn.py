"""Fits one after the other, epoch by epoch, to be judged on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genex_kedro.training.checkpoint import Checkpoint
from genex_kedro.training.judging import monitored_loss, new_state
from genex_kedro.training_status import DIVERGED, RUNNING


class InTurn:
    """Fits that each begin when the one before has ended.

    Parameters
    ----------
    fits : sequence of iterator of Checkpoint
        As :func:`genex_kedro.training.fit` gives them, one after each epoch (``save_every_s``
        0).
    epochs : sequence of int
        The most of each.
    monitor : str
        The validation loss that they minimise.

    Attributes
    ----------
    states : list of dict
        As in :class:`genex_kedro.training.together.Together`.
    """

    def __init__(
        self, fits: Sequence[Iterator[Checkpoint]], epochs: Sequence[int], monitor: str
    ) -> None:
        self._fits, self._monitor = list(fits), monitor
        self.states = [{**new_state(most), "value": None} for most in epochs]

    def running(self) -> list[int]:
        """Positions of the fits that go on."""
        return [i for i, state in enumerate(self.states) if state["status"] == RUNNING]

    def stop(self, i: int) -> None:
        """Give up fit `i`."""
        self._fits[i].close()
        self.states[i]["status"] = "stopped"

    def advance(self) -> list[int]:
        """One more epoch of the first fit that goes on; its position."""
        i = self.running()[0]
        checkpoint = next(self._fits[i])
        state = self.states[i]
        state.update({key: checkpoint.state[key] for key in state.keys() - {"value"}})
        state["value"] = monitored_loss(checkpoint.history[-1], self._monitor)
        if state["status"] == DIVERGED:
            state["value"] = None
        return [i]
