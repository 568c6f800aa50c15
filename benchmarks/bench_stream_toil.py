"""How long a wide file takes to stream for some of its genes, against gzip, dd and pandas.

Generates files in the layouts of Toil's expression (60,498 genes x 19,131 samples, gzip) and of
the Pan-Cancer Atlas (20,531 x 11,069, plain), reads them and deletes them. By default they have
2 % of the genes; ``--full`` makes them full size (2 GB of disk for a while, some minutes). The
goals are for the full size: the baseline's time x 1.3, 1 GB. pandas reads a slice that fits: it
takes twice the text.

Usage: ``python benchmarks/bench_stream_toil.py [--full] [--record]``
"""

from __future__ import annotations

import shutil
import statistics
import struct
import subprocess
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import common
import numpy as np
from isal import isal_zlib

GOAL_RATIO, GOAL_MIB = 1.3, 1024
REPEATS = 3
N_WANTED = 1210
PANDAS_MIB = 700  # of text: what pandas can hold whole on a small machine
# genes, samples, compressed, what a reader of the file is held against
LAYOUTS = {
    "toil": (60_498, 19_131, True, "gzip -dc FILE > /dev/null"),
    "pancan": (20_531, 11_069, False, "dd if=FILE of=/dev/null bs=2M"),
}
_POOL = 200  # distinct rows, repeated under different names: numbers as varied as real ones
_NOTHING = np.log2(0.001)  # zero TPM


def generate(path: Path, layout: str, scale: float) -> dict:
    """Write a file of the layout, its genes scaled and the samples those of the published file."""
    n_genes, n_samples, compressed, _ = LAYOUTS[layout]
    n_genes = max(_POOL, int(n_genes * scale))
    rng = np.random.default_rng(0)
    pool = [_row(layout, rng, n_samples) for _ in range(_POOL)]
    header = "\t".join([_ID_COLUMN[layout], *(f"TCGA-{i:07d}-01" for i in range(n_samples))])
    with path.open("wb") as out:
        text = _GzipWriter(out) if compressed else _PlainWriter(out)
        text.write(text.prepare(header.encode() + b"\n"))
        rows = [text.prepare(b"\t" + row + b"\n") for row in pool]
        for gene in range(n_genes):
            text.write(text.prepare(gene_name(layout, gene).encode()))
            text.write(rows[rng.integers(_POOL)])
        text.end()
    return {"genes": n_genes, "samples": n_samples, "bytes": path.stat().st_size}


class _PlainWriter:
    """Bytes as they are."""

    def __init__(self, out) -> None:
        self.write, self.prepare, self.end = out.write, bytes, out.flush


