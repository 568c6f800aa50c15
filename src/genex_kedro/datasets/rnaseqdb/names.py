"""The 52 files of RNAseqDB by name: which there are, and whose samples each one holds.

A file is called ``<code>-rsem-fpkm-<kind>.txt.gz``. Source: Wang et al. 2018, Sci Data 5:180061,
folder ``data/normalized`` of the project's repository.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from genex_kedro.barcodes import parse_barcodes
from genex_kedro.errors import InputError, some

# The tissue whose GTEx samples each TCGA cohort was corrected against by ComBat (the project's
# tissue-conf.txt), so that a tumor and the normals it is compared with share a label. Two need
# a word: head and neck went with the salivary gland, the nearest tissue GTEx has; oesophagus is
# listed with three parts and the published mapping keeps the last one, the muscularis.
# All others are the words of `genex_kedro.barcodes`.
TISSUE_OF_COHORT = {
    "blca": "bladder",
    "brca": "breast",
    "cesc": "cervix",
    "chol": "liver",
    "coad": "colon",
    "esca": "esophagus_mus",
    "hnsc": "salivary",
    "kich": "kidney",
    "kirc": "kidney",
    "kirp": "kidney",
    "lihc": "liver",
    "luad": "lung",
    "lusc": "lung",
    "prad": "prostate",
    "read": "colon",
    "stad": "stomach",
    "thca": "thyroid",
    "ucec": "uterus",
    "ucs": "uterus",
}
GTEX_TISSUES = (
    *("bladder", "breast", "cervix", "colon", "esophagus_gas", "esophagus_muc", "esophagus_mus"),
    *("kidney", "liver", "lung", "prostate", "salivary", "stomach", "thyroid", "uterus"),
)
_PLACES = (".", "normalized", "data/normalized")  # the folder itself, or RNAseqDB's own tree
_UNFINISHED = ".gz.part"  # left by a download that was interrupted
_NO_NORMALS = ("ucs",)  # uterine carcinosarcoma has no adjacent normal samples
FILE_NAMES = tuple(
    f"{code}-rsem-fpkm-{kind}.txt.gz"
    for kind, codes in {
        "gtex": GTEX_TISSUES,
        "tcga": [code for code in TISSUE_OF_COHORT if code not in _NO_NORMALS],
        "tcga-t": TISSUE_OF_COHORT,
    }.items()
    for code in codes
)


@dataclass(frozen=True)
class RnaseqdbFile:
    """One of the files, by its name: whose samples they are.

    Attributes
    ----------
    path : Path
    code : str
        TCGA code or GTEx tissue, lower-case (``"luad"``, ``"kidney"``).
    kind : str
        ``gtex``, ``tcga`` (adjacent normal) or ``tcga-t`` (tumor).
    """

    path: Path
    code: str
    kind: str

    @property
    def labels(self) -> dict[str, str]:
        """``tissue, condition, cohort, source, tumor_type`` of every sample in the file."""
        gtex, tumor = self.kind == "gtex", self.kind == "tcga-t"
        return {
            "tissue": self.code if gtex else TISSUE_OF_COHORT[self.code],
            "condition": "tumor" if tumor else "normal",
            "cohort": f"GTEX_{self.code}" if gtex else self.code.upper(),
            "source": "GTEX" if gtex else "TCGA",
            "tumor_type": self.code.upper() if tumor else "",
        }

    def patients(self, barcodes: list[str]) -> list[str]:
        """``TCGA-XX-XXXX`` or ``GTEX-<donor>`` of each barcode, in order.

        Raises
        ------
        InputError
            A barcode that is none, or whose sample type contradicts the file's name.
        """
        said, labels = parse_barcodes(barcodes), self.labels
        right = (said["program"] == labels["source"]) & (said["condition"] == labels["condition"])
        wrong = said.index[~right]
        if len(wrong):
            shape = {"gtex": "GTEX-<donor>-...", "tcga": "TCGA-XX-XXXX-11..."}
            raise InputError(
                where=f"{self.path}, header",
                found=f"{len(wrong)} other sample names: {some(wrong)}",
                expected=f"barcodes like {shape.get(self.kind, 'TCGA-XX-XXXX-01...')}, as the file's name says",
                remedy="Fetch the file again under its own name; the name decides tumor or normal.",
            )
        return said["patient_id"].tolist()


def parse_file_name(path: Path) -> RnaseqdbFile:
    """The file that a name stands for.

    Raises
    ------
    InputError
        The name is none of :data:`FILE_NAMES`.
    """
    if path.name not in FILE_NAMES:
        near = difflib.get_close_matches(path.name, FILE_NAMES, n=1)
        raise InputError(
            where=str(path),
            found="a file that is none of RNAseqDB's 52",
            expected=f"{near[0]}" if near else "<code>-rsem-fpkm-<gtex|tcga|tcga-t>.txt.gz",
            remedy="Give the file its original name, or move it out of the folder.",
        )
    code, kind = path.name.removesuffix(".txt.gz").split("-rsem-fpkm-")
    return RnaseqdbFile(path, code, kind)


def table_paths(folder: Path) -> list[Path]:
    """Whatever looks like a table: RNAseqDB's own README and lists may lie beside the files."""
    return sorted(
        (
            path
            for place in _PLACES
            for path in (folder / place).glob("*")
            if path.is_file()
            and (path.suffix == ".gz" or "-rsem-" in path.name)
            and not (path.name.startswith(".") or _UNFINISHED in path.name)
        ),
        key=lambda path: path.name,
    )


def home_of(folder: Path) -> Path:
    """The folder itself, or the one in it where RNAseqDB's own tree has the files."""
    homes = (folder / place for place in _PLACES)
    return next((home for home in homes if any(home.glob("*-rsem-fpkm-*"))), folder)


def find_files(folder: Path, names: Sequence[str] | None = None) -> list[RnaseqdbFile]:
    """The RNAseqDB files of a folder, by name.

    Parameters
    ----------
    folder : Path
    names : sequence of str, optional
        Only these.

    Raises
    ------
    InputError
        No file, an unknown one, one of `names` missing, or the same one in the folder and in
        ``normalized``.
    """
    paths = table_paths(folder)
    if names:
        paths = [path for path in paths if path.name in names]
        _require_all(names, paths, folder)
    if not paths:
        raise InputError(
            where=f"{folder} (parameter rnaseqdb.folder)",
            found="no RNAseqDB file" if folder.is_dir() else "no such folder",
            expected=f"some of the 52 files, such as {FILE_NAMES[0]}",
            remedy="Give the folder that holds them, or one with a folder 'normalized' in it.",
        )
    twice = [a for a, b in pairwise(paths) if a.name == b.name]
    if twice:
        raise InputError(
            where=str(folder),
            found=f"{some([path.name for path in twice])} in the folder and in 'normalized'",
            expected="every file once",
            remedy="Remove one of the copies, or name the inner folder.",
        )
    return [parse_file_name(path) for path in paths]


def _require_all(names: Sequence[str], paths: list[Path], folder: Path) -> None:
    missing = sorted(set(names) - {path.name for path in paths})
    if missing:
        raise InputError(
            where=f"{folder} (parameter rnaseqdb.files)",
            found=f"not there: {some(missing)}",
            expected=f"the {len(names)} files that were named",
            remedy="Correct the names, or have the files fetched: --params rnaseqdb.download=true.",
        )
