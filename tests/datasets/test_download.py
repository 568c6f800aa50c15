"""Whatever a server does, a file is whole and verified under its name, or not there at all."""

import gzip
import hashlib
import threading
from dataclasses import replace

import numpy as np
import pytest

from genex_kedro.datasets.downloads import transfer_bar
from genex_kedro.datasets.downloads.download import Patience, fetch
from genex_kedro.datasets.downloads.sources import Source, public_files
from genex_kedro.errors import InputError
from unreliable_server import serving

CONTENT = gzip.compress(np.random.default_rng(0).bytes(300_000))
QUICK = Patience(attempts=4, pause=0.01, timeout=0.4, progress=1)


def _source(state, **known):
    known = {"size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()} | known
    return Source(name="table.gz", url=state.url, **known)


def _unknown(state):
    return _source(state, size=None, sha256="")


def _fetch(source, folder, **options):
    return fetch(source, folder, **({"progress": lambda *_: None, "patience": QUICK} | options))


def _left(folder):
    return sorted(path.name for path in folder.iterdir())


def _faulty(**fault):
    """The first answer goes wrong, the others do not."""

    def behave(handler, number):
        if number == 0:
            vars(handler.fault).update(fault)

    return behave


def _always(**fault):
    return lambda handler, number: vars(handler.fault).update(fault)


@pytest.mark.parametrize(
    "known",
    [{}, {"sha256": "", "md5": hashlib.md5(CONTENT).hexdigest()}, {"sha256": "", "size": None}],
)
def test_a_file_is_fetched_and_nothing_else_left(known, tmp_path):
    seen = []
    with serving(CONTENT) as state:
        path = _fetch(_source(state, **known), tmp_path / "new", progress=lambda *a: seen.append(a))
    assert path.read_bytes() == CONTENT and _left(path.parent) == ["table.gz"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))


@pytest.mark.parametrize(
    "behave",
    [
        _faulty(drop_after=0),
        _faulty(drop_after=1),
        _faulty(drop_after=123_457),
        _faulty(stall=3.0),
        _faulty(announce=1000),
        _faulty(announce=-1000),
        _faulty(flip=200_000),
        lambda handler, number: number < 3 and handler.page(500, b"<html>oops</html>"),
        lambda handler, number: number == 0 and handler.page(429, b"later"),
    ],
    ids=["at once", "1 byte", "middle", "stall", "too long", "too short", "flip", "500", "429"],
)
def test_what_passes_is_survived(behave, tmp_path):
    with serving(CONTENT, behave=behave) as state:
        path = _fetch(_source(state), tmp_path)
    assert path.read_bytes() == CONTENT and _left(tmp_path) == ["table.gz"]


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no ranges"])
@pytest.mark.parametrize("etag", ['"one"', 'W/"weak"', None])
@pytest.mark.parametrize("known", [True, False], ids=["digest", "no digest"])
def test_connections_that_drop_at_random_points(ranges, etag, known, tmp_path):
    draw = np.random.default_rng(1)

    def behave(handler, number):
        if number < 12:
            handler.fault.drop_after = int(draw.integers(1, 60_000))

    with serving(CONTENT, ranges=ranges, etag=etag, behave=behave) as state:
        path = _fetch(_source(state) if known else _unknown(state), tmp_path)
        resumed = sum("Range" in request for request in state.requests)
    assert path.read_bytes() == CONTENT
    # without a digest or a strong name of the version, two versions could be joined unnoticed
    assert resumed if known or etag == '"one"' else not resumed


def test_it_goes_on_where_the_last_run_stopped(tmp_path):
    with serving(CONTENT, behave=_always(drop_after=0)) as state:
        state.behave = lambda handler, number: vars(handler.fault).update(
            drop_after=100_000 if number == 0 else 0
        )
        with pytest.raises(InputError, match="100,000 bytes are kept"):
            _fetch(_source(state), tmp_path)
        assert "table.gz" not in _left(tmp_path)
        state.behave = None
        state.requests.clear()
        assert _fetch(_source(state), tmp_path).read_bytes() == CONTENT
    assert state.requests[0]["Range"] == "bytes=100000-"
    assert state.requests[0]["If-Range"] == '"one"'


@pytest.mark.parametrize("known", [True, False], ids=["digest", "no digest"])
def test_a_file_that_changes_meanwhile_is_never_a_mixture(known, tmp_path):
    old = gzip.compress(np.random.default_rng(9).bytes(300_000))

    def behave(handler, number):
        if number == 0:
            handler.fault.drop_after = 100_000
        else:
            handler.server.state.content, handler.server.state.etag = CONTENT, '"two"'

    with serving(old, behave=behave) as state:
        source = _source(state) if known else _unknown(state)
        assert _fetch(source, tmp_path).read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_dropped(tmp_path):
    with serving(CONTENT) as state:
        (tmp_path / "table.gz.part").write_bytes(CONTENT + b"more")
        assert _fetch(_source(state, size=None), tmp_path).read_bytes() == CONTENT


def test_a_whole_part_is_only_verified(tmp_path):
    with serving(CONTENT) as state:
        (tmp_path / "table.gz.part").write_bytes(CONTENT)
        assert _fetch(_source(state, size=None), tmp_path).read_bytes() == CONTENT  # a 416
        assert len(state.requests) == 1


