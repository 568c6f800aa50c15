"""The docs site builds strictly, offline, and no link of README or pages leads nowhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


class Loaded(HTMLParser):
    """What a browser would fetch to show a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preconnect"):
            self.found.append(given["href"])
        elif tag in ("script", "img", "iframe") and "src" in given:
            self.found.append(given["src"])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), strict=True))
    return folder


def test_a_page_for_every_file_and_nothing_from_the_network(site):
    pages = list(site.glob("**/index.html"))
    assert len(pages) == len(list((ROOT / "docs").glob("*.md")))
    for page in pages:
        loaded = Loaded(page.read_text()).found
        assert any(name.endswith(".css") for name in loaded)
        assert not [name for name in loaded if re.match(r"(https?:)?//", name)], page
    assert "font-family:Roboto" not in (site / "index.html").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_relative_links_lead_to_files(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing


def test_every_page_is_in_the_navigation():
    named = re.findall(r"[\w]+\.md", (ROOT / "mkdocs.yml").read_text())
    assert sorted(named) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))
