"""What a page is made of, as plain JSON: findings, tables, pictures, sections."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import pandas as pd

from genex_kedro.metrics.base import Metric

HOLDS, FAILS, NOTE = "holds", "fails", "note"
FOLDER = "data/08_reporting"  # what the names of files in a report are relative to

# kinds of rows: only models and baselines compete for the mark of the best value
NETWORK, BASELINE, CEILING, PUBLISHED = "network", "baseline", "ceiling", "published"
CONTROL = "control"  # knows no gene: a constant wins a column without knowing anything
_COMPETE = (NETWORK, BASELINE)
_LONGEST = 240  # characters of a notice's detail, such as a list of files


@dataclass(frozen=True)
class Column:
    """A column of a table on the page.

    Parameters
    ----------
    name : str
        In the data; ``<name>_sd``, where it is there, is printed beside the value.
    label : str
    metric : Metric, optional
        Says which value is the best one; None for columns that name and count.
    digits : int
    """

    name: str
    label: str
    metric: Metric | None = None
    digits: int = 3

    @property
    def better(self) -> str:
        """The direction, for readers."""
        if self.metric is None:
            return ""
        if self.metric.direction == "target":
            return f"near {self.metric.ideal:g}"
        return self.metric.direction


def finding(verdict: str, text: str, file: str) -> dict[str, str]:
    """One sentence on what holds or does not, and the table that it is read from.

    Parameters
    ----------
    verdict : {"holds", "fails", "note"}
    text : str
    file : str
        Below :data:`FOLDER`.
    """
    return {"verdict": verdict, "text": text, "file": file}


def noticed(notice: dict[str, Any], file: str) -> dict[str, str]:
    """A notice of a cohort as a note; of a long detail the file has all."""
    detail = shorten(notice["detail"], _LONGEST, placeholder=" ...")
    return finding(NOTE, f"{notice['check']}: {notice['count']:,} ({detail}).", file)


def table(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    title: str,
    words: str,
    file: str,
    kind_of: Callable[[pd.Series], str] | None = None,
    closed: bool = False,
) -> dict[str, Any]:
    """A table; the best value of each metric among models and baselines is marked.

    Parameters
    ----------
    frame : DataFrame
        A row each; columns that it lacks are left out, and so are those without any value.
    columns : sequence of Column
    title, words : str
        What it is, and how to read it.
    file : str
        Where the numbers come from.
    kind_of : callable, optional
        From a row to its kind: ceilings and published rows compete for no mark.
    closed : bool
        Folded until it is asked for.
    """
    shown = [c for c in columns if c.name in frame and frame[c.name].notna().any()]
    frame = frame.reset_index(drop=True)
    kinds = [kind_of(row) if kind_of else "" for _, row in frame.iterrows()]
    competing = pd.Series([kind in _COMPETE for kind in kinds], dtype=bool)
    cells = [_cells(frame, column, competing) for column in shown]
    return {
        "block": "table", "title": title, "words": words, "file": file, "closed": closed,
        "columns": [{"label": c.label, "name": c.name, "better": c.better} for c in shown],
        "rows": [
            {"kind": kind, "cells": list(row)}
            for kind, row in zip(kinds, zip(*cells, strict=True), strict=True)
        ],
    }  # fmt: skip


def picture(png: bytes, title: str, words: str, file: str) -> dict[str, Any]:
    """A picture, inside the page."""
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return {"block": "picture", "title": title, "words": words, "file": file, "source": source}


def section(
    name: str,
    title: str,
    lead: str,
    findings: list[dict],
    blocks: list[dict],
    about: dict[str, Any],
    cards: dict[str, dict] | None = None,
) -> dict[str, Any]:
    """One part of the report, which a pipeline makes and the page takes.

    Parameters
    ----------
    name, title, lead : str
        Its anchor; its heading; what the study asks, in plain words.
    findings, blocks : list
        Of :func:`finding`; of :func:`table` and :func:`picture`.
    about : dict
        Of :func:`genex_kedro.report.origin.about`: what it was made of and how to make it again.
    cards : dict, optional
        Model cards by key.
    """
    texts = {key: card["text"] for key, card in (cards or {}).items()}
    return {
        "name": name, "title": title, "lead": lead, "findings": findings, "blocks": blocks,
        "about": about, "cards": texts,
    }  # fmt: skip


def number(value: float, digits: int = 3) -> str:
    """A value for a sentence or a cell; "not defined" for NaN."""
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return "not defined"
    if digits == 0 or (float(value).is_integer() and abs(value) >= 10):
        return f"{value:,.0f}"
    return f"{value:,.{digits}f}"


def _cells(frame: pd.DataFrame, column: Column, competing: pd.Series) -> list[dict]:
    values = frame[column.name]
    best = _best(values, column, competing)
    spread = frame.get(f"{column.name}_sd", pd.Series(math.nan, index=frame.index))
    return [
        {"text": _text(value, sd, column.digits), "best": bool(mark)}
        for value, sd, mark in zip(values, spread, best, strict=True)
    ]


def _best(values: pd.Series, column: Column, competing: pd.Series) -> pd.Series:
    """The least loss among those that compete, and what is printed alike; one alone has no rival."""
    if column.metric is None or (values.notna() & competing).sum() < 2:
        return pd.Series(False, index=values.index)
    loss = column.metric.loss(values.astype(float)).where(competing).round(column.digits)
    return loss == loss.min()


def _text(value: Any, sd: float, digits: int) -> str:
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return ""
    return number(value, digits) + ("" if math.isnan(sd) else f" ({sd:.{digits}f})")