def test_redirects_are_followed_with_the_range(tmp_path):
    def behave(handler, number):
        if handler.path == "/file":
            handler.page(302, b"", Location="/elsewhere")
            return True
        handler.fault.drop_after = 100_000 if number == 1 else None
        return False

    with serving(CONTENT, behave=behave) as state:
        assert _fetch(_source(state), tmp_path).read_bytes() == CONTENT
    assert state.requests[3]["Range"] == "bytes=100000-"


def test_the_proxy_of_the_environment_is_used(tmp_path, monkeypatch):
    with serving(CONTENT) as state:
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, state.url.removesuffix("/file"))
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        source = replace(_source(state), url="http://nowhere.invalid/file")
        assert _fetch(source, tmp_path).read_bytes() == CONTENT


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere(tmp_path, monkeypatch, capsys, caplog):
    caplog.set_level("INFO", "genex_kedro")
    monkeypatch.setattr(transfer_bar, "_BETWEEN_LINES", 0)
    with serving(CONTENT) as state:
        monkeypatch.setattr(transfer_bar.Console, "is_terminal", False)
        _fetch(_source(state), tmp_path / "lines", progress=None)
        assert "of 0 MB" in caplog.text and "MB/s" in caplog.text
        monkeypatch.setattr(transfer_bar.Console, "is_terminal", True)
        _fetch(_source(state), tmp_path / "bar", progress=None)
        assert "table.gz" in capsys.readouterr().err


REFUSED = {
    "html with status 200": (
        lambda handler, _: handler.page(200, b"<!DOCTYPE html><html>Log in</html>"),
        ("another thing than the file", "<!DOCTYPE html>", "gzip data", "login page"),
    ),
    "json with status 200": (
        lambda handler, _: handler.page(200, b'{"message": "busy"}', "application/json"),
        ("another thing than the file", '{"message"', "gzip data"),
    ),
    "text with status 200": (
        lambda handler, _: handler.page(200, b"gene\tS1\n", "text/plain"),
        ("another thing than the file", "gzip data"),
    ),
    "xml with status 403": (
        lambda handler, _: handler.page(403, b"<Error><Code>AccessDenied</Code>", "text/xml"),
        ("403 Forbidden", "AccessDenied", "the file", "download.folder"),
    ),
    "status 404": (
        lambda handler, _: handler.page(404, b'{"message": "not found"}'),
        ("404 Not Found", "not found", "download.folder"),
    ),
    "always 503": (
        lambda handler, _: handler.page(503, b"<html>"),
        ("503 Service Unavailable", "4 attempts in a row", f"{len(CONTENT):,} bytes", "later"),
    ),
    "always stalling": (
        _always(stall=2.0, drop_after=1),
        ("no byte for 0.4 seconds", "4 attempts in a row", "bytes are kept", "goes on"),
    ),
    "always too long": (_always(announce=5), ("announces", f"has {len(CONTENT):,}", "attempts")),
    "another file": (_always(flip=1000), ("sha256", "2 times", "as published", "another file")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_stays_wrong_is_refused_and_not_kept(name, tmp_path):
    behave, pieces = REFUSED[name]
    with serving(CONTENT, behave=behave) as state:
        source = _source(state)
        with pytest.raises(InputError) as caught:
            _fetch(source, tmp_path, patience=replace(QUICK, progress=1000))
    for piece in (*pieces, state.url, "found:", "expected:", "to do:"):
        assert piece in str(caught.value)
    assert "table.gz" not in _left(tmp_path)
    if name.endswith(" 200"):
        assert len(state.requests) == 1  # a page will not turn into the file by waiting


def test_a_truncated_archive_without_known_digest_is_noticed(tmp_path):
    with serving(CONTENT[:-50]) as state, pytest.raises(InputError, match="truncated gzip"):
        _fetch(_unknown(state), tmp_path)
    assert _left(tmp_path) == []


def test_no_server(tmp_path):
    with serving(CONTENT) as state:
        source = _source(state)
    with pytest.raises(InputError, match="attempts in a row"):
        _fetch(source, tmp_path)


def test_several_at_once_fetch_a_file_once(tmp_path):
    paths = []
    with serving(CONTENT, behave=_always(piece=20_000, pause=0.01)) as state:
        job = lambda: paths.append(_fetch(_source(state), tmp_path))  # noqa: E731
        threads = [threading.Thread(target=job) for _ in range(5)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert len(state.requests) == 1
    assert len(paths) == 5 and paths[0].read_bytes() == CONTENT and _left(tmp_path) == ["table.gz"]


@pytest.mark.real
def test_a_real_file_over_a_bad_line(real_data, tmp_path):
    name = "uterus-rsem-fpkm-gtex.txt.gz"
    content = (real_data / "rnaseqdb" / "normalized" / name).read_bytes()
    draw = np.random.default_rng(3)

    def behave(handler, number):
        handler.fault.drop_after = int(draw.integers(1, 600_000))

    with serving(content, behave=behave) as state:
        # as for the files of which only git's digest is known
        source = replace(
            public_files("rnaseqdb")[name], url=state.url, size=None, sha256="", md5=""
        )
        path = _fetch(source, tmp_path)
        assert len(state.requests) > 5
    assert path.read_bytes() == content
