"""The model card: what a trained model is, was trained on, is good for and is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from genex_kedro.models.base import TrainedModel
from genex_kedro.models.memorised import HELD

SMALL_CLASS = 5  # with fewer training samples a class leans on single patients
_USE = """\
## Use

```
kedro run --pipelines generate --params generate.folder=THIS_FOLDER,generate.tissue=...,generate.condition=...,generate.n=100
```

It gives samples of the classes below and of no others. Research use only: to develop and test
methods, to augment training data, to share what a cohort looks like. Not for diagnosis, and no
stand-in for patients: what is rare, and what the training cohort does not hold, is not in it.
Samples carry the differences between laboratories (`source`) of the training data.
"""
_NO_SCORES = """\
## Scores

None in this folder. `kedro run --pipelines synthesis` scores it, and
`kedro run --pipelines share --params generate.model=...` makes a folder with the scores in it.
"""


def model_card(model: TrainedModel) -> str:
    """The card as Markdown.

    Parameters
    ----------
    model : TrainedModel
        Its ``card`` may hold the scores of :func:`genex_kedro.study.generation.cards.with_scores`.
    """
    return "\n".join(_sections(model))


def small_classes(vocabulary: dict[str, Any]) -> list[str]:
    """The classes of fewer than five training samples, as ``"lung tumor TCGA (2)"``."""
    counted = zip(vocabulary["combinations"], vocabulary["counts"], strict=True)
    return [f"{' '.join(names)} ({n})" for names, n in counted if n < SMALL_CLASS]


def _sections(model: TrainedModel) -> Iterator[str]:
    card, vocabulary = model.card, model.config.get("vocabulary")
    name = f"{model.config.get('model')}/{card.get('setting', '?')}"
    yield f"# {name}, seed {card.get('seed', '?')}\n"
    yield _facts(model)
    if vocabulary is None:
        if held := list(_held(card)):
            yield "\n".join(["## Privacy\n", *held, ""])
        return
    yield _USE
    yield _classes(vocabulary)
    yield from _scores(card.get("scores"))
    yield _privacy(card, vocabulary)


def _facts(model: TrainedModel) -> str:
    card = model.card
    n = sum(tensor.numel() for tensor in model.weights.values())
    facts = {
        "parameters": f"{n:,}",
        "genes": f"{len(model.genes):,} (`genes.tsv`)",
        "works in": card.get("unit"),
        "training data came in": card.get("given_unit"),
        "training samples": card.get("training_samples"),
        "training patients": card.get("training_patients"),
        "digest of the training data": card.get("data"),
        "training": card.get("status"),
        "best epoch": card.get("best_epoch"),
        "validation loss": card.get("validation_loss"),
    }
    lines = [f"| {key} | {value} |" for key, value in facts.items() if value is not None]
    return "\n".join(["| | |", "|---|---|", *lines, ""])


def _classes(vocabulary: dict[str, Any]) -> str:
    rows = zip(vocabulary["combinations"], vocabulary["counts"], strict=True)
    head = [*vocabulary["factors"], "training samples"]
    lines = [f"| {' | '.join([*names, str(count)])} |" for names, count in rows]
    return "\n".join(["## Trained on\n", _row(head), _row(["---"] * len(head)), *lines, ""])


def _scores(scores: dict[str, Any] | None) -> Iterator[str]:
    if scores is None:
        yield _NO_SCORES
        return
    yield f"## Scores on {scores['on']}\n"
    if scores["status"] not in (None, "finished"):
        yield f"**This generator has {scores['status']}: its samples mean little.**\n"
    head = ["figure", *scores["columns"], "ideal"]
    yield _row(head)
    yield _row(["---"] * len(head))
    for row in scores["rows"]:
        yield _row([row["figure"], *(_number(v) for v in row["values"]), f"{row['ideal']:g}"])
    yield "\nColumns of real samples are the ceiling: no generator can be expected above it.\n"


def _privacy(card: dict[str, Any], vocabulary: dict[str, Any]) -> str:
    lines = ["## Privacy\n", *_held(card)]
    if small := small_classes(vocabulary):
        lines.append(
            f"- Classes of fewer than {SMALL_CLASS} training samples lean on single patients, whose "
            f"membership may be guessed: {', '.join(small)}."
        )
    lines.append("- That none is held does not make membership secret: see the attacks above.")
    return "\n".join([*lines, ""])


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
    return f"| {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
