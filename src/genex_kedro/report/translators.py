"""The section on translators of tumors into the same patients' normals."""

from __future__ import annotations

import pandas as pd

from genex_kedro.models.names import CEILING as CEILING_LABEL
from genex_kedro.models.names import SIMPLE, full_name
from genex_kedro.report.blocks import (
    BASELINE,
    CEILING,
    FAILS,
    NETWORK,
    NOTE,
    Column,
    finding,
    table,
)
from genex_kedro.report.compare import compare
from genex_kedro.study.judges.scorecard import OVERALL
from genex_kedro.study.translation.figures import metric_of
from genex_kedro.training_status import FINISHED

SUMMARY, BY_CODE = "evaluation/translators_summary.csv", "evaluation/translators_by_code.csv"
_IDENTITY, _CONSTANT = full_name(SIMPLE, "identity"), full_name(SIMPLE, "tissue_mean_normal")
_COLLAPSED_BELOW = 0.1  # of the spread of real normals within a tissue
_TISSUE_LOST = 0.5  # draws whose nearest normal is of the tumor's own tissue
_FOOLED = 0.9
_SHOWN = {
    "rmse_point": "RMSE to the patient's own normal (log2)",
    "patient_rank_point": "rank of the right patient (0 is right, .5 chance)",
    "change_r_point": "correlation of the change",
    "tissue_kept_draw": "tissue kept",
    "tissue_kept_blind_draw": "tissue kept, not told it",
    "spread_draw": "spread, as a share of real",
    "energy_distance_draw": "distance to real normals (energy)",
    "fooled_pooled_draw": "called normal by the pooled judge",
    "fooled_adjacent_draw": "by the adjacent judge",
    "fooled_paper_draw": "by paper 000's judge",
    "false_change_point": "change made to normals",
}
_WORDS = """\
What each translator makes of tumors of patients that it never saw, against those patients' own normals \
where there are pairs. A translator can fool a judge and lose the tissue and the patient: read the columns \
together. "paired" was told which tumor and normal belong together, which paper 000's question does not \
allow. ceiling/own_normal is the answer itself. Mean (standard deviation over seeds)."""
_CODE_WORDS = """\
Share of translated tumors that judges call normal, cancer by cancer, beside Tables 3 and 4 of paper 000, \
whose samples and judge were others. Their shares are near 1, and so are ours wherever a judge can be \
fooled: it is no proof of a good normal."""


def scorecard(summary: pd.DataFrame) -> dict:
    """The table of all translators."""
    overall = summary[summary["subset"] == OVERALL]
    shown = overall.assign(paired=overall["paired"].map({True: "yes", False: "no"}))
    columns = [
        Column("model", "translator"),
        Column("status", "training"),
        Column("paired", "paired"),
        *(Column(name, label, metric_of(name)) for name, label in _SHOWN.items()),
        Column("seeds", "seeds", digits=0),
    ]
    return table(shown, columns, "Translators", _WORDS, SUMMARY, kind_of)


def beside_paper(by_code: pd.DataFrame) -> dict:
    """Who is fooled by cancer code, networks only, beside the paper's Tables 3 and 4."""
    networks = by_code[by_code["model"].map(_is_network).astype(bool)]
    columns = [Column(name, name, digits=2) for name in by_code.columns]
    return table(networks, columns, "Beside paper 000, by cancer code", _CODE_WORDS, BY_CODE, closed=True)  # fmt: skip


def findings(summary: pd.DataFrame, every: pd.DataFrame) -> list[dict]:
    """What the tables say, in sentences."""
    overall = summary[summary["subset"] == OVERALL].set_index("model")
    if overall.empty:
        return [finding(NOTE, "No tumor of this cohort could be translated.", SUMMARY)]
    found = []
    if overall["pairs"].sum() == 0:
        text = "No test patient has a tumor and a normal: nothing can be said of the right normal."
        found.append(finding(NOTE, text, SUMMARY))
    networks = overall.loc[[name for name in overall.index if _is_network(name)]]
    unpaired = networks[~networks["paired"].astype(bool)]
    if (errors := unpaired["rmse_point"].dropna()).size:
        found += _against_simple(errors.idxmin(), overall, every[every["subset"] == OVERALL])
    for name, row in networks.sort_values("rmse_point").iterrows():
        found += _of_failure(name, row)
    return found


def kind_of(row: pd.Series) -> str:
    """What a row of the scorecard is."""
    if row["model"].startswith(f"{CEILING_LABEL}/"):
        return CEILING
    return NETWORK if _is_network(row["model"]) else BASELINE


def _is_network(model: str) -> bool:
    return not model.startswith((f"{SIMPLE}/", f"{CEILING_LABEL}/"))


def _against_simple(name: str, overall: pd.DataFrame, every: pd.DataFrame) -> list[dict]:
    """The unpaired network of least error against the constant, the tumor itself, the best simple."""
    simple = overall[overall.index.str.startswith(f"{SIMPLE}/") & ~overall["paired"].astype(bool)]
    errors = simple["rmse_point"].dropna()
    rivals = [
        ("rmse_point", _CONSTANT, "the tissue's mean normal, the same for all"),
        ("patient_rank_point", _IDENTITY, "the tumor itself"),
        *([("rmse_point", errors.idxmin(), "the best without network and pairs")] if len(errors) else []),
    ]  # fmt: skip
    found = []
    for column, rival, what in rivals:
        if said := compare(every, name, rival, metric_of(column)):
            text = (
                f"{name} (least error of the networks without pairs) against {rival} ({what}), "
                f"{_SHOWN[column]}: {said[1]}."
            )
            found.append(finding(said[0], text, SUMMARY))
    return found


def _of_failure(name: str, row: pd.Series) -> list[dict]:
    """What a network lost, whatever the judges say of it."""
    said = []
    if row["status"] != FINISHED:
        said.append(f"training: {row['status']}")
    if row["spread_draw"] < _COLLAPSED_BELOW:
        said.append(f"collapsed: its normals vary by {row['spread_draw']:.2f} of what real ones do")
    if row["tissue_kept_draw"] < _TISSUE_LOST:
        said.append(f"lost the tissue: it is kept in {row['tissue_kept_draw']:.0%} of its normals")
    judges = row.filter(regex=r"^fooled_[a-z]+_draw$").dropna()
    if not said:
        return []
    fooled = f" Still, judges call up to {judges.max():.0%} of them normal." if len(judges) and judges.max() >= _FOOLED else ""  # fmt: skip
    return [finding(FAILS, f"{name}: {'; '.join(said)}.{fooled}", SUMMARY)]
