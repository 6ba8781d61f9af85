"""The language of an operator's words, for what is written later on their behalf."""

from __future__ import annotations

import re
from typing import Literal

_CHINESE = re.compile(r"[\u3400-\u9fff]")


def language_of(text: str) -> Literal["en", "zh"]:
    """Chinese where the words hold any, else English.

    >>> language_of("refund rate 超过5%就提醒我"), language_of("every monday at 8")
    ('zh', 'en')
    """
    return "zh" if _CHINESE.search(text) else "en"
