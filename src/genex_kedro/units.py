"""The units expression comes in, how to tell them apart, and which values each allows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from genex_kedro.errors import InputError, some

UNITS = ("log2(x+1)", "log2(tpm+0.001)", "linear")
STUDY_UNIT = "log2(x+1)"
FLOOR = {"log2(x+1)": 0.0, "log2(tpm+0.001)": float(np.log2(0.001)), "linear": 0.0}
_ADDED = {"log2(x+1)": 1.0, "log2(tpm+0.001)": 0.001}  # before the logarithm
LOG_CEILING = 40.0  # 2**40 FPKM is far beyond any instrument: the values are not logarithms
_LOG_USUAL = 25.0  # below it a whole table is logarithms; linear tables reach the thousands
_TOLERANCE = 1e-3  # printed values carry four decimals


def guess_unit(values: np.ndarray) -> str | None:
    """The unit that the values allow, or None where they allow none or more than one.

    The floor gives it away: zero TPM is printed -9.9658 in log2(tpm+0.001); a minimum of 0
    and a maximum below 25 is log2(x+1); a maximum above 100 is linear, unless all are whole
    numbers (:func:`are_counts`).

    Parameters
    ----------
    values : ndarray, any shape
        NaN is left aside.
    """
    if not np.isfinite(values).any():
        return None
    low, high = np.nanmin(values), np.nanmax(values)
    if abs(low - FLOOR["log2(tpm+0.001)"]) < _TOLERANCE and high < LOG_CEILING:
        return "log2(tpm+0.001)"
    if low >= -_TOLERANCE and high < _LOG_USUAL:
        return "log2(x+1)"
    if low >= 0 and high > 100 and not are_counts(values):
        return "linear"
    return None


def are_counts(values: np.ndarray) -> bool:
    """Whether all values are whole numbers, some above 100: reads, not yet expression.

    Libraries differ in size by factors of ten and more; a logarithm of counts would compare
    sequencing depths.
    """
    known = values[np.isfinite(values)]
    return bool(known.size and known.max() > 100 and (known == np.rint(known)).all())


def check_values(
    values: np.ndarray, unit: str | None, samples: Sequence, genes: Sequence, where: str
) -> None:
    """Refuse values that contradict the unit, and samples without any value.

    A gene without any value is no error: a laboratory may not have measured it at all.

    Parameters
    ----------
    values : ndarray, shape (n_samples, n_genes)
    unit : str
        One of :data:`UNITS`.
    samples, genes : sequence of str
        What to call the rows and columns in an error.
    where : str
        The file's path.

    Raises
    ------
    InputError
        Unknown unit; a sample all NaN; infinities; values below the unit's floor or
        above what logarithms reach; logarithms stated to be linear.
    """
    require_unit(unit, where)
    _require_some_value(values, samples, where)

    def refuse(bad: np.ndarray, found: str, expected: str, remedy: str) -> None:
        if bad.any():
            places = (f"{samples[i]}/{genes[j]}={values[i, j]:g}" for i, j in first_places(bad))
            found = f"{np.count_nonzero(bad)} {found}, first {', '.join(places)}"
            raise InputError(where=where, found=found, expected=expected, remedy=remedy)

    refuse(
        np.isinf(values),
        "infinite values",
        "finite numbers",
        "Look for a logarithm of zero or an overflow in the pipeline that made the file.",
    )
    refuse(
        values < FLOOR[unit] - _TOLERANCE,
        f"values below {FLOOR[unit]:g}",
        f"none in {unit}: its smallest value is {FLOOR[unit]:g}",
        "Set cohort.unit to the real unit, or undo the centring: expression before scaling is needed.",
    )
    if unit != "linear":
        refuse(
            values > LOG_CEILING,
            f"values above {LOG_CEILING:g}",
            f"logarithms, as the unit {unit} says",
            "If no logarithm was taken yet, set cohort.unit=linear.",
        )
    elif (highest := np.nanmax(values, initial=0)) < _LOG_USUAL:
        raise InputError(
            where=f"{where}, unit",
            found=f"'linear', but no value above {highest:.1f}",
            expected="linear expression (its largest values are in the thousands)",
            remedy="A logarithm was taken already: set cohort.unit='log2(x+1)'. It is never taken twice.",
        )


def from_study_unit(values: np.ndarray, unit: str) -> np.ndarray:
    """Expression in log2(x+1) in another unit; float32, of the same shape.

    Parameters
    ----------
    values : ndarray
        log2(x+1), none below 0.
    unit : str
        One of :data:`UNITS`. For ``log2(tpm+0.001)`` x must be TPM, which no value tells.
    """
    if unit == STUDY_UNIT:
        return values.astype(np.float32)
    return from_linear(to_linear(values.astype(np.float64), STUDY_UNIT), unit).astype(np.float32)


def to_linear(values: np.ndarray, unit: str) -> np.ndarray:
    """Undo the logarithm of a unit, in the values' own precision; NaN stays.

    A logarithm printed with four decimals may stand for a little less than nothing: 0.
    """
    if unit == "linear":
        return values
    return np.maximum(np.exp2(values) - _ADDED[unit], 0)


def from_linear(values: np.ndarray, unit: str) -> np.ndarray:
    """Expression, none below 0, in a unit, in the values' own precision; NaN stays."""
    return values if unit == "linear" else np.log2(values + _ADDED[unit])


def require_unit(unit: str | None, where: str) -> None:
    """Refuse a unit that is none of :data:`UNITS` with an InputError."""
    if unit not in UNITS:
        raise InputError(
            where=f"{where}, unit",
            found=repr(unit),
            expected=" or ".join(UNITS),
            remedy="State the unit of the values: --params cohort.unit=linear (or one of the others).",
        )


def first_places(bad: np.ndarray, limit: int = 3) -> list[tuple[int, int]]:
    """The first few (row, column) where `bad` is true, without listing all of them."""
    rows = np.flatnonzero(bad.any(axis=1))[:limit]
    return [(i, j) for i in rows for j in np.flatnonzero(bad[i])[:limit]][:limit]


def _require_some_value(values: np.ndarray, samples: Sequence, where: str) -> None:
    empty = np.flatnonzero(np.isnan(values).all(axis=1))
    if len(empty):
        raise InputError(
            where=where,
            found=f"{len(empty)} samples without any value: {some(samples[row] for row in empty)}",
            expected="at least one number for every sample",
            remedy="Leave those samples out of the table; they say nothing and are never filled in.",
        )
