"""The public files: where they lie, how large they are, and what their digests must be."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.resources import files

import pandas as pd

from genex_kedro.errors import InputError, some


@dataclass(frozen=True)
class Source:
    """One public file.

    Attributes
    ----------
    name : str
        What the file is called in a folder.
    url : str
    size : int or None
        Bytes; None where unknown.
    collection : str
        ``toil``, ``rnaseqdb`` or ``pancan``; empty for a file of none.
    sha256, md5, git_blob_sha1 : str
        Digests in hex, empty where unknown. A file of which none is known must be gzip, whose
        own checksum then tells whether it is whole.
    """

    name: str
    url: str
    size: int | None = None
    sha256: str = ""
    md5: str = ""
    git_blob_sha1: str = ""
    collection: str = ""

    @property
    def digest(self) -> tuple[str, str]:
        """The strongest known digest, ``("sha256", "a8c3...")``; two empty texts without one."""
        for kind in ("sha256", "md5", "git_blob_sha1"):
            if value := getattr(self, kind):
                return kind, value
        return "", ""


@functools.cache
def public_files(collection: str) -> dict[str, Source]:
    """The files of ``toil``, ``rnaseqdb`` or ``pancan`` by name; do not change the dict.

    Raises
    ------
    InputError
        Another collection.
    """
    with (files("genex_kedro.datasets.downloads") / "resources" / "sources.tsv").open(
        "rb"
    ) as handle:
        table = pd.read_csv(handle, sep="\t", dtype=str, keep_default_na=False)
    known = sorted(table["collection"].unique())
    if collection not in known:
        raise InputError(
            where="collection of public files",
            found=repr(collection),
            expected=f"one of {', '.join(known)}",
            remedy="Name one of these.",
        )
    rows = table[table["collection"] == collection]
    return {
        row["name"]: Source(**(row | {"size": int(row["size"]) if row["size"] else None}))
        for row in rows.to_dict("records")
    }


def choose_files(collection: str, names: list[str] | None = None) -> list[Source]:
    """The named files of a collection, or all of them.

    Raises
    ------
    InputError
        A name that the collection does not have.
    """
    known = public_files(collection)
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise InputError(
            where=f"parameter {collection}.files",
            found=f"{some(unknown)}, of no such collection",
            expected=f"names among its {len(known)} files: {some(known, 3)}",
            remedy="Correct the names, or leave the parameter out to take all files.",
        )
    return [known[name] for name in names] if names else list(known.values())
