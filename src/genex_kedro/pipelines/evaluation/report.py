"""The report: a section for each study that was run, and the page of those that are there."""

from __future__ import annotations

import pandas as pd

from genex_kedro.report import (
    classifiers,
    cohort,
    generators,
    judges,
    laboratories,
    page,
    translators,
)
from genex_kedro.report.blocks import picture, section
from genex_kedro.report.origin import about

_LEADS = {
    "judges": "Can tumor be told from normal tissue, and does a model that can know biology, or only "
    "which laboratory measured what? These judges later say of translated tumors whether they look normal.",
    "translators": "What would this patient's tissue look like without the tumor? Each translator guesses it "
    "from the tumor's expression alone; where a patient gave both samples, the guess meets the truth.",
    "generators": "Can a model make expression profiles of a tissue and condition that could be real, without "
    "giving away whom it learned from? Each generator stands beside real samples and beside simple ones.",
    "classifiers": "Which tumor type is it? Networks that look at expression as a picture, beside classifiers "
    "that need no picture, and which genes speak for a call.",
}


def report_on_cohort(
    summary: dict, provenance: dict, counts: pd.DataFrame, panels: pd.DataFrame
) -> dict:
    """The section on the cohort."""
    conditions = " and ".join(f"{n:,} {name}" for name, n in summary["conditions"].items())
    lead = (
        f"{summary['samples']:,} samples ({conditions}) of {summary['patients']:,} patients and "
        f"{summary['tissues']} tissues, {summary['genes']:,} genes in {summary['unit']}."
    )
    title, pipeline = page.PARTS["cohort"]
    origin = about(summary, provenance, pipeline, ())
    blocks = cohort.tables(summary, counts, panels)
    return section("cohort", title, lead, cohort.findings(summary), blocks, origin)


def report_on_judges(
    summary: dict,
    provenance: dict,
    study: dict,
    every: pd.DataFrame,
    means: pd.DataFrame,
    detector: pd.DataFrame,
    figure: bytes,
    components: bytes,
    cards: dict,
) -> dict:
    """The section on judges of tumor against normal, and on laboratories."""
    found = [*laboratories.findings(study), *judges.findings(every, means, detector)]
    blocks = [
        *judges.scorecard(means, detector),
        picture(
            figure,
            "Judges on unseen patients",
            "All test samples, and tumors against adjacent normals alone; bars are 95 % intervals over patients.",
            "evaluation/discriminators.png",
        ),
        picture(
            components,
            "Principal components of the samples",
            "Samples that lie apart by laboratory warn of what a model may learn.",
            laboratories.COMPONENTS,
        ),
    ]
    return _study("judges", found, blocks, summary, provenance, every["seed"], cards)


def report_on_translators(
    summary: dict,
    provenance: dict,
    every: pd.DataFrame,
    means: pd.DataFrame,
    by_code: pd.DataFrame,
    frontier: bytes,
    neighbours: bytes,
    cards: dict,
) -> dict:
    """The section on translators of tumors into normals."""
    blocks = [
        translators.scorecard(means),
        picture(
            frontier,
            "Error against the right patient",
            "Left and down is better: nearer to the patient's own normal, and nearer to it than to other patients'.",
            "evaluation/translators_frontier.png",
        ),
        picture(
            neighbours,
            "Tumors, their normals, and what was made of them",
            "Paper 000's Figures 3 and 4 with the pairs joined. A heap of one colour has lost the tissue.",
            "evaluation/translators_neighbours.png",
        ),
        translators.beside_paper(by_code),
    ]
    found = translators.findings(means, every)
    return _study("translators", found, blocks, summary, provenance, every["seed"], cards)


def report_on_generators(
    summary: dict,
    provenance: dict,
    every: pd.DataFrame,
    means: pd.DataFrame,
    goals: pd.DataFrame,
    augmentation: pd.DataFrame,
    cards: dict,
    **figures: bytes,
) -> dict:
    """The section on synthetic expression."""
    words = {
        "ranks": ("Mean ranks", "Over families of metrics, 1 is best, with 95 % intervals.", "generators_ranks"),
        "planes": ("Real and synthetic samples in one plane", "Fitted to both together; the method and the seed stand below each.", "generators_planes"),
        "correlations": ("Pairs of genes", "Correlation among real samples against that among synthetic ones.", "generators_correlations"),
        "precision_recall": ("Precision and recall", "Does it look real, and does it cover what is real?", "generators_precision_recall"),
        "augmented": ("Augmentation", "Classes told apart from few real samples, with and without synthetic ones.", "augmentation"),
    }  # fmt: skip
    pictures = [
        picture(png, words[name][0], words[name][1], f"evaluation/{words[name][2]}.png")
        for name, png in figures.items()
    ]
    tables = [*generators.scorecard(means), generators.goals_table(goals, means)]
    found = generators.findings(means, goals, augmentation)
    blocks = [*tables, *pictures]
    return _study("generators", found, blocks, summary, provenance, every["seed"], cards)


def report_on_classifiers(
    summary: dict,
    provenance: dict,
    every: pd.DataFrame,
    means: pd.DataFrame,
    checks: pd.DataFrame,
    markers: pd.DataFrame,
    cards: dict,
    **figures: bytes,
) -> dict:
    """The section on tumor types."""
    words = {
        "classifiers": ("Accuracy and balanced accuracy", "evaluation/classifiers.png"),
        "confusion": (
            "Where the best network errs",
            "evaluation/classifiers_confusion.png",
        ),
        "layouts": ("Which pixel is which gene", "image_transfer/layouts.png"),
        "class_means": ("The mean picture of each type", "image_transfer/class_means.png"),
        "attributions": ("What speaks for each type", "image_transfer/attributions.png"),
        "curves": (
            "Deleting and inserting the genes that speak loudest",
            "image_transfer/curves.png",
        ),
    }
    pictures = [picture(png, words[n][0], "", words[n][1]) for n, png in figures.items()]
    blocks = [classifiers.scorecard(means), *pictures[:2]]
    blocks += [*classifiers.explanations(checks, markers), *pictures[2:]]
    found = classifiers.findings(means, every, checks)
    seeds = every["seed"].dropna()
    return _study("classifiers", found, blocks, summary, provenance, seeds, cards)


def write_report(**sections: dict) -> str:
    """The page, of the sections that are there."""
    return page.render(sections)


def _study(name, found, blocks, summary, provenance, seeds, cards) -> dict:
    title, pipeline = page.PARTS[name]
    origin = about(summary, provenance, pipeline, seeds)
    return section(name, title, _LEADS[name], found, blocks, origin, cards)
