"""The model card: what a trained model is, was trained on, is good for and is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from genex_kedro.models.base import TrainedModel
from genex_kedro.models.card_uses import (
    GENERATOR,
    USES,
    Use,
    kind_of,
    learned_from,
    model_name,
)
from genex_kedro.models.memorised import HELD
from genex_kedro.training_status import FINISHED

SMALL_CLASS = 5  # with fewer training samples a class leans on single patients


def model_card(model: TrainedModel) -> str:
    """The card as Markdown.

    Parameters
    ----------
    model : TrainedModel
        Its ``card`` may hold the scores of :func:`genex_kedro.study.cards.with_scores`.
    """
    return "\n".join(_sections(model))


def small_classes(vocabulary: dict[str, Any]) -> list[str]:
    """The classes of fewer than five training samples, as ``"lung tumor TCGA (2)"``."""
    counted = zip(vocabulary["combinations"], vocabulary["counts"], strict=True)
    return [f"{' '.join(names)} ({n})" for names, n in counted if n < SMALL_CLASS]


def _sections(model: TrainedModel) -> Iterator[str]:
    card, kind = model.card, kind_of(model.config)
    name = model_name(model.config, card)
    yield f"# {name}, seed {card.get('seed', '?')}\n"
    yield _facts(model)
    if kind is None:  # a helper of other models, which is no use by itself
        if held := list(_held(card)):
            yield "\n".join(["## Privacy\n", *held, ""])
        return
    yield _use(USES[kind], name)
    yield from _trained_on(model)
    yield from _scores(card.get("scores"), USES[kind])
    yield from _privacy(card, model.config.get("vocabulary"))


def _use(use: Use, name: str) -> str:
    return f"## Use\n\n```\n{use.command.format(model=name)}\n```\n\n{use.use}\n"


def _facts(model: TrainedModel) -> str:
    card, config = model.card, model.config
    n = sum(tensor.numel() for tensor in model.weights.values())
    facts = {
        "class": config.get("model"),
        "parameters": f"{n:,}",
        "genes": f"{len(model.genes):,} (`genes.tsv`)",
        "works in": card.get("unit"),
        "training data came in": card.get("given_unit"),
        "training samples": card.get("training_samples"),
        "training patients": card.get("training_patients"),
        "training tumors": card.get("training_tumors"),
        "training normals": card.get("training_normals"),
        "learned from": learned_from(card),
        "told which tumor and normal are one patient's": _yes(card.get("paired", config.get("paired"))),
        "such pairs chose its settings": _yes(card.get("pairs_in_validation")),
        "digest of the training data": card.get("data"),
        "weights before training": card.get("weights"),
        "training": card.get("status"),
        "epochs": card.get("epochs"),
        "best epoch": card.get("best_epoch"),
        "validation loss": card.get("validation_loss"),
        "validation RMSE (log2)": card.get("validation_rmse"),
    }  # fmt: skip
    told = {key: value for key, value in facts.items() if value is not None}
    lines = [f"| {k} | {f'{v:.4g}' if isinstance(v, float) else v} |" for k, v in told.items()]
    return "\n".join(["| | |", "|---|---|", *lines, ""])


def _trained_on(model: TrainedModel) -> Iterator[str]:
    """The classes that a model knows, with their training samples where they were counted."""
    vocabulary, classes = model.config.get("vocabulary"), model.card.get("classes")
    if vocabulary:
        counted = zip(vocabulary["combinations"], vocabulary["counts"], strict=True)
        rows = [[*names, count] for names, count in counted]
        yield _table("Trained on", [*vocabulary["factors"], "training samples"], rows)
    elif classes:
        yield _table("Trained on", ["tumor type", "training samples"], list(classes.items()))
    elif tissues := model.config.get("tissues") or model.config.get("classes", {}).get("tissues"):
        yield _table("Tissues it knows", ["tissue"], [[name] for name in tissues])


def _table(title: str, head: list[str], rows: list) -> str:
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join([f"## {title}\n", *lines, ""])


def _scores(scores: dict[str, Any] | None, use: Use) -> Iterator[str]:
    if scores is None:
        share = " and\n`kedro run --pipelines share --params generate.model=...` makes a folder with the scores in it"  # fmt: skip
        extra = share if use is USES[GENERATOR] else ""
        yield f"## Scores\n\nNone in this folder. `kedro run --pipelines {use.pipeline}` scores it{extra}.\n"
        return
    yield f"## Scores on {scores['on']}\n"
    if scores["status"] not in (None, FINISHED):
        yield f"**Training: {scores['status']}. What this model makes means little.**\n"
    yield _row(["figure", *scores["columns"], "better", "ideal"])
    yield _row(["---"] * (len(scores["columns"]) + 3))
    for row in scores["rows"]:
        values = (_number(v) for v in row["values"])
        yield _row([row["figure"], *values, row["better"], f"{row['ideal']:g}"])
    yield f"\n{use.judged}\n"


def _privacy(card: dict[str, Any], vocabulary: dict[str, Any] | None) -> Iterator[str]:
    lines = list(_held(card))
    if vocabulary and (small := small_classes(vocabulary)):
        lines.append(
            f"- Classes of fewer than {SMALL_CLASS} training samples lean on single patients, whose "
            f"membership may be guessed: {', '.join(small)}."
        )
    if vocabulary:
        lines.append("- That none is held does not make membership secret: see the attacks above.")
    if lines:
        yield "\n".join(["## Privacy\n", *lines, ""])


def _held(card: dict[str, Any]) -> Iterator[str]:
    """Whether the weights hold a training sample, where it was looked at."""
    nearest = card.get("nearest_to_training")
    if nearest is not None:
        holds = "holds a training sample" if nearest < HELD else "holds no training sample"
        yield (
            f"- The folder {holds}: the nearest that any weight comes to one is {nearest:.2f} times "
            "the distance to that sample's nearest neighbour (0 would be a copy)."
        )


def _row(cells) -> str:
    return f"| {' | '.join(str(cell).replace('|', '/') for cell in cells)} |"


def _yes(value: bool | None) -> str | None:
    return None if value is None else ("yes" if value else "no")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
