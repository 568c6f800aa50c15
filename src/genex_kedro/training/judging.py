"""Whether an epoch is the best so far, and whether a fit goes on after it."""

from __future__ import annotations

from typing import Any

from genex_kedro.training_status import FINISHED, RUNNING


def new_state(epochs: int) -> dict[str, Any]:
    """The state of a fit of at most so many epochs, before the first."""
    return {
        "status": RUNNING,
        "epoch": 0,
        "epochs": epochs,
        "best_epoch": None,
        "best_value": None,
        "waited": 0,
    }


def judge(state: dict[str, Any], monitored: float | None, patience: int | None) -> bool:
    """Bring the state of a fit up to date with the epoch that it counts as its last.

    Parameters
    ----------
    state : dict
        Changed in place: ``best_value``, ``best_epoch``, ``waited``, and ``status``, which
        becomes ``finished`` after the last epoch or `patience` epochs without a better one.
    monitored : float or None
        The loss to minimise; None where there is none.
    patience : int or None

    Returns
    -------
    bool
        Whether the epoch is the best so far.
    """
    is_best = False
    if monitored is not None:
        state["waited"] += 1
        if state["best_value"] is None or monitored < state["best_value"]:
            state.update(best_value=monitored, best_epoch=state["epoch"], waited=0)
            is_best = True
    if (patience is not None and state["waited"] >= patience) or state["epoch"] >= state["epochs"]:
        state["status"] = FINISHED
    return is_best


def monitored_loss(row: dict[str, Any], monitor: str) -> Any:
    """The validation loss of that name in an epoch's row.

    Raises
    ------
    ValueError
        If there is none.
    """
    name = f"validation.{monitor}"
    if name not in row:
        known = [key for key in row if key.startswith("validation.")]
        raise ValueError(f"monitor {monitor!r} is none of {', '.join(known)}")
    return row[name]
