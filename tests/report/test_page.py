"""The page: whole, without a network, and safe with whatever a cohort calls its tissues."""

from __future__ import annotations

from html.parser import HTMLParser

import pandas as pd
import pytest

from genex_kedro.pipelines.evaluation.report import report_on_cohort
from genex_kedro.report.blocks import finding, picture, section
from genex_kedro.report.origin import about, command
from genex_kedro.report.page import PARTS, render

VOID = {"meta", "img", "br", "hr", "link", "input"}
EVIL = "<script>alert(1)</script>"
SUMMARY = {
    "samples": 3, "patients": 2, "pairs": 1, "genes": 4, "tissues": 1, "unit": "log2(x+1)",
    "conditions": {"tumor": 2, "normal": 1}, "programs": {"TCGA": 3}, "missing_fraction": 0.0,
    "notices": [{"check": "odd", "count": 1, "detail": EVIL}], "digest": "one",
}  # fmt: skip
PROVENANCE = {"env": "table", "params": {"cohort.expression": "my counts.tsv"}, "versions": {"Python": "3.11"}}  # fmt: skip


class Reader(HTMLParser):
    """Refuses tags that do not close; keeps what a browser would load, and the text."""

    def __init__(self):
        super().__init__()
        self.open, self.loads, self.links, self.tags, self.ids = [], [], [], set(), []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.loads += [v for k, v in attrs.items() if k in ("src", "srcset", "data", "poster")]
        if tag == "a":
            self.links.append(attrs["href"])
        elif "href" in attrs:
            self.loads.append(attrs["href"])
        assert not [k for k in attrs if k.startswith("on")], attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.open)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    assert "@import" not in html and "url(" not in html
    return reader


def cohort(digest="one") -> dict:
    counts = pd.DataFrame({"tissue": [EVIL], "samples": [3]})
    panels = pd.DataFrame({"panel": ["l1000"], "genes": [978], "measured": [4], "coverage": [0.004], "missing": ["A B"]})  # fmt: skip
    return report_on_cohort(SUMMARY | {"digest": digest}, PROVENANCE, counts, panels)


def study(digest="one") -> dict:
    origin = about(SUMMARY | {"digest": digest}, PROVENANCE, "synthesis", [1, 0, 1])
    card = {
        "x-y_seed_0": {"text": f"# x/y, seed 0\n\n| tissue |\n|---|\n| {EVIL} |\n"},
        "x-y_seed_1": {"text": "# x/y, seed 1\n\nnot shown\n"},
    }
    found = [finding("fails", f"{EVIL} is missed by 0.100.", "evaluation/t.csv")]
    blocks = [picture(b"\x89PNG", "Ranks", "words", "evaluation/r.png")]
    return section("generators", "Synthetic expression", "lead", found, blocks, origin, card)


def whole(**sections) -> str:
    return render({part: {} for part in PARTS} | sections)


def test_it_loads_nothing_is_well_formed_and_its_links_lead_somewhere():
    html = whole(cohort=cohort(), generators=study())
    reader = read(html)
    assert reader.loads and all(load.startswith("data:image/png;base64,") for load in reader.loads)
    assert "script" not in reader.tags and len(reader.ids) == len(set(reader.ids))
    inside = {link[1:] for link in reader.links if link.startswith("#")}
    assert inside <= set(reader.ids)
    assert not [link for link in reader.links if ":" in link]


def test_whatever_a_cohort_or_card_says_is_text():
    html = whole(cohort=cohort(), generators=study())
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 4  # notice, tissue, finding, card


def test_what_was_not_run_is_said_with_how_to_run_it():
    html = whole(cohort=cohort())
    for name in ("Judges of tumor", "Tumor to normal", "Synthetic expression", "Tumor types"):
        assert f"{name}" in html
    assert html.count("was not run on this cohort") == len(PARTS) - 1
    assert "kedro run --pipelines tumor_types" in html
    assert "no trained model was scored" in html


def test_a_section_of_another_cohort_is_left_out_and_said_so():
    html = whole(cohort=cohort("two"), generators=study("one"))
    assert "was made of another cohort" in html and "is missed by 0.100" not in html
    assert "is missed by 0.100" in whole(cohort=cohort("two"), generators=study("two"))


def test_it_says_how_to_make_it_again():
    html = whole(cohort=cohort(), generators=study())
    assert "kedro run --env table --pipelines synthesis" in html
    assert "my counts.tsv" in html and "0, 1</td>" in html and "3.11" in html
    assert "data/08_reporting/evaluation/r.png" in html
    assert "seed 0" in html and "not shown" not in html and "x-y_seed_1.md" in html


@pytest.mark.parametrize(
    ("facts", "pipeline", "line"),
    [
        ({}, "", "kedro run"),
        ({"env": "test", "params": {"split.seeds": "5"}}, "synthesis", "kedro run --env test --pipelines synthesis --params split.seeds=5"),
        ({"env": None, "params": {"a.b": "x y", "c": "true"}}, "", "kedro run --params 'a.b=x y,c=true'"),
    ],
)  # fmt: skip
def test_the_command_is_one_that_can_be_typed(facts, pipeline, line):
    assert command(facts, pipeline) == line
