"""A request fulfilled: samples of a trained generator in a user's unit, and a report on them."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import Any

import pandas as pd
from anndata import AnnData

from genex_kedro.errors import InputError
from genex_kedro.models.base import TrainedModel
from genex_kedro.models.card import SMALL_CLASS
from genex_kedro.models.conditions import Vocabulary
from genex_kedro.study.generation.request import AS_TRAINED, GenerateSettings, ask
from genex_kedro.study.generation.sampling import generate
from genex_kedro.training_status import DIVERGED
from genex_kedro.units import STUDY_UNIT, UNITS, from_study_unit


def fulfil(
    model: TrainedModel,
    name: str,
    settings: GenerateSettings,
    wanted: Sequence[tuple[int, dict[str, str]]] | None = None,
) -> tuple[AnnData, dict]:
    """The samples asked for, and what a user should know of them.

    Parameters
    ----------
    model : TrainedModel
        A conditional generator.
    name : str
        Its full name, ``"cvae/best"``.
    settings : GenerateSettings
    wanted : sequence of (n, levels), optional
        Several requests for samples at once, one below the other, in place of that in `settings`.

    Returns
    -------
    cohort : AnnData
        In the unit asked for, with labels that say they are synthetic.
    report : dict
        Plain JSON: model, counts, unit, the fraction clipped, notices.

    Raises
    ------
    InputError
        Files of the model that contradict each other; a request for what it was not trained on; a unit
        that it cannot give.
    """
    unit = _unit(settings.unit, model.card)
    vocabulary = _vocabulary(model, name)
    asked = [(settings.n, settings.levels)] if wanted is None else wanted
    if not asked:
        raise InputError(
            where=f"request to {name}",
            found="no row",
            expected="one row a request: the labels of a class, and n",
            remedy="Send at least one row.",
        )
    labels = pd.concat([ask(vocabulary, n, levels, len(model.genes)) for n, levels in asked], ignore_index=True)  # fmt: skip
    cohort = _make(model, labels, name, settings.seed)
    report = {"unit": unit, **_report(model, name, vocabulary, settings, cohort)}
    cohort.obs_names = [
        f"{name.replace('/', '-')}-{settings.seed}-{i:06d}" for i in range(cohort.n_obs)
    ]
    cohort.X = from_study_unit(cohort.X, unit)
    cohort.uns["unit"] = unit
    cohort.var = model.genes.loc[cohort.var_names].copy()
    made_by = f"{name} seed {model.card.get('seed')}, drawn with seed {settings.seed}"
    cohort.obs = _as_sheet(cohort.obs).assign(unit=unit, generated_by=made_by)
    return cohort, report


def _vocabulary(model: TrainedModel, name: str) -> Vocabulary:
    try:
        return Vocabulary.from_json(model.config["vocabulary"])
    except (KeyError, TypeError) as error:
        raise _contradiction(name, error) from error


def _make(model: TrainedModel, labels: pd.DataFrame, name: str, seed: int) -> AnnData:
    try:
        return generate(model, labels, name, seed)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        # what torch and pydantic raise for weights, genes and settings that do not fit together
        raise _contradiction(name, error) from error


def _contradiction(name: str, error: Exception) -> InputError:
    return InputError(
        where=f"model {name}",
        found=f"files that do not belong together ({shorten(str(error), 160)})",
        expected="weights, genes, scaling and configuration of one training, by this version",
        remedy="Train the model again, or copy its whole folder anew.",
    )


def _unit(asked: str, card: dict[str, Any]) -> str:
    trained = card.get("given_unit", card.get("unit", STUDY_UNIT))
    unit = trained if asked == AS_TRAINED else asked
    if unit == "log2(tpm+0.001)" and trained != unit:
        raise InputError(
            where="parameter generate.unit",
            found=f"{unit!r}, of a model that was trained on {trained}",
            expected=f"{AS_TRAINED!r}, or one of {', '.join(u for u in UNITS if u != unit)}",
            remedy="Whether the values are TPM is not known: ask for another unit.",
        )
    return unit


def _as_sheet(labels: pd.DataFrame) -> pd.DataFrame:
    """A sample sheet: every sample is a person of its own, and of no real program."""
    sheet = labels.assign(patient_id=labels.index)
    for column in ("cohort", "program"):
        sheet[column] = sheet.get(column, "synthetic")
    return sheet[["patient_id", *sheet.columns.drop("patient_id")]]


def _report(
    model: TrainedModel,
    name: str,
    vocabulary: Vocabulary,
    settings: GenerateSettings,
    cohort: AnnData,
) -> dict[str, Any]:
    made = cohort.obs.groupby(list(vocabulary.factors), sort=True).size()
    trained = dict(zip(vocabulary.combinations, vocabulary.counts, strict=True))
    factors = list(vocabulary.factors)
    classes = [
        {
            **dict(zip(factors, key, strict=True)),
            "samples": int(n),
            "training_samples": trained[key],
        }
        for key, n in ((k if isinstance(k, tuple) else (k,), n) for k, n in made.items())
    ]
    return {
        "model": name,
        "trained_seed": model.card.get("seed"),
        "training_data": model.card.get("data"),
        "seed": settings.seed,
        "samples": cohort.n_obs,
        "genes": cohort.n_vars,
        "format": settings.format,
        "clipped_fraction": cohort.uns["clipped"],
        "classes": classes,
        "notices": _notices(model, cohort, classes),
    }


def _notices(model: TrainedModel, cohort: AnnData, classes: list[dict]) -> list[dict[str, Any]]:
    found = []

    def notice(check: str, count: float, detail: str) -> None:
        found.append({"check": check, "count": int(count), "detail": detail})

    if cohort.uns["clipped"]:
        count = round(cohort.uns["clipped"] * cohort.X.size)
        notice("values below zero set to zero", count, f"{cohort.uns['clipped']:.2%} of all values")
    if small := [c for c in classes if c["training_samples"] < SMALL_CLASS]:
        names = ", ".join(f"{' '.join(list(c.values())[:-2])} ({c['training_samples']})" for c in small)  # fmt: skip
        notice(f"classes with fewer than {SMALL_CLASS} training samples", len(small), names)
    if model.card.get("status") == DIVERGED:
        notice("the training of this model diverged", 1, "its samples may mean nothing")
    return found
