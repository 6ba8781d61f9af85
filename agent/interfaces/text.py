"""Text on its way to a terminal: nothing in a question or a cell may steer it."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and newline, the separators of lines, and what turns the direction of writing around.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """``text`` without what moves the cursor, colours, rings or turns the writing around.

    >>> printable("a\\x1b[31mb")
    'a[31mb'
    """
    return _CONTROLS.sub("", text)


def one_line(text: str) -> str:
    """``printable`` on one line.

    >>> one_line("a\\n  b")
    'a b'
    """
    return " ".join(printable(text).split())
