"""The page: sections of whatever was run, put together so that it needs no network."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from genex_kedro.report.blocks import FAILS, FOLDER, HOLDS

# every part of a report in its order: its title where it is missing, the pipeline that makes it
PARTS = {
    "cohort": ("The cohort", "data_processing"),
    "judges": ("Judges of tumor against normal", "reversion"),
    "translators": ("Tumor to normal", "reversion"),
    "generators": ("Synthetic expression", "synthesis"),
    "classifiers": ("Tumor types from images", "tumor_types"),
}


def render(sections: dict[str, dict[str, Any]]) -> str:
    """The report as one HTML page.

    Parameters
    ----------
    sections : dict
        By name, of :func:`genex_kedro.report.blocks.section`; empty for what was not run. A
        section made of another cohort than the section ``cohort`` is left out, and said so.

    Returns
    -------
    str
        It loads nothing: style and pictures are inside, and there is no script.
    """
    cohort = sections["cohort"]
    shown, absent = [], []
    for name, (title, pipeline) in PARTS.items():
        section = sections.get(name) or {}
        if not section:
            absent.append(
                {"title": title, "pipeline": pipeline, "why": "was not run on this cohort"}
            )
        elif section["about"]["cohort"] != cohort["about"]["cohort"]:
            why = "was made of another cohort, so it is left out here"
            absent.append({"title": title, "pipeline": pipeline, "why": why})
        else:
            shown.append(section | {"cards": _cards(name, section["cards"])})
    verdicts = {verdict: _findings(shown, verdict) for verdict in (HOLDS, FAILS)}
    return _template().render(
        cohort=cohort, sections=shown, absent=absent, verdicts=verdicts, folder=FOLDER,
        environments=_environments(shown),
    )  # fmt: skip


def _findings(sections: list[dict], verdict: str) -> list[dict]:
    return [
        {"section": section, "findings": found}
        for section in sections
        if (found := [f for f in section["findings"] if f["verdict"] == verdict])
    ]


def _environments(sections: list[dict]) -> list[dict]:
    """The versions that sections were made with, each once, with the titles of its sections."""
    found: list[dict] = []
    for section in sections:
        versions = section["about"]["environment"]
        same = next((e for e in found if e["versions"] == versions), None)
        if same is None:
            found.append(same := {"versions": versions, "titles": []})
        same["titles"].append(section["title"])
    return found


def _cards(section: str, texts: dict[str, str]) -> list[dict]:
    """Every card with its file; the first seed's are on the page itself."""
    seeds = {key: int(key.rpartition("_seed_")[2]) for key in texts}
    first = min(seeds.values(), default=0)
    return [
        {
            "key": key,
            "name": text.partition("\n")[0].removeprefix("# "),
            "file": f"evaluation/cards/{section}/{key}.md",
            "html": _markdown(text.partition("\n")[2]) if seeds[key] == first else None,
        }
        for key, text in sorted(texts.items())
    ]


def _markdown(text: str) -> Markup:
    """Markdown as HTML; HTML within it is shown as text."""
    return Markup(MarkdownIt("commonmark", {"html": False}).enable("table").render(text))


@cache
def _template():
    folder = Path(__file__).parent / "resources"
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("page.html.j2")
