"""From the barcodes of the Pan-Cancer Atlas to the labels of a cohort."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genex_kedro.barcodes import parse_barcodes, with_dashes
from genex_kedro.errors import InputError, some

_SAMPLE_LENGTH = 15  # of TCGA-XX-XXXX-01: what counts as one sample


def label_barcodes(barcodes: list[str], where: str) -> pd.DataFrame:
    """What each column is, by its barcode alone.

    Parameters
    ----------
    barcodes : list of str, length n_columns
        Whole aliquot barcodes or their first 15 characters.
    where : str
        The file's path, for messages.

    Returns
    -------
    DataFrame, shape (n_columns, 9), in the order of the columns
        ``sample, aliquot, patient_id, tissue, condition, cohort, source, tumor_type,
        sample_type``; ``condition`` is empty for controls, ``tumor_type`` for all but tumors.

    Raises
    ------
    InputError
        No TCGA barcode; a source site or sample type that is not in the code tables.
    """
    said = parse_barcodes(barcodes).reset_index(drop=True)
    no_sample = (said["program"] != "TCGA") | (said["sample_type_code"] == "")
    _refuse(
        barcodes,
        no_sample,
        "names that are no TCGA barcodes",
        "TCGA-XX-XXXX-01 or a whole aliquot barcode",
        where,
    )
    # sites of cell lines have controls only, and these no tissue
    no_study = (said["tissue"] == "") & ((said["condition"] != "") | (said["tcga_code"] == ""))
    _refuse(
        barcodes,
        no_study,
        "barcodes of source sites without a tumor type",
        "a tissue source site of TCGA",
        where,
    )
    _refuse(
        barcodes,
        said["sample_type"] == "",
        "barcodes of unknown sample types",
        "a sample type such as 01 or 11",
        where,
    )
    labels = said[["patient_id", "tissue", "condition", "cohort", "sample_type"]]
    return labels.assign(
        sample=said["patient_id"] + "-" + said["sample_type_code"],
        aliquot=with_dashes(barcodes),
        source="TCGA",
        tumor_type=said["cohort"].where(said["condition"] == "tumor", ""),
    )


def choose_samples(labels: pd.DataFrame, keep_normals: bool) -> tuple[np.ndarray, list]:
    """The columns to read: one aliquot a sample, no controls, normals only if wanted.

    Of two aliquots the one of the earlier vial stays (``01A`` before ``01B``, which often is a
    second, fixed piece), and within a vial the one whose barcode sorts last: the later plate, as
    Broad's Firehose chose.

    Parameters
    ----------
    labels : DataFrame
        Of :func:`label_barcodes`.
    keep_normals : bool

    Returns
    -------
    columns : ndarray of int, in the order of the file
    notices : list of (check, count, detail)
    """
    notices = []
    latest = labels.sort_values("aliquot", ascending=False, kind="stable")
    vial = latest["aliquot"].str[_SAMPLE_LENGTH : _SAMPLE_LENGTH + 1]
    latest = latest.iloc[np.argsort(vial, kind="stable")]
    repeated = latest["sample"].duplicated()
    if repeated.any():
        notices.append(
            (
                "aliquots left out: another of the same sample stays",
                int(repeated.sum()),
                f"earliest vial, then latest plate; left out {some(latest['aliquot'][repeated], 12)}",
            )
        )
    kept = labels.drop(index=latest.index[repeated])
    is_control = kept["condition"] == ""
    if is_control.any():
        notices.append(
            (
                "samples left out: neither tumor nor normal",
                int(is_control.sum()),
                some(kept["sample"][is_control]),
            )
        )
    is_normal = kept["condition"] == "normal"
    if not keep_normals and is_normal.any():
        notices.append(
            (
                "samples left out: adjacent normals",
                int(is_normal.sum()),
                "a tumor type with normals in it is none; pancan.keep_normals=true keeps them",
            )
        )
        kept = kept[~is_normal]
    return kept.index[kept["condition"] != ""].to_numpy(), notices


def _refuse(barcodes: list[str], is_wrong: pd.Series, found: str, expected: str, where: str):
    wrong = [barcode for barcode, bad in zip(barcodes, is_wrong, strict=True) if bad]
    if wrong:
        raise InputError(
            where=f"{where}, samples",
            found=f"{len(wrong)} {found}: {some(wrong)}",
            expected=expected,
            remedy="Fetch the published file again; other tables are read with --env table.",
        )
