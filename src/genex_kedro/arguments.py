"""What may be given with ``--env`` and ``--params``: a name that nobody reads is a mistake."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from genex_kedro.errors import InputError, some
from genex_kedro.models.families import RIVALS

_READ_BY_CATALOG = re.compile(r"runtime_params:([\w.]+)")
# below these, names are free here and checked by the models that read them
_OPEN = (
    "discriminator.networks",
    "cvae.networks",
    "cyclegan.networks",
    "cvae_tuning.studies",
    *(f"baselines.{family.name}.networks" for family in RIVALS),
    "evaluation.generators.ranking.families",
    "evaluation.generators.goals",
    "evaluation.generators.augmentation.refit",
    "generate.also",
    "image_transfer.networks",
    "image_transfer.layouts",
)


def check_environment(conf: Path, env: str | None) -> None:
    """Refuse an environment that has no folder in `conf`.

    Raises
    ------
    InputError
    """
    known = sorted(p.name for p in conf.iterdir() if p.is_dir() and p.name != "local")
    if env and not (conf / env).is_dir():
        raise InputError(
            where="--env",
            found=repr(env),
            expected=f"one of {', '.join(known)}",
            remedy=f"Name one of these{_did_you_mean(env, known)}.",
        )


def check_arguments(given: dict, parameters: dict, globals_: dict, catalog: dict) -> None:
    """Refuse parameters that nothing reads, or that another reader would.

    Parameters
    ----------
    given : dict
        What came with ``--params``, nested.
    parameters, globals_, catalog : dict
        The configuration without it; the catalog unresolved.

    Raises
    ------
    InputError
        Naming the parameter, with the nearest known ones.
    """
    readers = {name: _read_by(entry) for name, entry in catalog["_readers"].items()}
    elsewhere = _read_by({name: entry for name, entry in catalog.items() if name != "_readers"})
    known = {*_leaves(parameters), *elsewhere, *(key for keys in readers.values() for key in keys)}
    reader = globals_["reader"]
    for key, _ in _items(given):
        if key.startswith(_OPEN):
            continue
        if not any(key == k or key.startswith(f"{k}.") or k.startswith(f"{key}.") for k in known):
            raise InputError(
                where=f"parameter {key}",
                found="a name that nothing reads",
                expected="a parameter of conf/base/parameters*.yml, or of a reader",
                remedy=f"Correct the name{_did_you_mean(key, sorted(known))}.",
            )
        owners = [name for name, keys in readers.items() if key in keys]
        if owners and reader not in owners:
            raise InputError(
                where=f"parameter {key}",
                found=f"the reader '{reader}', which does not take it",
                expected=f"the reader {some(owners)}",
                remedy=f"Add --env {owners[0]}.",
            )


def check_parameters(parameters: dict, catalog: dict) -> None:
    """Refuse values in parameters files that the catalog would take from elsewhere.

    Parameters
    ----------
    parameters, catalog : dict
        As for :func:`check_arguments`.

    Raises
    ------
    InputError
        Naming the first: it would be ignored.
    """
    for key in sorted(_leaves(parameters) & _read_by(catalog)):
        raise InputError(
            where=f"parameter {key}",
            found="a value in a parameters file, which would be ignored",
            expected=f"{key} in globals.yml, or with --params",
            remedy="Move it to conf/base/globals.yml or to that of your environment.",
        )


def _read_by(entry) -> set[str]:
    return set(_READ_BY_CATALOG.findall(json.dumps(entry)))


def _items(tree: dict, prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _items(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _leaves(tree: dict) -> set[str]:
    return {key for key, _ in _items(tree)}


def _did_you_mean(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3)
    return f"; did you mean {' or '.join(near)}?" if near else ""
