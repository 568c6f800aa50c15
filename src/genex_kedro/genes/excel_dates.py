"""Gene symbols that a spreadsheet turned into dates (Ziemann et al. 2016, Genome Biol 17:177)."""

from __future__ import annotations

import re

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# What a spreadsheet takes for the name of a month, as symbols begin.
_PREFIXES = {
    2: ("FEB",),
    3: ("MARCH", "MARC", "MAR"),
    4: ("APR",),
    9: ("SEPT", "SEP"),
    10: ("OCT",),
    11: ("NOV",),
    12: ("DEC",),
}
_DAY_MONTH = re.compile(r"(\d{1,2})[-/. ]([A-Za-z]{3,9})\.?")
_MONTH_YEAR = re.compile(r"([A-Za-z]{3,9})\.?[-/. ](\d{1,2})")
_ISO = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})(?:[ T]00:00:00)?")


def symbols_behind(name: str) -> list[str]:
    """The symbols that a spreadsheet may have turned into `name`; empty where it is no date.

    ``1-Sep`` and ``Sep-01`` are SEPT1 or SEP1. In ``2002-09-01`` the number may be the day, or
    the last digits of the year, so both are given.
    """
    name = name.strip()
    if match := _DAY_MONTH.fullmatch(name):
        return _symbols(match[2], {int(match[1])})
    if match := _MONTH_YEAR.fullmatch(name):
        return _symbols(match[1], {int(match[2])})
    if match := _ISO.fullmatch(name):
        year, month, day = (int(part) for part in match.groups())
        return _symbols(month, {day, year % 100} if day == 1 else {day})
    return []


def _symbols(month: str | int, numbers: set[int]) -> list[str]:
    if isinstance(month, str):
        short = month[:3].lower()
        month = _MONTHS.index(short) + 1 if short in _MONTHS else 0
    return [
        f"{prefix}{number}" for prefix in _PREFIXES.get(month, ()) for number in sorted(numbers)
    ]