class _GzipWriter:
    """One gzip member of pieces that were compressed once and are written many times.

    A full flush ends each piece at a byte and forgets what was before it, so that pieces can
    follow each other in any order; compressing 9 GB anew would take a quarter of an hour.
    """

    def __init__(self, out) -> None:
        self._out, self._crc, self._size = out, 0, 0
        out.write(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")

    def prepare(self, text: bytes) -> tuple[bytes, bytes]:
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        return text, deflate.compress(text) + deflate.flush(zlib.Z_FULL_FLUSH)

    def write(self, piece: tuple[bytes, bytes]) -> None:
        text, deflated = piece
        self._crc = isal_zlib.crc32(text, self._crc)
        self._size += len(text)
        self._out.write(deflated)

    def end(self) -> None:
        nothing = zlib.compressobj(6, zlib.DEFLATED, -15).flush()
        self._out.write(nothing + struct.pack("<II", self._crc, self._size % 2**32))


_ID_COLUMN = {"toil": "sample", "pancan": "gene_id"}


def gene_name(layout: str, gene: int) -> str:
    return f"ENSG{gene:011d}.{gene % 17}" if layout == "toil" else f"GENE{gene}|{gene + 1}"


def _row(layout: str, rng: np.random.Generator, n_samples: int) -> bytes:
    """Like a silent, a rare or an expressed gene, mixed to compress like the published file."""
    kind = rng.choice(3, p=(0.62, 0.15, 0.23))
    level = rng.uniform(-2, 6)
    values = rng.normal((-4, -3, level)[kind], (2, 2, 1.2)[kind], n_samples)
    values[rng.random(n_samples) < (0.95, 0.5, 0.01)[kind]] = _NOTHING
    np.maximum(values, _NOTHING, out=values)
    if layout == "pancan":
        values = np.exp2(values) * 100
    return "\t".join(f"{value:.4f}" for value in values).encode()


def wanted_genes(layout: str, n_genes: int) -> list[str]:
    """As many as the panels have, spread over the file."""
    n_wanted = max(1, round(N_WANTED * n_genes / LAYOUTS[layout][0]))
    return [gene_name(layout, int(gene)) for gene in np.linspace(0, n_genes - 1, n_wanted)]


def run_one(method: str, path: str, layout: str, n_genes: int) -> dict:
    """Seconds and memory of one reading, imports not counted; run in a fresh process."""
    import pandas as pd

    from genex_kedro.datasets.published.gene_blocks import GeneBlocks
    from genex_kedro.datasets.published.gene_stream import GeneStream

    wanted = wanted_genes(layout, n_genes)
    path, imports = Path(path), 1024 * common.peak_gb()
    start, start_cpu = time.perf_counter(), time.process_time()
    if method != "pandas":
        stream = GeneStream(path, "benchmark", "Generate it again.")
        blocks = GeneBlocks(len(stream.samples))
        for _, values in stream.rows(None if method == "all_genes" else set(wanted)):
            blocks.add(values)
        shape = blocks.to_matrix().shape[::-1]
    else:
        # the plain way: the whole table, then the genes of it
        shape = pd.read_csv(path, sep="\t", index_col=0).loc[wanted].shape
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_mib": 1024 * common.peak_gb(), "imports_mib": imports, "shape": shape}  # fmt: skip


def _in_own_process(method: str, path: Path, layout: str, n_genes: int) -> dict:
    return common.in_fresh_process(
        __file__, method=method, path=str(path), layout=layout, n_genes=n_genes
    )


def _baseline(layout: str, path: Path) -> float:
    start = time.perf_counter()
    # dd and not cat: cat into /dev/null never copies what it reads
    plain = ["dd", f"if={path}", "of=/dev/null", "bs=2M", "status=none"]
    command = ["gzip", "-dc", str(path)] if LAYOUTS[layout][2] else plain
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def compare(layout: str, scale: float, folder: Path) -> Iterator[dict]:
    """One layout: ours and the baseline in turn, then pandas on a slice that fits."""
    path = folder / (f"{layout}.tsv" + ".gz" * LAYOUTS[layout][2])
    file = generate(path, layout, scale)
    ours, baseline = [], []
    for _ in range(REPEATS):
        baseline.append(_baseline(layout, path))
        ours.append(_in_own_process("genex_kedro", path, layout, file["genes"]))
    what = LAYOUTS[layout][3]
    seconds = [run["seconds"] for run in ours]
    yield common.row(
        f"{layout}, {file['genes']} genes, against {'gzip -dc' if LAYOUTS[layout][2] else 'dd'}",
        statistics.median(seconds),
        statistics.median(baseline),
        "s",
        what=what,
        seconds=seconds,
        plain_seconds=baseline,
        cpu_seconds=[run["cpu_seconds"] for run in ours],
        peak_mib=max(run["peak_mib"] for run in ours),
        imports_mib=max(run["imports_mib"] for run in ours),
        wanted_genes=len(wanted_genes(layout, file["genes"])),
        file=file,
    )
    if layout == "pancan":  # small enough to be read whole, and needed whole
        whole = _in_own_process("all_genes", path, layout, file["genes"])
        name, more = f"{layout}, {file['genes']} genes, all of them", {"shape": whole["shape"]}
        yield common.row(name, whole["seconds"], None, "s", peak_mib=whole["peak_mib"], **more)
    path.unlink()
    yield from _against_pandas(layout, folder)


def _against_pandas(layout: str, folder: Path) -> Iterator[dict]:
    """Both on a file with fewer genes: pandas takes twice the text's size in memory."""
    n_genes, n_samples, compressed, _ = LAYOUTS[layout]
    path = folder / ("slice.tsv" + ".gz" * compressed)
    file = generate(path, layout, PANDAS_MIB * 2**20 / (n_samples * 7.7) / n_genes / 2)
    plain, some, whole = (
        _in_own_process(method, path, layout, file["genes"])
        for method in ("pandas", "genex_kedro", "all_genes")
    )
    path.unlink()
    for share, ours in (("some", some), ("all", whole)):
        yield common.row(
            f"{layout}, {share} of {file['genes']} genes, against pandas",
            ours["seconds"],
            plain["seconds"],
            "s",
            peak_mib=ours["peak_mib"],
            plain_peak_mib=plain["peak_mib"],
            file=file,
        )


def measure(full: bool) -> Iterator[dict]:
    """Both layouts."""
    folder = Path(tempfile.mkdtemp(prefix="genex-bench-"))
    try:
        for layout in LAYOUTS:
            yield from compare(layout, 1.0 if full else 0.02, folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    goal = f"{GOAL_RATIO} x the baseline's time, {GOAL_MIB} MiB, of the whole file"
    packages = ("numpy", "pandas", "pyarrow", "isal")
    common.main("stream_toil", measure, packages, run_one, {"goal": goal})
