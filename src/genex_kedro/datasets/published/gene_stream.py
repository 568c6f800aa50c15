"""Wide text with a gene in every row, read in one pass: only the wanted rows are parsed.

A file of 60,000 genes x 19,000 samples is 9 GB of text, of which a study needs 2 %. Rows are
told apart by their first cell; all others are skipped at the speed of decompression, and no
more than a few rows are in memory at once.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from isal import igzip, isal_zlib

from genex_kedro.datasets.file_kind import broken_gzip, file_kind
from genex_kedro.datasets.text_lines import is_number, not_utf8
from genex_kedro.errors import InputError

# Published files are written by R and pandas: a "-" or "None" in one means that it is another file,
# unlike in a user's own (tables/raw_table.py)
_MISSING = ("", "NA", "NaN", "nan", "null")
_BLOCK = 1 << 21  # of decompressed text: small enough to stay in the cache until it is searched
_LONGEST_ROW = 1 << 28  # no table has such rows: a file without line ends must not fill the memory
_TAB = 9  # and the next byte is the line end, 10
_BATCH = 1 << 21  # of text to parse at once
_OPTIONS = {
    "read_options": pa_csv.ReadOptions(
        use_threads=False, column_names=["value"], block_size=1 << 20
    ),
    "parse_options": pa_csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
    "convert_options": pa_csv.ConvertOptions(
        column_types={"value": pa.float32()}, null_values=list(_MISSING)
    ),
}

_Row = tuple[int, str, bytearray]  # line, gene, cells


class GeneStream:
    """A tab-separated table, plain or gzip, with genes in rows and samples in columns.

    Parameters
    ----------
    path : str or Path
    what : str
        What the file should hold, for messages: ``"Toil expression"``.
    remedy : str
        What to do about a file that is not as published.

    Attributes
    ----------
    first : str
        The first cell of the header.
    samples : list of str, length n_samples
        The header's other cells, as written; they may repeat.
    n_rows : int
        Genes passed, wanted or not; complete after :meth:`rows` has ended.

    Raises
    ------
    InputError
        No such file, no text, a damaged archive, a header without samples.
    """

    def __init__(self, path: str | Path, what: str, remedy: str) -> None:
        self.path, self._remedy, self.n_rows = Path(path), remedy, 0
        self._kind = file_kind(path, what)
        with self._reading() as handle:
            line = self._guarded(handle.readline, _LONGEST_ROW)
        try:
            header = line.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise not_utf8(self.path, 1, error) from error
        self.first, *self.samples = header.rstrip("\r\n").split("\t")
        if not self.samples:
            raise InputError(
                where=f"{self.path}, header",
                found=repr(header[:60]),
                expected=f"{what}: one column a sample, separated by tabs",
                remedy=remedy,
            )

    def rows(
        self, wanted: Collection[str] | None = None, unique: bool = True
    ) -> Iterator[tuple[str, np.ndarray]]:
        """The wanted genes in the order of the file.

        Parameters
        ----------
        wanted : set of str, optional
            First cells of the rows to parse; None parses all.
        unique : bool
            Whether a second row of a gene is refused; otherwise it is yielded like any other.

        Yields
        ------
        name : str
        values : ndarray of float32, shape (n_samples,)
            NaN where the cell is empty, ``NA``, ``NaN``, ``nan`` or ``null``.

        Raises
        ------
        InputError
            A cell that is no number; a row of another length than the header; a wanted gene
            twice; a file that ends within a row or is a damaged archive.
        """
        wanted = None if wanted is None else {name.encode() for name in wanted}
        seen: set[str] = set()
        batch: list[_Row] = []
        for line, name, cells in self._lines(wanted):
            gene = self._decoded(line, name)
            if unique and gene in seen:
                raise self._fault(line, gene, "a second row of this gene", "every gene once")
            seen.add(gene)
            if _count(cells) != len(self.samples):
                raise self._wrong_width(line, gene, cells)
            batch.append((line, gene, cells.removesuffix(b"\r")))
            if sum(len(cells) for _, _, cells in batch) >= _BATCH:
                yield from self._parse(batch)
                batch = []
        yield from self._parse(batch)

    def _decoded(self, line: int, name: bytes) -> str:
        try:
            return name.decode().strip()
        except UnicodeDecodeError as error:
            raise self._fault(
                line, repr(name[:40]), "a name that is not UTF-8", "UTF-8 text"
            ) from error

    def _lines(self, wanted: set[bytes] | None) -> Iterator[tuple[int, bytes, bytearray]]:
        """Number, first cell and the other cells of every wanted line after the header."""
        line, self.n_rows = 1, 0
        buffer, kept = bytearray(_BLOCK), 0
        with self._reading() as handle:
            self._guarded(handle.readline)
            while True:
                buffer = self._with_room(buffer, kept, line)
                with memoryview(buffer)[kept:] as free:
                    n_read = self._guarded(handle.readinto, free)
                end = kept + n_read
                start = 0
                while (stop := buffer.find(b"\n", start, end)) >= 0:
                    line += 1
                    tab = buffer.find(b"\t", start, stop)
                    name = bytes(buffer[start : stop if tab < 0 else tab])
                    self.n_rows += bool(name.strip())
                    if (wanted is None and name.strip()) or (wanted and name in wanted):
                        yield line, name, bytearray() if tab < 0 else buffer[tab + 1 : stop]
                    start = stop + 1
                buffer[: end - start] = buffer[start:end]
                kept = end - start
                if not n_read:
                    break
        if kept:
            yield from self._last(line + 1, buffer[:kept], wanted)

    def _with_room(self, buffer: bytearray, kept: int, line: int) -> bytearray:
        """The buffer, doubled when one row fills it."""
        if kept < len(buffer):
            return buffer
        if kept >= _LONGEST_ROW:
            raise InputError(
                where=f"{self.path}, line {line + 1}",
                found=f"a line of more than {kept:,} bytes",
                expected="one line a gene",
                remedy=self._remedy,
            )
        return buffer + bytes(kept)

    def _last(self, line: int, text: bytearray, wanted: set[bytes] | None):
        """A last row without a line end: whole, or the place where a transfer stopped."""
        self.n_rows += 1
        name, _, cells = text.partition(b"\t")
        name = bytes(name)
        if _count(cells) != len(self.samples):
            raise self._wrong_width(line, name.decode("utf-8", "replace"), cells)
        if wanted is None or name in wanted:
            yield line, name, cells

    def _parse(self, rows: list[_Row]) -> Iterator[tuple[str, np.ndarray]]:
        """Some rows at once: every call of Arrow's reader waits for another thread to wake."""
        if not rows:
            return
        # one number a line is what Arrow parses fastest: twice as fast as numpy or a cast
        text = np.frombuffer(b"".join(cells + b"\n" for _, _, cells in rows), np.uint8).copy()
        text += text == _TAB
        try:
            table = pa_csv.read_csv(pa.BufferReader(pa.py_buffer(text)), **_OPTIONS)
        except pa.ArrowInvalid as error:
            raise self._wrong_cell(rows) from error
        values = table.column(0).to_numpy()
        if values.size != len(rows) * len(self.samples):  # a carriage return ends lines for Arrow
            raise self._wrong_cell(rows)
        values = values.reshape(len(rows), len(self.samples))
        yield from ((gene, own) for (_, gene, _), own in zip(rows, values, strict=True))

    def _wrong_width(self, line: int, gene: str, cells: bytes) -> InputError:
        found = _count(cells)
        return self._fault(
            line,
            gene,
            f"{found:,} values",
            f"{len(self.samples):,} values, as many as the header names samples",
        )

    def _wrong_cell(self, rows: list[_Row]) -> InputError:
        for line, gene, cells in rows:
            texts = cells.decode("utf-8", "replace").split("\t")
            for sample, text in zip(self.samples, texts, strict=True):
                if text not in _MISSING and not (
                    is_number(text) and text == text.strip().lstrip("+")
                ):
                    place = f"{gene}, sample {sample}"
                    return self._fault(line, place, repr(text[:40]), "a number")
        raise AssertionError("Arrow refused rows of numbers")

    def _fault(self, line: int, gene: str, found: str, expected: str) -> InputError:
        return InputError(
            where=f"{self.path}, line {line}, gene {gene}",
            found=found,
            expected=expected,
            remedy=self._remedy,
        )

    def _reading(self):
        return igzip.open(self.path, "rb") if self._kind == "gzip" else self.path.open("rb")

    def _guarded(self, read, *arguments):
        try:
            return read(*arguments)
        except (EOFError, OSError, zlib.error, isal_zlib.error) as error:
            if self._kind != "gzip":
                raise
            raise broken_gzip(self.path, error) from error


def _count(cells: bytes) -> int:
    return cells.count(b"\t") + 1 if cells.strip(b"\r") else 0
