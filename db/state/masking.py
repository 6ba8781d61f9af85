"""Personal data out of free text, before anything is stored.

E-mail addresses, payment card numbers and telephone numbers are replaced by a mark. Names of people are not attempted:
no rule tells "Rose" the customer from rosé the wine, and a rule that half works would be trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Full-width forms are the same characters to the person who typed them; one for one, so offsets agree.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]++@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII | re.IGNORECASE)
_CARD = re.compile(r"(?<![\d.,])\d(?:[ -]?\d){12,18}(?![\d])", re.ASCII)
# Telephone numbers as people write them. Bare runs of digits are left alone, for they are mostly amounts and ids, save
# the Chinese mobile number, which is told by its first two digits and its length.
_PHONE = re.compile(
    r"(?<![\w.])\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,5}(?:[ .-]?\d{2,5}){1,4}(?!\d)"  # +44 20 7946 0958
    r"|(?<!\w)\(\d{3}\) ?\d{3}[ .-]?\d{4}(?!\d)"  # (513) 555-0142
    r"|(?<![\w.-])(?:1[ .-])?\d{3}([ .-])\d{3}\1\d{4}(?![\d-])"  # 513-555-0142
    r"|(?<![\w.-])0\d{2,3}-\d{7,8}(?!\d)"  # 010-65550142
    r"|(?<![a-z\d.,])1[3-9]\d([ -]?)\d{4}\2\d{4}(?!\d)",  # 13800138000
    re.ASCII,
)


def mask_personal(text: str) -> str:
    """The text with e-mail addresses, card numbers and telephone numbers replaced; all else as it was.

    >>> mask_personal("orders of ann@example.com, 513-555-0142, card 4111 1111 1111 1111 in 2017-11-02")
    'orders of [email], [phone], card [card] in 2017-11-02'
    """
    for mark, spans in (("[email]", _emails), ("[card]", _cards), ("[phone]", _phones)):
        for start, end in reversed(list(spans(text.translate(_HALF_WIDTH)))):
            text = text[:start] + mark + text[end:]
    return text


def holds_personal(text: str) -> bool:
    """Whether :func:`mask_personal` would change it."""
    return mask_personal(text) != text


def _emails(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _EMAIL.finditer(text))


def _cards(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _CARD.finditer(text) if _luhn(match[0]))


def _phones(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _PHONE.finditer(text))


def _luhn(written: str) -> bool:
    """The check digit that every payment card carries (ISO/IEC 7812-1)."""
    digits = [int(c) for c in reversed(written) if c.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
