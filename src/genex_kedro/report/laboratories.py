"""Whether laboratories can be told apart, of the report on the study reversion."""

from __future__ import annotations

from typing import Any

from genex_kedro.report.blocks import FAILS, HOLDS, NOTE, finding, noticed, number

REPORT, COMPONENTS = "cohort/report.json", "cohort/components.png"
_TOLD_APART = 0.15  # of the way from chance to certainty: from here on they are said to be
_LABELS = {"source": "Sources (laboratories)", "program": "Programs"}


def findings(report: dict[str, Any]) -> list[dict]:
    """What was noticed on the study's genes, what is too small, what a classifier tells apart."""
    study = report["study"]
    split = ", ".join(f"{name} {n:,}" for name, n in study["split"].items())
    text = f"{study['genes']:,} genes of {study['samples']:,} samples; split by patient: {split}."
    found = [finding(NOTE, text, REPORT)]
    found += [noticed(notice, REPORT) for notice in study["notices"]]
    for small in report["classes_too_small"]:
        text = f"Too small to split: {small['class']}, {small['patients']} patients, none in {small['missing_from']}."
        found.append(finding(NOTE, text, REPORT))
    return [*_of_controls(report["controls"]), *found]


def _of_controls(controls: list[dict]) -> list[dict]:
    found = []
    for control in controls:
        told = control["normals"] or control["all"]
        if told is None:
            continue
        excess = (told["balanced_accuracy"] - told["chance"]) / (1 - told["chance"])
        apart = excess > _TOLD_APART
        text = (
            f"{_LABELS[control['label']]} can{'' if apart else 'not'} be told from expression alone: balanced "
            f"accuracy {number(told['balanced_accuracy'])}, chance {number(told['chance'])}"
            f"{' (compare conditions within one, not across)' if apart else ''}."
        )
        found.append(finding(FAILS if apart else HOLDS, text, REPORT))
    return found
