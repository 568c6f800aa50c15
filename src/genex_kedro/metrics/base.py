"""What a metric declares about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Metric:
    """A function with what a reader needs to judge its number.

    Parameters
    ----------
    name : str
        Key in tables and tracking, the same for every model.
    direction : {"higher", "lower", "target"}
        What is better; with "target", nearer to `ideal`.
    range : tuple of float
        Least and greatest possible value.
    ideal : float
        The value of a perfect model.
    function : callable
        What computes it; a metric is called like it.
    """

    name: str
    direction: Literal["higher", "lower", "target"]
    range: tuple[float, float]
    ideal: float
    function: Callable[..., Any]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The metric's value: ``function`` of the same arguments."""
        return self.function(*args, **kwargs)

    def loss(self, value: Any) -> Any:
        """Smaller for what is better, whatever the direction: what models are ranked by."""
        if self.direction == "target":
            return abs(value - self.ideal)
        return value if self.direction == "lower" else -value
