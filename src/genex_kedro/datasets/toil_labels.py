"""From Toil's phenotype table to the labels of a cohort."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from genex_kedro.datasets.study_codes import tissue_of_toil_site, tumor_types
from genex_kedro.errors import InputError, some

STUDIES = ("TCGA", "TARGET", "GTEX")
NORMALS = ("Normal Tissue", "Solid Tissue Normal")
DROPPED = ("Cell Line", "Control Analyte")
TUMORS = (
    *("Primary Tumor", "Primary Solid Tumor", "Recurrent Tumor", "Recurrent Solid Tumor"),
    *("Metastatic", "Additional Metastatic", "Additional - New Primary"),
    "Primary Blood Derived Cancer - Peripheral Blood",
    "Primary Blood Derived Cancer - Bone Marrow",
    "Recurrent Blood Derived Cancer - Peripheral Blood",
    "Recurrent Blood Derived Cancer - Bone Marrow",
    "Post treatment Blood Cancer - Bone Marrow",
    "Post treatment Blood Cancer - Blood",
)
# The patient in a barcode: TCGA-XX-XXXX, TARGET-<disease>-XXXXXX, GTEX-<donor>
_PATIENT = r"^(TCGA-[^-]+-[^-]+|TARGET-[^-]+-[^-]+|GTEX-[^-]+)-"


@dataclass
class Labels:
    """``obs`` indexed by sample id, and what was noticed: (check, count, detail)."""

    obs: pd.DataFrame
    notices: list[tuple[str, int, str]] = field(default_factory=list)


def label_samples(phenotype: pd.DataFrame, where: str) -> Labels:
    """Who gave which sample, from where, tumor or normal.

    A tumor is every sample of TCGA or TARGET that is neither normal nor control; a normal is
    GTEx's ``Normal Tissue`` and the others' ``Solid Tissue Normal``. Cell lines and the control
    analyte are left out.

    Parameters
    ----------
    phenotype : DataFrame
        As :func:`~genex_kedro.datasets.toil_files.read_phenotype` gives it.
    where : str
        The file's path, for messages.

    Returns
    -------
    Labels
        ``patient_id, tissue, condition, cohort, source, program, tumor_type`` and, from the
        table, ``sample_type, detailed_category, sex``. ``cohort`` is the TCGA or TARGET code,
        or ``GTEX_<tissue>``.

    Raises
    ------
    InputError
        An unknown study or sample type; a barcode without a patient; a tumor of a disease
        without a code.
    """
    _require_known(phenotype, "study", STUDIES, where)
    _require_known(phenotype, "sample_type", (*NORMALS, *DROPPED, *TUMORS), where)
    dropped = phenotype["sample_type"].isin(DROPPED)
    kept = phenotype[~dropped]
    notices = [
        ("samples left out: " + sample_type, len(rows), some(rows.index))
        for sample_type, rows in phenotype[dropped].groupby("sample_type")
    ]
    obs = pd.DataFrame(index=kept.index)
    obs["patient_id"] = _patients(kept, where)
    obs["tissue"] = _tissues(kept, notices)
    is_normal = kept["sample_type"].isin(NORMALS)
    obs["condition"] = is_normal.map({True: "normal", False: "tumor"})
    codes = _codes(kept, where)
    obs["cohort"] = codes.where(kept["study"] != "GTEX", "GTEX_" + obs["tissue"])
    obs["source"] = obs["program"] = kept["study"]
    obs["tumor_type"] = codes.where(~is_normal, "")
    for column in ("sample_type", "detailed_category", "sex"):
        obs[column] = kept[column]
    return Labels(obs, notices)


def _patients(kept: pd.DataFrame, where: str) -> pd.Series:
    samples = kept.index.to_series()
    patients = samples.str.extract(_PATIENT, expand=False)
    if len(nameless := kept.index[patients.isna()]):
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
    known = tissue_of_toil_site()
    new = sorted(set(site) - set(known) - {""})
    if new:
        notices.append(("primary sites not in the table of tissues", len(new), f"each a tissue of its own: {some(new)}"))  # fmt: skip
    return site.map(lambda name: known.get(name, name.lower()))


def _codes(kept: pd.DataFrame, where: str) -> pd.Series:
    """The code of each TCGA or TARGET sample's disease; empty for GTEx."""
    table = tumor_types()
    keys = table["program"] + "\t" + table["disease"].str.lower()
    code_of = dict(zip(keys, table["tumor_type"], strict=True))
    codes = (kept["study"] + "\t" + kept["disease"].str.lower()).map(code_of).fillna("")
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


def _require_known(phenotype: pd.DataFrame, column: str, known: tuple, where: str) -> None:
    unknown = ~phenotype[column].isin(known)
    if unknown.any():
        values = phenotype.loc[unknown, column].unique()
        raise InputError(
            where=f"{where}, column '_{column}'",
            found=f"{some([repr(value) for value in values])} in {int(unknown.sum())} samples, "
            f"first in {phenotype.index[unknown][0]}",
            expected=f"one of {', '.join(known)}",
            remedy="Restore the published table, or remove those rows: tumor and normal are told by this column.",
        )
