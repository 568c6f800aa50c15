"""How long a wide file takes to stream for some of its genes, against gzip, cat and pandas.

``python benchmarks/bench_stream_toil.py [--scale 0.02] [--folder TMP]`` generates files in the
layouts of Toil's expression (60,498 genes x 19,131 samples, gzip) and of the Pan-Cancer Atlas
(20,531 x 11,069, plain), reads them and deletes them. ``--scale 1`` makes them full size (2 GB
of disk, some minutes) and writes ``results/stream_toil_full.json``; smaller ones write
``results/stream_toil.json``. The goals are for the full size: the baseline's time x 1.3, 1 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from importlib.metadata import version
from pathlib import Path

import numpy as np
from isal import isal_zlib

RESULTS = Path(__file__).parent / "results"
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


def measure(method: str, path: Path, layout: str, n_genes: int) -> dict:
    """Seconds and memory of one reading, imports not counted; run in a fresh process."""
    import pandas as pd

    from genex_kedro.datasets.gene_blocks import GeneBlocks
    from genex_kedro.datasets.gene_stream import GeneStream

    wanted = wanted_genes(layout, n_genes)
    imports = _peak_mib()
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
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_mib": _peak_mib(), "imports_mib": imports, "shape": shape}  # fmt: skip


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _in_own_process(method: str, path: Path, layout: str, n_genes: int) -> dict:
    command = [sys.executable, __file__, "--method", method, "--file", str(path), "--layout", layout, "--genes", str(n_genes)]  # fmt: skip
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _baseline(layout: str, path: Path) -> float:
    start = time.perf_counter()
    # dd and not cat: cat into /dev/null never copies what it reads
    plain = ["dd", f"if={path}", "of=/dev/null", "bs=2M", "status=none"]
    command = ["gzip", "-dc", str(path)] if LAYOUTS[layout][2] else plain
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def compare(layout: str, scale: float, folder: Path) -> dict:
    """One layout: ours and the baseline in turn, then pandas on a slice that fits."""
    path = folder / (f"{layout}.tsv" + ".gz" * LAYOUTS[layout][2])
    file = generate(path, layout, scale)
    baseline, ours = [], []
    for _ in range(REPEATS):
        baseline.append(_baseline(layout, path))
        ours.append(_in_own_process("genex_kedro", path, layout, file["genes"]))
    seconds = [run["seconds"] for run in ours]
    result = {
        "file": file,
        "wanted_genes": ours[0]["shape"][0],
        "baseline": {"what": LAYOUTS[layout][3], "seconds": _rounded(baseline)},
        "genex_kedro": {"seconds": _rounded(seconds), "cpu_seconds": _rounded(run["cpu_seconds"] for run in ours),
                        "peak_mib": round(max(run["peak_mib"] for run in ours)),
                        "imports_mib": round(ours[0]["imports_mib"])},
        "ratio_to_baseline": round(statistics.median(seconds) / statistics.median(baseline), 3),
    }  # fmt: skip
    if layout == "pancan":  # small enough to be read whole, and needed whole
        whole = _in_own_process("all_genes", path, layout, file["genes"])
        result["all_genes"] = {"seconds": round(whole["seconds"], 2), "peak_mib": round(whole["peak_mib"]), "shape": whole["shape"]}  # fmt: skip
    path.unlink()
    result["pandas_on_a_slice"] = _against_pandas(layout, folder)
    return result


def _against_pandas(layout: str, folder: Path) -> dict:
    """Both on a file with fewer genes: pandas takes twice the text's size in memory."""
    n_genes, n_samples, compressed, _ = LAYOUTS[layout]
    path = folder / ("slice.tsv" + ".gz" * compressed)
    file = generate(path, layout, PANDAS_MIB * 2**20 / (n_samples * 7.7) / n_genes / 2)
    runs = {method: _in_own_process(method, path, layout, file["genes"]) for method in ("pandas", "genex_kedro", "all_genes")}  # fmt: skip
    path.unlink()
    times = {method: {"seconds": round(run["seconds"], 2), "peak_mib": round(run["peak_mib"])} for method, run in runs.items()}  # fmt: skip
    ratio = {method: round(run["seconds"] / runs["pandas"]["seconds"], 3) for method, run in runs.items() if method != "pandas"}  # fmt: skip
    return {"file": file, **times, "ratio_to_pandas": ratio}


def _rounded(values) -> list[float]:
    return [round(value, 2) for value in values]


def machine() -> dict:
    """What the times depend on."""
    names = [line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    gzip_version = subprocess.run(["gzip", "--version"], capture_output=True, text=True, check=True)
    return {
        "processor": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "load_average_before": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("numpy", "pandas", "pyarrow", "isal")},
        "gzip": gzip_version.stdout.splitlines()[0],
    }


def _cpuinfo() -> list[str]:
    listing = Path("/proc/cpuinfo")
    return listing.read_text().splitlines() if listing.is_file() else []


def _say(layout: str, result: dict) -> None:
    ours, file = result["genex_kedro"], result["file"]
    print(f"{layout}: {file['genes']:,} genes x {file['samples']:,} samples, {file['bytes'] / 1e9:.2f} GB, {result['wanted_genes']:,} genes wanted")  # fmt: skip
    print(f"  {result['baseline']['what']:28} {statistics.median(result['baseline']['seconds']):7.2f} s")  # fmt: skip
    print(f"  {'genex_kedro':28} {statistics.median(ours['seconds']):7.2f} s, {ours['peak_mib']} MiB peak: {result['ratio_to_baseline']:.2f} of it")  # fmt: skip
    part = result["pandas_on_a_slice"]
    print(f"  on {part['file']['genes']:,} genes: pandas {part['pandas']['seconds']} s, {part['pandas']['peak_mib']} MiB; genex_kedro {part['genex_kedro']['seconds']} s, {part['genex_kedro']['peak_mib']} MiB, all genes {part['all_genes']['seconds']} s, {part['all_genes']['peak_mib']} MiB")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.02, help="share of the genes to generate")
    parser.add_argument("--folder", type=Path, help="where to put the generated files")
    parser.add_argument("--layouts", nargs="+", choices=LAYOUTS, default=list(LAYOUTS))
    parser.add_argument("--method", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--layout", help=argparse.SUPPRESS)
    parser.add_argument("--genes", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.method:
        print(json.dumps(measure(arguments.method, arguments.file, arguments.layout, arguments.genes)))  # fmt: skip
        return
    result = {"scale": arguments.scale, "machine": machine(), "goal": {"ratio": GOAL_RATIO, "peak_mib": GOAL_MIB}}  # fmt: skip
    folder = Path(tempfile.mkdtemp(prefix="genex-bench-", dir=arguments.folder))
    try:
        for layout in arguments.layouts:
            result[layout] = compare(layout, arguments.scale, folder)
            _say(layout, result[layout])
    finally:
        shutil.rmtree(folder)
    name = "stream_toil_full.json" if arguments.scale == 1 else "stream_toil.json"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / name).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
