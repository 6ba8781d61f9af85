"""English grammar of labels: plurals, was or were, most or highest. Chinese needs none."""

from __future__ import annotations

from collections.abc import Sequence

from tools.evidence import Unit

_HEAD_ENDS = (" sold", " per ", " of ", " before ", " in ", " by ")


def plural(noun: str) -> str:
    """The plural of a dimension's label.

    >>> [plural(n) for n in ("category", "hour of day", "marital status", "kids", "weekend or weekday")]
    ['categories', 'hours of day', 'marital statuses', 'kids', 'weekends or weekdays']
    """
    if " or " in noun:
        return " or ".join(plural(part) for part in noun.split(" or "))
    head, of, rest = noun.partition(" of ")
    if head.endswith("y") and head[-2:-1] not in "aeiou":
        head = f"{head[:-1]}ies"
    elif head.endswith(("us", "ss", "x", "ch", "sh")):
        head = f"{head}es"
    elif not head.endswith("s"):
        head = f"{head}s"
    return f"{head}{of}{rest}"


def is_plural(label: str) -> bool:
    """Whether a metric's label is a plural: its head noun ends in s.

    >>> [is_plural(n) for n in ("orders", "units sold", "revenue", "number of campaigns", "sales before discounts")]
    [True, True, False, False, True]
    """
    ends = [position for word in _HEAD_ENDS if (position := label.find(word)) > 0]
    return label[: min(ends, default=len(label))].endswith("s")


def was(label: str) -> str:
    """ "was" or "were", after a metric's label."""
    return "were" if is_plural(label) else "was"


def superlative(label: str, unit: Unit, low: bool) -> str:
    """Things that are counted are the most or the fewest; amounts are the highest or the lowest.

    >>> superlative("orders", "count", low=False), superlative("revenue", "currency", low=True)
    ('most', 'lowest')
    """
    counted = unit == "count" and is_plural(label)
    return ("fewest" if counted else "lowest") if low else ("most" if counted else "highest")


def listed(words: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def first_up(text: str) -> str:
    """The text as it begins a sentence."""
    return text[:1].upper() + text[1:]
