"""How a user's mistake is worded: where, what was found, what was expected, what to do."""


class InputError(ValueError):
    """Something a user gave cannot be used.

    Raised for files, tables, parameters and requests; the session prints it without a traceback.

    Parameters
    ----------
    where : str
        The file, and the row, column or parameter in it (``"counts.tsv, row 14, column 'TP53'"``).
    found : str
        What is there (``"'abc'"``, ``"3 duplicated sample ids: S1, S7, S9"``).
    expected : str
        What should be there (``"a number"``).
    remedy : str
        What the user can do about it, as a full sentence.
    """

    def __init__(self, *, where: str, found: str, expected: str, remedy: str) -> None:
        self.where, self.found, self.expected, self.remedy = where, found, expected, remedy
        super().__init__(
            f"{where}\n  found:    {found}\n  expected: {expected}\n  to do:    {remedy}"
        )


def some(items, limit: int = 5) -> str:
    """The first few of many items, for a message: ``"A, B, C, ... (12 in all)"``."""
    items = [str(item) for item in items]
    if len(items) <= limit:
        return ", ".join(items)
    return f"{', '.join(items[:limit])}, ... ({len(items)} in all)"
