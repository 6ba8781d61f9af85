"""The nearest known word to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

CUTOFF = 0.6


def nearest(word: object, known: Iterable[object]) -> str | None:
    """The known word most like ``word``, None when none is close; case does not count.

    >>> nearest("sale_value", ["sales_value", "quantity"])
    'sales_value'
    """
    spelled = {str(item).lower(): str(item) for item in known}
    close = get_close_matches(str(word).lower(), spelled, n=1, cutoff=CUTOFF)
    return spelled[close[0]] if close else None


def suggestion(word: object, known: Iterable[object]) -> str:
    """``"; did you mean 'x'?"`` for the end of a sentence, or nothing."""
    found = nearest(word, known)
    return f"; did you mean '{found}'?" if found else ""
