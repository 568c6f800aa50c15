"""From Toil's phenotype table to the labels of a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from genex_kedro.barcodes import (
    NORMALS_OF_OTHER_ORGANS,
    cohort_of_disease,
    condition_of_sample_type,
    parse_barcodes,
    sample_types,
    tissue_of_primary_site,
)
from genex_kedro.errors import InputError, some

STUDIES = ("TCGA", "TARGET", "GTEX")


@dataclass
class Labels:
    """``obs`` indexed by sample id, and what was noticed: (check, count, detail)."""

    obs: pd.DataFrame
    notices: list[tuple[str, int, str]] = field(default_factory=list)


def label_samples(phenotype: pd.DataFrame, where: str) -> Labels:
    """Who gave which sample, from where, tumor or normal.

    The sample type tells tumor from normal; cell lines and the control analyte are left out.

    Parameters
    ----------
    phenotype : DataFrame
        As :func:`~genex_kedro.datasets.toil.files.read_phenotype` gives it.
    where : str
        The file's path, for messages.

    Returns
    -------
    Labels
        ``patient_id, tissue, condition, cohort, source, program, tumor_type`` and, from the
        table, ``sample_type, detailed_category, sex``. ``cohort`` is the TCGA code,
        ``TARGET_<disease>`` or ``GTEX_<tissue>``.

    Raises
    ------
    InputError
        An unknown study or sample type; a barcode without a patient; a tumor of a disease
        without a code.
    """
    _require_known(phenotype, "study", STUDIES, where)
    _require_known(phenotype, "sample_type", _sample_types(), where)
    condition = phenotype["sample_type"].str.lower().map(condition_of_sample_type())
    dropped = condition == ""
    kept = phenotype[~dropped]
    notices = [
        ("samples left out: " + sample_type, len(rows), some(rows.index))
        for sample_type, rows in phenotype[dropped].groupby("sample_type")
    ]
    obs = pd.DataFrame(index=kept.index)
    obs["patient_id"] = _patients(kept, where)
    obs["tissue"] = _tissues(kept, notices)
    obs["condition"] = condition[~dropped]
    codes = _codes(kept, where)
    obs["cohort"] = codes.where(kept["study"] != "GTEX", "GTEX_" + obs["tissue"])
    obs["source"] = obs["program"] = kept["study"]
    obs["tumor_type"] = codes.where(obs["condition"] == "tumor", "")
    for column in ("sample_type", "detailed_category", "sex"):
        obs[column] = kept[column]
    return Labels(obs, notices)


def _sample_types() -> list[str]:
    """In lower case, all that may stand here: normals of other organs would need another tissue."""
    others = sample_types().loc[list(NORMALS_OF_OTHER_ORGANS), "sample_type"].str.lower()
    return [name for name in condition_of_sample_type() if name not in set(others)]


def _patients(kept: pd.DataFrame, where: str) -> pd.Series:
    patients = parse_barcodes(kept.index)["patient_id"]
    if len(nameless := kept.index[patients == ""]):
        raise InputError(
            where=f"{where}, column 'sample'",
            found=f"{len(nameless)} sample ids without a patient: {some(nameless)}",
            expected="TCGA-XX-XXXX-..., TARGET-XX-XXXXXX-... or GTEX-<donor>-...",
            remedy="Restore the barcodes of the published table; a split by patient needs them.",
        )
    return patients


def _tissues(kept: pd.DataFrame, notices: list) -> pd.Series:
    """The tissue of the site; where the site is empty, of the first word of the category."""
    site = kept["site"].where(kept["site"] != "", kept["disease"].str.split(" - ").str[0])
    filled = kept.index[(kept["site"] == "") & (site != "")]
    if len(filled):
        detail = f"taken from 'primary disease or tissue': {some(filled)}"
        notices.append(("samples without a primary site", len(filled), detail))
    known = tissue_of_primary_site()
    new = sorted({name for name in site if name and name.lower() not in known})
    if new:
        notices.append(
            (
                "primary sites not in the table of tissues",
                len(new),
                f"each a tissue of its own: {some(new)}",
            )
        )
    return site.str.lower().map(lambda name: known.get(name, name))


def _codes(kept: pd.DataFrame, where: str) -> pd.Series:
    """The code of each TCGA or TARGET sample's disease; empty for GTEx."""
    known = cohort_of_disease()
    diseases = zip(kept["study"], kept["disease"].str.lower(), strict=True)
    codes = pd.Series([known.get(disease, "") for disease in diseases], kept.index, dtype=object)
    uncoded = (codes == "") & (kept["study"] != "GTEX")
    if uncoded.any():
        diseases = sorted(kept.loc[uncoded, "disease"].unique())
        raise InputError(
            where=f"{where}, column 'primary disease or tissue'",
            found=f"{some([repr(name) for name in diseases])} in {int(uncoded.sum())} samples, "
            f"first in {kept.index[uncoded][0]}",
            expected="a disease of TCGA or TARGET, such as 'Breast Invasive Carcinoma'",
            remedy="Restore the published table, or remove those rows from it.",
        )
    return codes


def _require_known(phenotype: pd.DataFrame, column: str, known: Sequence[str], where: str) -> None:
    unknown = ~phenotype[column].str.lower().isin(map(str.lower, known))
    if unknown.any():
        values = phenotype.loc[unknown, column].unique()
        raise InputError(
            where=f"{where}, column '_{column}'",
            found=f"{some([repr(value) for value in values])} in {int(unknown.sum())} samples, "
            f"first in {phenotype.index[unknown][0]}",
            expected=f"one of {', '.join(known)}",
            remedy="Restore the published table, or remove those rows: tumor and normal are told by this column.",
        )
