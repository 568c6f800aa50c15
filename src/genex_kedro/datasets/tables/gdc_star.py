"""STAR gene counts of the Genomic Data Commons: one file a sample.

A line ``# gene-model: ...``, the columns of :data:`_HEADER`, four rows ``N_...`` that count
reads outside of genes, then one row a gene (GENCODE v36). The sample's name is not in the file
but in the sample sheet that the GDC's cart offers beside it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from genex_kedro.datasets.file_kind import file_kind
from genex_kedro.datasets.tables.faults import locate_fault
from genex_kedro.datasets.tables.raw_table import RawTable
from genex_kedro.datasets.tables.sample_sheet import read_text_sheet
from genex_kedro.datasets.text_lines import decoded_lines
from genex_kedro.errors import InputError, some

_HEADER = (
    *("gene_id", "gene_name", "gene_type", "unstranded", "stranded_first", "stranded_second"),
    *("tpm_unstranded", "fpkm_unstranded", "fpkm_uq_unstranded"),
)
_TEXT = _HEADER[:3]
_VALUES = "tpm_unstranded"
_SHEET_COLUMNS = ("File Name", "Sample ID")
_SUFFIXES = (".gz", ".tsv", ".rna_seq.augmented_star_gene_counts")


def is_star_file(path: Path, kind: str) -> bool:
    """Whether the first lines are those of STAR gene counts."""
    if kind not in ("text", "gzip"):
        return False
    return _names(path, kind)[1] == _HEADER


def _names(path: Path, kind: str) -> tuple[int, tuple[str, ...]]:
    """The line with the names of the columns, and these."""
    lines = enumerate(decoded_lines(path, kind), 1)
    number, first = next(((n, line) for n, line in lines if not line.startswith("#")), (1, ""))
    return number, tuple(first.rstrip("\r\n").split("\t"))


def is_gdc_sheet(path: str | Path) -> bool:
    """Whether a file is a sample sheet of the GDC: which file belongs to which sample."""
    if not Path(path).is_file() or file_kind(path, "sample sheet") != "text":
        return False
    header = next(decoded_lines(path, "text"), "").rstrip("\r\n").split("\t")
    return set(_SHEET_COLUMNS) <= set(header)


def read_star(path: str | Path, sheet: str | Path | None = None) -> RawTable:
    """Read TPM from one file, or from all files below a folder.

    Parameters
    ----------
    path : str or Path
    sheet : str or Path, optional
        The GDC's sample sheet; else ``gdc_sample_sheet*.tsv`` in the folder. Without one, the
        samples are called like the files.

    Returns
    -------
    RawTable
        Genes in rows, the values linear (TPM).

    Raises
    ------
    InputError
        No such file in the folder; a file with other genes, or that the sheet does not name; a
        cell that is no number.
    """
    path = Path(path)
    files = _star_files(path) if path.is_dir() else [path]
    if sheet is None and path.is_dir():
        sheet = next(iter(sorted(path.glob("gdc_sample_sheet*.tsv"))), None)
    names = _sample_names(files, sheet)
    text, values = None, []
    for file in files:
        table = _read_one(file)
        text = text or table.select(list(_TEXT)).to_pydict()
        _require_same_genes(table.column("gene_id").to_pylist(), text["gene_id"], file, files[0])
        values.append(table.column(_VALUES).to_numpy())
    return RawTable(
        where=str(path),
        rows=text.pop("gene_id"),
        columns=names,
        values=np.stack(values, axis=1),
        corner="gene_id",
        annotations=text,
        unit="linear",
        unit_known_by=f"the column {_VALUES} of GDC STAR counts",
    )


def _star_files(folder: Path) -> list[Path]:
    found = sorted(p for p in folder.rglob("*.tsv*") if p.is_file() and p.stat().st_size)
    found = [path for path in found if is_star_file(path, file_kind(path, "expression table"))]
    if not found:
        raise InputError(
            where=str(folder),
            found="a folder without STAR gene counts",
            expected="a file: expression table, or a folder of *.augmented_star_gene_counts.tsv",
            remedy="Check the path; a relative path counts from the folder the command is run in.",
        )
    return found


def _sample_names(files: list[Path], sheet: str | Path | None) -> list[str]:
    if sheet is None:
        return [_stem(file) for file in files]
    table = read_text_sheet(sheet, "text")
    names = table["File Name"].str.removesuffix(".gz")
    sample_of = dict(zip(names, table["Sample ID"].str.strip(), strict=True))
    unnamed = [file for file in files if file.name.removesuffix(".gz") not in sample_of]
    if unnamed:
        raise InputError(
            where=f"{sheet}, column 'File Name'",
            found=f"no row for {unnamed[0].name} ({len(unnamed)} files in all)",
            expected="the sample of every file",
            remedy="Download the sample sheet of the same cart, or move the other files away.",
        )
    return [sample_of[file.name.removesuffix(".gz")] for file in files]


def _stem(file: Path) -> str:
    name = file.name
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _read_one(file: Path) -> pa.Table:
    kind = file_kind(file, "expression table")
    skip, header = _names(file, kind)
    if header != _HEADER:
        raise _no_counts(file, f"line {skip}", f"columns {some(header)[:80]}")
    types = {name: pa.string() if name in _TEXT else pa.float32() for name in _HEADER}
    try:
        with pa.input_stream(str(file), compression="gzip" if kind == "gzip" else None) as stream:
            table = pacsv.read_csv(
                stream,
                pacsv.ReadOptions(column_names=list(_HEADER), skip_rows=skip),
                pacsv.ParseOptions(delimiter="\t"),
                pacsv.ConvertOptions(column_types=types, include_columns=[*_TEXT, _VALUES]),
            )
    except (pa.ArrowInvalid, OSError) as error:
        layout = _Layout(str(file), skip)
        raise locate_fault(layout, kind, error) from error
    genes = [not name.startswith("N_") for name in table.column("gene_id").to_pylist()]
    if not any(genes):
        raise _no_counts(file, "the end", "no gene")
    return table.filter(pa.array(genes))


def _no_counts(file: Path, place: str, found: str) -> InputError:
    return InputError(
        where=f"{file}, {place}",
        found=found,
        expected=f"STAR gene counts: {', '.join(_HEADER)}, then one row a gene",
        remedy="Download the file from the GDC again, or leave it out of the folder.",
    )


class _Layout:
    """What :func:`locate_fault` must know of a file."""

    delimiter, header, n_text = "\t", list(_HEADER), _HEADER.index(_VALUES)

    def __init__(self, path: str, skip: int) -> None:
        self.path, self.skip = path, skip


def _require_same_genes(found: list[str], expected: list[str], file: Path, first: Path) -> None:
    if found == expected:
        return
    pairs = zip(found, expected, strict=False)
    place = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(found), len(expected)))
    raise InputError(
        where=f"{file}, gene {place + 1}",
        found=found[place] if place < len(found) else f"the end, after {len(found)} genes",
        expected=expected[place] if place < len(expected) else f"the end, as in {first.name}",
        remedy="Bring files of one release of the GDC (one gene model), all of them whole.",
    )
