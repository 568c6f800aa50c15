"""What every refusal of a file must say."""

import pytest

from genex_kedro.errors import InputError


def assert_refused(read, pieces):
    """Call `read` and judge its InputError: all four parts, and these pieces in the text."""
    with pytest.raises(InputError) as refusal:
        read()
    error = refusal.value
    for piece in pieces:
        assert piece in str(error), str(error)
    assert all((error.where, error.found, error.expected, error.remedy))
    assert error.remedy[0].isupper()
