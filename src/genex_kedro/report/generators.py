"""The section on synthetic expression, from the scorecard of generators."""

from __future__ import annotations

import pandas as pd

from genex_kedro.metrics import multiclass
from genex_kedro.metrics.generator_scorecard import METRICS
from genex_kedro.models.names import SIMPLE, full_name
from genex_kedro.report.blocks import (
    BASELINE,
    CEILING,
    FAILS,
    HOLDS,
    NETWORK,
    NOTE,
    Column,
    finding,
    number,
    table,
)
from genex_kedro.report.compare import compare
from genex_kedro.study.generation.augmentation import ALONE, LEAKING, REFITTED
from genex_kedro.study.generation.ceilings import is_real
from genex_kedro.study.generation.published_marks import GAMMA
from genex_kedro.training_status import FINISHED

SUMMARY, GOALS = "evaluation/generators_summary.csv", "evaluation/generators_goals.csv"
AUGMENTATION = "evaluation/augmentation.csv"
_COPIES = full_name(SIMPLE, "training_copies")
_BY_NAME = {metric.name: metric for metric in METRICS}
(_MEASURE,) = (m for m in multiclass.METRICS if m.name == "balanced_accuracy")
_SHOWN = {
    "gamma": "gene-gene correlations (gamma)",
    "gamma_within_class": "the same within a class",
    "variance_ratio": "variance, as a share of real",
    "precision_test": "precision: looks real",
    "recall_test": "recall: covers the real",
    "adversarial_accuracy_test": "nearest neighbour tells real from made",
    "trees_auc_test": "boosted trees tell real from made",
    "tstr_tissue_balanced_accuracy": "tissue learned from synthetic alone",
    "fold_change_correlation": "tumor-normal changes kept",
    "gan_leaks_auc": "membership found (GAN-leaks)",
    "domias_auc": "membership found (DOMIAS)",
}
_WORDS = """\
Scores on test patients that no model saw. Real samples stand at the end: they are the ceiling, what \
a perfect generator could reach with so few samples. Copies of training samples win several columns, \
so read fidelity and membership together. Mean (standard deviation over seeds)."""


def scorecard(summary: pd.DataFrame) -> list[dict]:
    """The table of all generators, and folded below it every metric."""
    shown = summary.assign(
        place=[_place(row) for _, row in summary.iterrows()],
        published=summary["model"].map(GAMMA),
    )
    first = [
        Column("model", "generator"),
        Column("status", "training"),
        Column("place", "mean rank (95 %)"),
        Column("published", "paper 001's gamma"),
        Column("seeds", "seeds", digits=0),
    ]
    some = [Column(name, label, _BY_NAME[name]) for name, label in _SHOWN.items()]
    rest = [Column(name, name, metric) for name, metric in _BY_NAME.items()]
    return [
        table(shown, [*first[:4], *some, first[4]], "Generators", _WORDS, SUMMARY, kind_of),
        table(shown, [first[0], *rest], "Every metric of the scorecard", "", SUMMARY, kind_of, True),
    ]  # fmt: skip


def goals_table(goals: pd.DataFrame, summary: pd.DataFrame) -> dict:
    """Every goal beside its ceiling, a column for each generator, the best rank first."""
    rows = []
    for metric, of_one in goals.groupby("metric", sort=False):
        first, by_model = of_one.iloc[0], of_one.set_index("model")
        reaches = "reaches it" if first["ceiling_reaches"] else "misses it"
        row = {
            "metric": metric,
            "goal": first["goal"],
            "real": f"{number(first['ceiling'])}: {reaches}",
        }
        ranked = [name for name in summary["model"] if name in by_model.index]
        rows.append(row | {name: _reached(by_model.loc[name]) for name in ranked})
    frame = pd.DataFrame(rows)
    columns = [
        Column("metric", "figure"),
        Column("goal", "goal"),
        Column("real", "real samples"),
        *(Column(name, name) for name in frame.columns.drop(["metric", "goal", "real"])),
    ]
    words = "Reached, or missed by how much. Where real samples miss a goal too, missing it says nothing against a generator."  # fmt: skip
    return table(frame, columns, "Goals", words, GOALS)


def findings(summary: pd.DataFrame, goals: pd.DataFrame, augmentation: pd.DataFrame) -> list[dict]:
    """What the tables say, in sentences; copies of training samples are no rival."""
    made = summary[~summary["model"].map(is_real) & (summary["model"] != _COPIES)]
    if made.empty:
        return []
    return [
        *_of_ranks(made),
        *_of_failures(made),
        *_of_goals(goals, made),
        *_of_augmentation(augmentation, made),
    ]


