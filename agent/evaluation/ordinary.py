"""Write the words that people use around figures (:mod:`agent.understand.ordinary`), from the example questions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from agent.evaluation.routing import MEASURED, NAMING, PROMPTS, read_questions, source_of
from agent.understand.dates import Clock
from agent.understand.lexicon import Lexicon
from agent.understand.metrics import without_names
from agent.understand.ordinary import WORDS
from agent.understand.text import CJK_RUN, normalise

FEWEST = 4  # questions
GOODS = frozenset({"shoes", "food", "pet", "spring", "adults"})  # asked about in them, and names all the same
_LATIN = re.compile(r"[a-z]+(?:[-'][a-z]+)*", re.ASCII)


def ordinary_in(questions: Iterable[str], lexicon: Lexicon) -> list[str]:
    """The words, sorted."""
    clock, counts = Clock(MEASURED, MEASURED), Counter[str]()
    for question in questions:
        plain = without_names(normalise(question), lexicon, clock)
        pairs = (run[0][i : i + 2] for run in CJK_RUN.finditer(plain) for i in range(len(run[0]) - 1))
        counts.update({word.removesuffix("'s") for word in _LATIN.findall(plain)} | {*pairs})
    return sorted(word for word, count in counts.items() if count >= FEWEST and len(word) > 1 and word not in GOODS)


def main() -> None:
    """Write them, behind the digest of all questions."""
    from agent.evaluation.opening import open_to_measure
    from agent.settings import load_settings

    questions = read_questions()
    words = ordinary_in((q for tool in NAMING for q in questions[tool]), open_to_measure(load_settings()).words.lexicon)
    (PROMPTS / WORDS).write_text("\n".join([source_of(), *words]) + "\n", encoding="utf-8")
    print(f"{len(words)} words")


if __name__ == "__main__":
    main()
