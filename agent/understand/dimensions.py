"""Which dimension a clause splits its figure by where none of its words says so ("how do people find us").

A classifier (:mod:`models.routing`) sees the clause without its periods. It was trained on the questions of
``prompts/splits.yaml`` (``agent.evaluation.dimensions``), over the encoder of the other classifiers as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.understand.amounts import Span
from agent.understand.lexicon import Lexicon
from agent.understand.meaning import Chances, Router
from agent.understand.metrics import metric_marks
from agent.understand.modifiers import Reader

WEIGHTS = "splits.weights.npz"
NONE = "none"  # of clauses that split nothing
MEANT = 0.8  # from this chance on a split that no word names is meant; measured in docs/adr/016
CUED, CUED_NONE = 0.5, 0.25  # and from this one on, with at most that chance of none, behind a word that parts figures
_CUE = re.compile(
    r"\b(?:by|per|each|every|which|what|across|between|depending on|according to|var(?:y|ies)|split|break|[a-z]+ by [a-z]+|the \d+)\b"
    r"|[各每哪按分]|不同|什么|谁",
    re.ASCII,
)
_ALL_TOLD = re.compile(r"\b(?:in all|altogether|all told|combined)\b|一共|总共|合计|都算", re.ASCII)


def split_chances(router: Router, text: str, periods: Sequence[Span]) -> Chances:
    """The chance of each dimension, and of no split at all, likeliest first.

    Args:
        text: the clause, normalised.
        periods: where its periods stand.
    """
    plain = without_periods(text, periods)
    return router.classified(WEIGHTS, plain, lambda: split_marks(plain, router.lexicon))


def meant_split(chances: Chances, text: str) -> str | None:
    """The dimension that is surely meant, where one is."""
    name, chance = next(iter(chances.items()), (NONE, 0.0))
    if _ALL_TOLD.search(text) and not _CUE.search(text):  # 成没成功都算: whatever they are
        return None
    cued = chance >= CUED and chances.get(NONE, 0.0) <= CUED_NONE and _CUE.search(text)
    return name if name != NONE and (chance >= MEANT or cued) else None


def without_periods(text: str, periods: Sequence[Span]) -> str:
    """The text without them: "in May" splits nothing by month."""
    for start, end in periods:
        text = text[:start] + " " * (end - start) + text[end:]
    return " ".join(text.split()) or "?"


def split_marks(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """What words of the text name: metrics, dimensions, members and steps of time."""
    grains = Reader(text, bytearray(len(text))).read().grains
    return (*metric_marks(text, lexicon), *(f"grain:{grain}" for grain in grains))