def kind_of(row: pd.Series) -> str:
    """What a row of the scorecard is."""
    if is_real(row["model"]):
        return CEILING
    return BASELINE if row["model"].startswith(f"{SIMPLE}/") else NETWORK


def _of_ranks(made: pd.DataFrame) -> list[dict]:
    """Whether the best network is ahead of the best generator without a network."""
    simple = made["model"].str.startswith(f"{SIMPLE}/")
    if simple.all() or not simple.any():
        return []
    network, baseline = (part.sort_values("rank").iloc[0] for part in (made[~simple], made[simple]))
    ahead, behind = sorted((network, baseline), key=lambda row: row["rank"])
    apart = ahead["rank_high"] < behind["rank_low"]
    verdict = NOTE if not apart else HOLDS if ahead is network else FAILS
    how = "their intervals do not overlap" if apart else "their intervals overlap: no clear order"
    text = (
        f"Best network: {network['model']}, mean rank {_place(network)}. Best generator without a "
        f"network: {baseline['model']}, {_place(baseline)}. {ahead['model']} is ahead; {how}."
    )
    return [finding(verdict, text, SUMMARY)]


def _of_failures(made: pd.DataFrame) -> list[dict]:
    """Networks that failed; a baseline of one profile for each class is collapsed by design."""
    failed = made[made["status"] != FINISHED]
    return [
        finding(
            NOTE if row["model"].startswith(f"{SIMPLE}/") else FAILS,
            f"{row['model']}: {row['status']}. Its other figures mean little.",
            SUMMARY,
        )
        for _, row in failed.iterrows()
    ]


def _of_goals(goals: pd.DataFrame, made: pd.DataFrame) -> list[dict]:
    """The goals of the network that ranks first: reached, missed, and missed by real samples too."""
    networks = made[~made["model"].str.startswith(f"{SIMPLE}/")]
    if networks.empty or goals.empty:
        return []
    name = networks.sort_values("rank").iloc[0]["model"]
    own = goals[goals["model"] == name]
    reached, fair = own["reached"].astype(bool), own["ceiling_reaches"].astype(bool)
    parts = (
        (HOLDS, own[reached], "reaches", ""),
        (FAILS, own[~reached & fair], "misses", ", which real samples reach"),
        (NOTE, own[~reached & ~fair], "misses", ", which real samples miss too"),
    )
    return [
        finding(
            verdict,
            f"{name} {verb} {len(rows)} of {len(own)} goals{more}: {_goals_said(rows)}.",
            GOALS,
        )
        for verdict, rows, verb, more in parts
        if len(rows)
    ]


def _goals_said(rows: pd.DataFrame) -> str:
    """``gamma 0.910 (by 0.020)`` for each; the goals themselves stand in the table."""
    return ", ".join(
        f"{row['metric']} {number(row['value'])}"
        + ("" if row["reached"] else f" (by {number(row['missed_by'])})")
        for _, row in rows.iterrows()
    )


def _of_augmentation(augmentation: pd.DataFrame, made: pd.DataFrame) -> list[dict]:
    """Whether synthetic samples help to tell classes apart where real ones are fewest.

    Only a generator fitted to the same few samples says so; one that saw more is a note.
    """
    if augmentation.empty:
        return []
    few = augmentation[augmentation["n_real"] == augmentation["n_real"].min()]
    leader = made.sort_values("rank").iloc[0]["model"]
    few = few.assign(model=few["model"].where(few["protocol"] != ALONE, ALONE))
    found = []
    for (label, n), rows in few.groupby(["label", "n_real"], sort=False):
        for protocol in (REFITTED, LEAKING):
            asked = rows[rows["protocol"].isin([ALONE, protocol])]
            means = asked.groupby(["model", "seed"], as_index=False)[_MEASURE.name].mean()
            if not (said := compare(means, leader, ALONE, _MEASURE)):
                continue
            verdict = said[0] if protocol == REFITTED else NOTE
            text = (
                f"{str(label).capitalize()} told from {n} real samples and samples of {leader} "
                f"({protocol}), against the real samples alone: balanced accuracy {said[1]}."
            )
            found.append(finding(verdict, text, AUGMENTATION))
    return found


def _reached(row: pd.Series) -> str:
    if row["reached"]:
        return f"{number(row['value'])} reached"
    return f"{number(row['value'])} missed by {number(row['missed_by'])}"


def _place(row: pd.Series) -> str:
    if pd.isna(row["rank"]):
        return ""
    return f"{row['rank']:.1f} ({row['rank_low']:.1f} to {row['rank_high']:.1f})"
