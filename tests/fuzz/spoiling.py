"""Ways to spoil a file, drawn by hypothesis, and the law that every reader keeps.

The law: a reader gives what a slow, trusted reading of the same bytes gives, or it raises one
InputError that names the file. Never another exception, never a row less, a zero for a hole or
another name. Tests draw 25 files a reader, always the same; ``GENEX_FUZZ=1``
draws 2,000 new ones, another number so many.
"""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from kedro.io import DatasetError

from genex_kedro.errors import InputError

_ASKED = int(os.environ.get("GENEX_FUZZ", "0"))
_LONG = 2000 if _ASKED == 1 else _ASKED
EXAMPLES = settings(
    max_examples=_LONG or 25,
    derandomize=not _LONG,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

CELLS = (
    *("1e308", "-1e308", "1e400", "1e-400", "inf", "-inf", "nan", "NaN", "NA", "N/A", "", " ", "-"),
    *("1,5", "1.5.2", "1 000", "1_000", "0x1A", "+1.5", ".5", "5.", "1e", "1E3", " 7 ", "TRUE"),
    *("tumor", '"', '"a', '"1.5"', '""', "'", "#", "# a", "é", "\u22121", "\uff11", "\x00", "=1+1"),
    *("../../etc/passwd", "\t", "\n", "\r", "\u2028", "\x85", "\x1c", "a" * 200_000, "9" * 400),
)  # fmt: skip


def _lines(content: bytes) -> list[bytes]:
    return content.split(b"\n")


def _delimiter(content: bytes) -> bytes:
    return b"\t" if b"\t" in content else b","


def _edit_line(content: bytes, rng: random.Random, edit: Callable) -> bytes:
    lines = _lines(content)
    place = rng.randrange(len(lines))
    delimiter = _delimiter(content)
    lines[place] = delimiter.join(edit(lines[place].split(delimiter)))
    return b"\n".join(lines)


def cell(content, rng):
    """Another text in a cell, or in a name."""

    def edit(cells):
        cells[rng.randrange(len(cells))] = rng.choice(CELLS).encode()
        return cells

    return _edit_line(content, rng, edit)


def cell_fewer(content, rng):
    return _edit_line(content, rng, lambda cells: cells[: rng.randrange(len(cells))])


def cell_more(content, rng):
    return _edit_line(content, rng, lambda cells: [*cells, rng.choice(CELLS).encode()])


def cell_twice(content, rng):
    """One cell of a line in the place of another: names twice."""

    def edit(cells):
        cells[rng.randrange(len(cells))] = rng.choice(cells)
        return cells

    return _edit_line(content, rng, edit)


def line_twice(content, rng):
    lines = _lines(content)
    return b"\n".join([*lines, rng.choice(lines)])


def line_gone(content, rng):
    lines = _lines(content)
    del lines[rng.randrange(len(lines))]
    return b"\n".join(lines)


def line_blank(content, rng):
    lines = _lines(content)
    lines.insert(rng.randrange(len(lines)), rng.choice([b"", b" ", b"\t", b"\r", b"#", b"# note"]))
    return b"\n".join(lines)


def lines_shuffled(content, rng):
    lines = _lines(content)
    rng.shuffle(lines)
    return b"\n".join(lines)


def header_only(content, rng):
    return _lines(content)[0] + b"\n"


def nothing(content, rng):
    return rng.choice([b"", b"\n", b"\xef\xbb\xbf", b" \n \n", b"\t\n", b"\x00"])


def cut(content, rng):
    return content[: rng.randrange(len(content) + 1)]


def flip(content, rng):
    """A few bytes of another value."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def insert(content, rng):
    place = rng.randrange(len(content) + 1)
    new = rng.choice([b"\x00", b'"', b"\r", b"\n", b"\xff", b"\xe9", b"\xc3", rng.randbytes(3)])
    return content[:place] + new + content[place:]


def other_delimiter(content, rng):
    return content.replace(_delimiter(content), rng.choice([b",", b";", b" ", b"|", b"\t"]))


def other_encoding(content, rng):
    text = content.decode("latin-1").replace("0", rng.choice("0é"), 1)
    return text.encode(rng.choice(["latin-1", "utf-16", "utf-16-le", "utf-8-sig", "utf-8"]))


def other_line_ends(content, rng):
    return content.replace(b"\n", rng.choice([b"\r\n", b"\r", b"\n\n"]))


TEXT = (
    *(cell, cell, cell, cell_fewer, cell_more, cell_twice, line_twice, line_gone, line_blank),
    *(lines_shuffled, header_only, nothing, cut, flip, flip, insert, insert),
    *(other_delimiter, other_encoding, other_line_ends),
)


def packed(content, rng):
    """gzip, sound or not."""
    whole = gzip.compress(content, mtime=0)
    half = len(content) // 2
    return rng.choice(
        (
            whole,
            whole,
            whole[: rng.randrange(len(whole) + 1)],
            flip(whole, rng),
            gzip.compress(content[:half]) + gzip.compress(content[half:]),
            whole + b"garbage",
            whole + bytes(64),
            gzip.compress(whole),
        )
    )


def spoiled(content: bytes, ways: list[Callable], seed: int) -> bytes:
    """`content` changed in all these ways, one after the other."""
    rng = random.Random(seed)
    for way in ways:
        content = way(content, rng)
    return content


def of_text(gzipped: bool = False) -> st.SearchStrategy:
    """A function that spoils text, compressed at the end where that is asked for."""
    ways = st.lists(st.sampled_from(TEXT), max_size=3)
    return st.builds(
        lambda ways, seed: lambda content: spoiled(content, [*ways, packed][: None if gzipped else -1], seed),
        ways, st.integers(0, 2**32),
    )  # fmt: skip


def of_bytes(flips: bool = True) -> st.SearchStrategy:
    """A function that spoils a binary file; without `flips` it only breaks off."""
    ways = st.lists(
        st.sampled_from((cut, flip, flip, insert, nothing) if flips else (cut, nothing)), max_size=2
    )
    return st.builds(
        lambda ways, seed: lambda content: spoiled(content, ways, seed),
        ways,
        st.integers(0, 2**32),
    )


def read_or_refused(read: Callable, *paths: Path):
    """What `read` gives, or None where it raised the one InputError that it may raise: of a path."""
    try:
        return read()
    except DatasetError as wrapped:  # Kedro wraps what load raises
        error = wrapped.__cause__
        assert isinstance(error, InputError), repr(error)
    except InputError as refusal:
        error = refusal
    assert any(path.name in error.where for path in paths), error
    assert all((error.found, error.expected, error.remedy)), error
    return None
