"""Finding what the handbook says: words and meaning together, and a measured "it doesn't say".

A passage is compared with the question by three cosines (the passage with its headings, its headings alone, its best
sentence) and by the share of the question's words and shop concepts that it holds. A passage that stands in both
languages at the same place of twin files takes a part of its twin's cosines. The fused score orders the passages; a
logistic function of the best one's figures says how sure the find is.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from db.knowledge.bm25 import HEADING_WEIGHT, WordIndex
from db.knowledge.concepts import concepts
from db.knowledge.handbook import EXAMPLE, Passage, read_handbook
from db.knowledge.text import Language, language_of, words
from models.embedding import VectorCache

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.embedding import Vectors

SHIPPED = EXAMPLE / "vectors.json"  # of the example handbook, so that its first question is no slower than the next
CACHE_FILE = "embeddings.npz"
_LANGUAGE_PART = re.compile(r"(?<![^/._-])(?:en|zh|zh-cn|english|chinese|cn)(?=[/._-])", re.IGNORECASE)
_BOOK = r"(?:handbook|polic(?:y|ies)|rules?|manual|procedure|process)"
_FRAMES = re.compile(
    rf"\b(?:what (?:does|do|is|are)|what's) (?:(?:our|the|your) )?(?:company |store |shop )?{_BOOK}"
    r"(?: say)?(?: (?:about|on|for|regarding|when|if|with))?\b"
    rf"|\b(?:according to|check|search|look (?:it )?up in|look in|in) (?:our|the) {_BOOK}(?: (?:for|about|on))?\b"
    r"|\bhow (?:do|should|must|would|can) (?:we|i|you|staff|one) (?:handle|deal with|treat|process)\b"
    r"|\b(?:tell me|let me know|please|can you|could you|do you know|remind me)\b"
    r"|\bi(?:'d| would)? (?:like|want|need) to know\b",
    re.IGNORECASE,
)
_ZH_FRAMES = re.compile(
    r"(?:[查看翻](?:一?下)?)?(?:我们|咱们|店里|公司)?的?(?:手册|政策|规定|规则|制度)(?:[里上中])?(?:是|对|关于|怎么)?"
    r"(?:怎么)?(?:说|写|规定)?的?|请问|麻烦|帮我|告诉我|我想知道|想问一下|问一下|咨询一下"
)
_TOPIC_ONLY = re.compile(
    rf"\b(?:what|what's|is|are|do|does|we|have|our|the|your|on|about|for|of|store|shop|company|a|an|s|{_BOOK})\b"
    r"|我们|咱们|店里|公司|政策|规定|规则|制度|手册|是什么|是怎样|怎么样|怎样|有哪些|什么样|什么|介绍|一下|[的是呢吗啊]|[^\w]",
    re.IGNORECASE,
)


# Measured on 102 questions that the example handbook answers and 76 that it does not
# (tests/unit/knowledge_questions.py): the answering passage came first for 93 of 102 and among the first three for all.
TWIN = 0.5  # weight of the twin's cosines beside a passage's own
HELD = 0.06  # weight of the words held beside the cosines
OVERVIEW = 0.05  # for the first passages of a page that is asked for as a whole
TOPIC_WORDS, TOPIC_LETTERS = 3, 20  # at most, of a question that names a topic and asks nothing of it
# Logistic coefficients of (mean cosine, HELD · share of words held, 1), fitted to the same questions; True is for
# passages in the other language than the question, whose cosines run lower. By 10-fold cross-validation 91 % of the
# answerable questions are answered and 91 % of the others are not; across languages 93 % and 92 %.
CALIBRATION = {False: (105.8, 171.1, -91.3), True: (157.5, 481.4, -128.2)}
ANSWERS = 0.5  # confidence from which a passage is given as the answer
_OTHER: Mapping[Language, Language] = {"en": "zh", "zh": "en"}
SHORT = {"en": 330, "zh": 170}  # characters of a passage that is quoted whole; of a longer one the two best parts


@dataclass(frozen=True, slots=True)
class Found:
    """A passage with its fused ``score``, the mean ``cosine``, the share of words it ``holds``, and what to quote."""

    passage: Passage
    score: float
    cosine: float
    holds: float
    quote: str


@dataclass(frozen=True, slots=True)
class Search:
    """What was found, best first; ``confidence`` (0–1) that the best one answers.

    ``crossed``: it stands in the other language than the question.
    """

    found: tuple[Found, ...]
    confidence: float
    crossed: bool = False

    @property
    def answers(self) -> bool:
        """Whether the handbook says it."""
        return self.confidence >= ANSWERS


class Handbook:
    """A handbook ready to be searched; safe to use from several threads.

    Args:
        passages: of :func:`db.knowledge.handbook.read_handbook`.
        cache: gives the embeddings. progress: of the first embedding of a large handbook, 0–1.
    """

    def __init__(
        self, passages: Sequence[Passage], cache: VectorCache, progress: Callable[[float], None] = lambda _: None
    ) -> None:
        self.passages = tuple(passages)
        self._cache = cache
        texts = texts_of(self.passages)
        vectors = cache.vectors(texts, "passage", progress)
        count = len(self.passages)
        self._contexts, self._headings, self._parts = vectors[:count], vectors[count : 2 * count], vectors[2 * count :]
        self._owner = np.repeat(np.arange(count), [len(p.parts) for p in self.passages])
        self._twin = _twins(self.passages)
        self._titles = {p.title: frozenset(_terms(p.title)) for p in self.passages}
        heads = [f"{p.heading} {p.title}" for p in self.passages]
        self._words = WordIndex(
            [HEADING_WEIGHT * _terms(h) + _terms(p.text) for h, p in zip(heads, self.passages, strict=True)]
        )

    def search(
        self, question: str, limit: int = 3, *, public: bool = False, language: Language | None = None
    ) -> Search:
        """The passages nearest to a question in its own language, or in the other where that alone answers.

        Args:
            public: leave out what is for staff only. language: wanted for the answer; the question's without it.
        """
        core = bare(question)
        cosines, parts = self._cosines(core)
        holds = np.array([share for _, share in self._words.scores(_terms(core))])
        cosines[self._overview(question, limit)] += OVERVIEW
        language = language or language_of(core)
        open_to = [not (public and p.staff) for p in self.passages]
        own, other = (
            self._best(
                cosines,
                parts,
                holds,
                [may and p.language == wanted for may, p in zip(open_to, self.passages, strict=True)],
                limit,
                wanted != language_of(core),
            )
            for wanted in (language, _OTHER[language])
        )
        if not own.found:
            return other
        # What twins say in both languages was weighed for both already.
        only_there = other.answers and self.other(other.found[0].passage) is None
        return other if only_there and not own.answers else own

    def other(self, passage: Passage) -> Passage | None:
        """The same paragraph in the other language, where twin files have it."""
        index = self.passages.index(passage)
        twin = int(self._twin[index])
        return self.passages[twin] if twin != index else None

    def _overview(self, question: str, limit: int) -> list[int]:
        """The first passages of the pages that a question names and no more ("what is our return policy?")."""
        topic = _TOPIC_ONLY.sub(" ", question.casefold())
        titles = {title for title, terms in self._titles.items() if topic.strip() and terms.issuperset(_terms(topic))}
        if not titles or len(topic.split()) > TOPIC_WORDS or len("".join(topic.split())) > TOPIC_LETTERS:
            return []
        taken: dict[str, int] = {}
        first = []
        for index, passage in enumerate(self.passages):
            if passage.title in titles and taken.setdefault(passage.file, 0) < limit:
                taken[passage.file] += 1
                first.append(index)
        return first

    def _cosines(self, core: str) -> tuple[Vectors, Vectors]:
        """Mean cosine of each passage, twins considered, and the cosine of each part."""
        vector = self._cache.vectors([core], "query")[0]
        parts = self._parts @ vector
        best = np.full(len(self.passages), -1.0, dtype=np.float32)
        np.maximum.at(best, self._owner, parts)
        mean = (self._contexts @ vector + self._headings @ vector + best) / 3
        alone = self._twin == np.arange(len(self.passages))
        return np.where(alone, mean, (mean + TWIN * mean[self._twin]) / (1 + TWIN)), parts

    def _best(
        self, cosines: Vectors, parts: Vectors, holds: Vectors, mask: Sequence[bool], limit: int, crossed: bool
    ) -> Search:
        chosen = np.flatnonzero(mask)
        if not len(chosen):
            return Search((), 0.0, crossed)
        scores = cosines[chosen] + HELD * holds[chosen]
        order = chosen[np.argsort(-scores, kind="stable")][:limit]
        found = tuple(
            Found(
                self.passages[i],
                float(cosines[i] + HELD * holds[i]),
                float(cosines[i]),
                float(holds[i]),
                _quote(self.passages[i], parts[self._owner == i]),
            )
            for i in order
        )
        a, b, c = CALIBRATION[crossed]
        logit = a * found[0].cosine + b * HELD * found[0].holds + c
        return Search(found, float(1 / (1 + np.exp(-logit))), crossed)


def texts_of(passages: Sequence[Passage]) -> list[str]:
    """The texts of passages that are embedded: contexts, then headings, then parts."""
    contexts = [p.context for p in passages]
    headings = [f"{p.title}: {p.heading}" for p in passages]
    return [*contexts, *headings, *(f"{p.heading}. {part}" for p in passages for part in p.parts)]


def bare(question: str) -> str:
    """The question without the frame around what is asked: "what does our handbook say about" carries no topic.

    >>> bare("What does our policy say about opened cosmetics?"), bare("请问手册里怎么规定生鲜退货的？")
    ('opened cosmetics', '生鲜退货的')
    """
    core = " ".join(_ZH_FRAMES.sub(" ", _FRAMES.sub(" ", question)).split()).strip(" ,.:;?!，。：；？！")
    return core if words(core) else question


def open_handbook(
    folder: Path | None, models: Path | None, progress: Callable[[float], None] = lambda _: None
) -> Handbook:
    """The operator's handbook, or the example; read anew only where a file has changed.

    Args:
        models: folder where embeddings are kept between runs; without it they are kept in memory.

    Raises:
        KnowledgeError: naming the file that cannot be read.
    """
    passages = read_handbook(folder)
    with _LOCK:
        if _opened.get(folder, ((), None))[0] != passages:
            cache = VectorCache(models / CACHE_FILE if models else None, SHIPPED if folder is None else None)
            _opened[folder] = (passages, Handbook(passages, cache, progress))
        handbook = _opened[folder][1]
    assert handbook is not None  # noqa: S101  # it was just put there
    return handbook


_LOCK = threading.Lock()
_opened: dict[Path | None, tuple[tuple[Passage, ...], Handbook | None]] = {}


def _terms(text: str) -> list[str]:
    return words(text) + concepts(text)


def _quote(passage: Passage, cosines: Vectors) -> str:
    """The words to quote: a short passage whole, else its two best parts, with the sentence that leads a list."""
    if len(passage.text) <= SHORT[passage.language] or len(passage.parts) <= 2:
        return passage.text
    keep = set(np.argsort(-cosines, kind="stable")[:2].tolist())
    if passage.parts[0].endswith((":", "：")):
        keep.add(0)
    joined = ("" if passage.language == "zh" else " ").join(passage.parts[i] for i in sorted(keep))
    return joined if joined.endswith((".", "。", "!", "！", "?", "？")) else f"{joined.rstrip(';；,，')}…"


def _twins(passages: Sequence[Passage]) -> NDArray[np.intp]:
    """The index of each passage's twin, its own where it has none.

    Files are twins where their paths differ in a language's name only (``en/returns.md`` and ``zh/returns.md``,
    ``returns.en.md`` and ``returns.zh.md``) and they hold as many passages each.
    """
    files: dict[str, list[int]] = {}
    for index, passage in enumerate(passages):
        files.setdefault(passage.file, []).append(index)
    groups: dict[str, list[str]] = {}
    for name in files:
        groups.setdefault(_LANGUAGE_PART.sub("*", name), []).append(name)
    twin = np.arange(len(passages))
    for names in groups.values():
        if len(names) == 2 and len(files[names[0]]) == len(files[names[1]]):  # two languages
            for left, right in zip(files[names[0]], files[names[1]], strict=True):
                if passages[left].language != passages[right].language:
                    twin[left], twin[right] = right, left
    return twin
