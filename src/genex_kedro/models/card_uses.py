"""What a card says of each kind of model: what it is for, what it is not, who judged it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from genex_kedro.models.names import CYCLEGAN, IMAGES, SIMPLE, full_name, judge_label

GENERATOR, TRANSLATOR, JUDGE, CLASSIFIER = "generator", "translator", "judge", "classifier"
_ONE_FORMULA = "residual_translator"
# by the class in a model's configuration; a generator is known by its vocabulary
_KINDS = {
    "Aligned": TRANSLATOR,
    "CycleGan": TRANSLATOR,
    _ONE_FORMULA: TRANSLATOR,
    "Discriminator": JUDGE,
    "ImageClassifier": CLASSIFIER,
}


@dataclass(frozen=True)
class Use:
    """Texts in Markdown.

    Parameters
    ----------
    command : str
        What puts the model to work; ``{model}`` is its full name.
    use, judged : str
    pipeline : str
        The study that scores it.
    """

    command: str
    use: str
    judged: str
    pipeline: str


USES = {
    GENERATOR: Use(
        command="kedro run --pipelines generate --params generate.folder=THIS_FOLDER,generate.tissue=...,generate.condition=...,generate.n=100",
        use="""\
It gives samples of the classes below and of no others. Research use only: to develop and test
methods, to augment training data, to share what a cohort looks like. Not for diagnosis, and no
stand-in for patients: what is rare, and what the training cohort does not hold, is not in it.
Samples carry the differences between laboratories (`source`) of the training data.""",
        judged="Columns of real samples are the ceiling: no generator can be expected above it.",
        pipeline="synthesis",
    ),
    TRANSLATOR: Use(
        command="kedro run --pipelines translate --params translate.expression=tumors.tsv,translate.model={model}",
        use="""\
It guesses, from a tumor's expression, the normal tissue of the same patient. Research use only:
to rank what a tumor changed, beside other evidence. Not for diagnosis: a guess is an expectation
and not a measurement, and what does not show in the tumor cannot be told from it. Normal tissue
beside a tumor, which it learned from, is itself changed; a tissue without training normals is
refused or inferred, and said so.""",
        judged="Test patients that it never saw, against their own normals where there are pairs, "
        "and by judges trained apart from it. `ceiling/` rows are made from the answer; "
        "`simple/` rows are what a network has to beat.",
        pipeline="reversion",
    ),
    JUDGE: Use(
        command="kedro run --pipelines reversion",
        use="""\
It gives the probability that a profile is a tumor: to judge translators, and to find out what a
table of accuracies hides. Research use only, not for diagnosis. Where tumors and normals come
from different laboratories it may know the laboratory: compare `source alone`, and what it says
of adjacent normals.""",
        judged="Test patients that it never saw. `source alone` and `share of tumors` know no gene; "
        "logistic regression is the simple model to beat.",
        pipeline="reversion",
    ),
    CLASSIFIER: Use(
        command="kedro run --pipelines classify --params classify.expression=samples.tsv,classify.model={model}",
        use="""\
It names the tumor type of a tumor's expression, among the types below, or rejects what is too
unsure or unlike its training samples. Research use only, not for diagnosis. It knows no other
type, no normal tissue, and no laboratory but those it was trained on.""",
        judged="Test patients that it never saw. `simple/` rows need no image; published marks are of "
        "other samples, splits and 33 types: to look at, not to rank.",
        pipeline="tumor_types",
    ),
}
_LEARNED_FROM = {
    "pooled": "all tumors and normals, as paper 000",
    "adjacent": "programs that hold both conditions: the laboratory gives nothing away",
    "across": "tumors against the normals of other programs: the control that may know the laboratory",
}


def kind_of(config: dict[str, Any]) -> str | None:
    """Of a model by its configuration; None for a helper such as the atlas of tissues."""
    return GENERATOR if "vocabulary" in config else _KINDS.get(config.get("model"))


def model_name(config: dict[str, Any], card: dict[str, Any]) -> str:
    """What the scorecards call a model: ``cvae/best``, ``pooled judge/paper``."""
    setting = card.get("setting", "?")
    kind = kind_of(config)
    if kind == JUDGE:
        return full_name(judge_label(card.get("judge", "?")), setting)
    if kind == TRANSLATOR:
        return full_name(SIMPLE if config["model"] == _ONE_FORMULA else CYCLEGAN, setting)
    return full_name(IMAGES if kind == CLASSIFIER else config.get("model"), setting)


def learned_from(card: dict[str, Any]) -> str | None:
    """Which samples a judge learned from, in words."""
    return _LEARNED_FROM.get(card.get("judge"))
