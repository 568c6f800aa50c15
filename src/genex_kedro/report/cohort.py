"""The section on the cohort: what is in it, what was dropped or repaired."""

from __future__ import annotations

from typing import Any

import pandas as pd

from genex_kedro.report.blocks import Column, noticed, table

SUMMARY, COUNTS, PANELS = "cohort/summary.json", "cohort/counts.csv", "cohort/panels.csv"


def facts(summary: dict[str, Any]) -> dict:
    """The size of the cohort, as a table of two columns."""
    conditions = ", ".join(f"{n:,} {name}" for name, n in summary["conditions"].items())
    programs = ", ".join(f"{name} {n:,}" for name, n in summary["programs"].items())
    rows = {
        "samples": f"{summary['samples']:,} ({conditions})",
        "patients": f"{summary['patients']:,}, {summary['pairs']:,} with a tumor and a normal",
        "tissues": f"{summary['tissues']:,}",
        "programs": programs,
        "genes": f"{summary['genes']:,}",
        "unit": summary["unit"],
        "values not measured": f"{summary['missing_fraction']:.1%}",
    }
    frame = pd.DataFrame({"what": rows.keys(), "value": rows.values()})
    columns = [Column("what", ""), Column("value", "")]
    return table(frame, columns, "What is in it", "", SUMMARY)


def tables(summary: dict[str, Any], counts: pd.DataFrame, panels: pd.DataFrame) -> list[dict]:
    """Sizes, samples by tissue, coverage of gene panels."""
    by_tissue = [Column(n, n, digits=0) for n in counts.columns]
    by_panel = [
        Column("panel", "panel"), Column("genes", "genes", digits=0),
        Column("measured", "measured", digits=0), Column("coverage", "share"),
        Column("missing", "not measured"),
    ]  # fmt: skip
    return [
        facts(summary),
        table(counts, by_tissue, "Samples by tissue", "", COUNTS, closed=True),
        table(panels, by_panel, "Gene panels", "", PANELS, closed=True),
    ]


def findings(summary: dict[str, Any]) -> list[dict]:
    """What was noticed while it was read and checked."""
    return [noticed(notice, SUMMARY) for notice in summary["notices"]]
