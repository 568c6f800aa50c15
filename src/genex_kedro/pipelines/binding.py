"""One function for several nodes, with an argument bound for each."""

from collections.abc import Callable
from functools import partial
from typing import Any, get_type_hints


def bound(function: Callable, types: dict[str, Any] | None = None, **arguments) -> Callable:
    """A function with arguments bound, under the name and the types that Kedro shows and checks.

    Parameters
    ----------
    function : callable
    types : dict, optional
        Types of parameters that are narrower for these arguments.
    **arguments
    """
    node = partial(function, **arguments)
    node.__name__, node.__doc__ = function.__name__, function.__doc__
    node.__annotations__ = get_type_hints(function) | (types or {})
    return node
