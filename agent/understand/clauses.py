"""Where one question ends and the next begins, inside what was asked at once.

A seam lies where both sides name what to measure and over what, where each alone surely asks for another tool, or
where each is put as a question and means a figure of its own. The last two ask the classifiers of
:mod:`agent.understand.meaning` and :mod:`agent.understand.metrics` about both sides, which costs an embedding a side,
so only ``MAX_WEIGHED`` places of a question are weighed.
"""

from __future__ import annotations

import re

from agent.form import CLARIFY, QUERY, needs_metric
from agent.understand.bands import names_in
from agent.understand.dates import find_periods
from agent.understand.listing import listed_figures
from agent.understand.meaning import CERTAIN, SURE
from agent.understand.metrics import surely
from agent.understand.pairs import (
    EACH_OF,
    SEVERALLY,
    adds,
    apart_by_scope,
    asks_another_figure,
    asks_of_all,
    asks_why_of,
    goes_on_with,
    is_of_the_same,
    joins_figures,
    joins_members,
    leads_up,
    lists,
)
from agent.understand.parts import (
    AIMS,
    ASKS,
    BY,
    CLARIFIES,
    FROM_TO,
    HOW_MANY,
    LAID_OUT,
    OUT_OF,
    POINTS,
    REPLY,
    SO_MANY,
    explains,
    first_part,
    has_scope,
    is_asked,
    is_complete,
    is_heading,
    is_of_ones,
    is_put,
    is_request,
    opens_as_request,
)
from agent.understand.reading import WHY, ClauseReader, Scope
from agent.understand.whom import named_anew, spelled_out

MAX_CLAUSES = 6
MAX_WEIGHED = 6  # places of a question whose sides are weighed by meaning: two embeddings (about 10 ms each) a place
SENTENCE = "."  # a seam between sentences
SHORTEST_SIDE = 4  # characters: "and it" means nothing alone
_HARD = re.compile(
    r"[?;!。？；！]+\s*|\.\s+(?=[a-z])|(?:^|(?<=[\s:,.?!;：，。？！；]))\(?[1-6a-d]\)\s*|(?:^|\s)\(?[1-6][).]\s|(?<=[^\da-z\s])\s*[1-6]\.\s",
    re.ASCII,
)
_AT_IT = r"while (?:you're|you are|we're|we are|i'm) at it"
_SOFT = re.compile(
    rf"\s*,?\s*\b(?:and (?:also|then|separately|{_AT_IT})|{_AT_IT}|and|also|plus|then|as well as|but)\b\s*,?\s*|\s\+\s*"
    r"|\s*[,、，]\s*(?:以及|还有(?![多几没])|并且|同时|另外|并|和|再|顺便|此外|而且|然后|接着)?\s*"
    r"|(?:以及|还有(?![多几没])|并且|同时|另外|顺便|此外|而且|然后|接着|和|[并再](?=给|向|为|对|把|推荐|预测|分析|看看|告诉))\s*",
    re.ASCII,
)
_ORDERS = re.compile(  # words of a seam that set one request behind another, where "and" and a comma may only list
    r"\b(?:then|also|separately|at it|plus|as well as)\b|还有|并且|同时|另外|顺便|此外|然后|接着|再|以及", re.ASCII
)
_THERE = re.compile(r"\bthere\b(?! (?:is|are|was|were)\b)|\b(?:it|them)\b|其中|里面|当中|那里|这里", re.ASCII)
_WITH, _DIFFERS = frozenset("和与跟"), re.compile(r".{0,8}(?:不一样|不同|有差|差别|差距|相比|比)")
_ADDS = re.compile(r"\bbut\b|、|\+", re.ASCII)  # what stands behind these belongs to what stands before them
OF_THEM = re.compile(r"how many of (?:them|these|those|whom)\b|其中[^,，占]{0,12}(?:多少|几(?!成))", re.ASCII)
_COUNTED = re.compile(r"\bhow (?:many|much)$|(?:多少|几)[笔单个]?$", re.ASCII)
_WORTH = re.compile(r"how (?:many|much)\b|多少钱|金额", re.ASCII)


def clauses(text: str, scope: Scope) -> list[str]:
    """Split where a new question begins: both sides say what to measure and of what, or surely ask for two tools."""
    parts: list[str] = []
    weighed = _Weighed(scope)
    for sentence in _sentences(text, scope, weighed):
        rest = sentence
        whole = [(m.start, m.end) for m in find_periods(sentence, scope.clock)]
        whole += [(m.start, m.end) for m in names_in(sentence, scope.lexicon) if m.of("member")]  # "65 and over"
        for match in _SOFT.finditer(sentence) if not listed_figures(sentence, scope.router, scope.clock) else ():
            start = len(sentence) - len(rest)
            if any(first < match.start() and match.end() < last for first, last in whole):  # "between july and may"
                continue
            left, right = sentence[start : match.start()], sentence[match.end() :]
            if match.start() <= start or (left[-1:].isdigit() and right[:1].isdigit()):  # a list of ids
                continue
            if match[0].strip() in _WITH and _DIFFERS.match(right):  # 12月和11月不一样
                continue
            if BY.match(right) and not ClauseReader(first_part(right), scope).names_metric:  # 按主题各剩多少
                continue
            if _COUNTED.search(left) and _WORTH.match(right):  # "how many chargebacks and how much they cost"
                continue
            ordered = bool(_ORDERS.search(match[0]))
            if (
                _seam(left, first_part(right), scope, ordered)
                or weighed.apart(left, right, match[0])
                or weighed.asked_anew(left, first_part(right), match[0])
            ):
                parts.append(left)
                rest = right
        parts.append(rest)
    parts = spelled_out(parts, scope)
    return parts[:MAX_CLAUSES] or [text]


class _Weighed:
    """Weighs the places of one question by what both of their sides surely ask for."""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.left = scope, MAX_WEIGHED

    def apart(self, one: str, two: str, seam: str) -> bool:
        """Whether each side alone surely asks for another tool; a mere "and" or comma wants certainty of both."""
        if not (self.scope.router and self.left and min(len(one.strip()), len(two.strip())) >= SHORTEST_SIDE):
            return False
        sides = ClauseReader(one, self.scope), ClauseReader(two, self.scope)
        ordered = seam == SENTENCE or bool(_ORDERS.search(seam))
        if not ordered and (_ADDS.search(seam) or joins_figures(*sides) or joins_members(*sides)):
            return False
        if (
            EACH_OF.match(two) or all(side.clear for side in sides) or sides[1].text.startswith("但")
        ):  # figures alone: their names tell
            return False
        if seam == SENTENCE and (
            AIMS.match(two) or SO_MANY.fullmatch(two) or not (is_request(sides[1]) or _ORDERS.match(two))
        ):
            return False  # "…? The threshold is getting tight", "…? I'd like to thank them"
        if not (
            ordered or "and" in seam or all(is_request(side) for side in sides)
        ):  # "we met a fraud, what must we do?"
            return False
        if asks_why_of(*sides) or leads_up(*sides) or is_of_ones(sides[1]) or (seam != SENTENCE and is_heading(one)):
            return False
        self.left -= 1
        tools = [self._asked(side, SURE if ordered else CERTAIN) for side in sides]
        if tools[0] in (*sides[1].asked.sure, *sides[1].asked.maybe):  # "who gets it, and who is held out?"
            return False
        if tools[1] == QUERY and not (ordered or is_request(sides[1])):  # "forecast sales, one line per department"
            return False
        return None not in tools and tools[0] != tools[1] and self._founded(tools, sides)

    def asked_anew(self, left: str, right: str, seam: str = SENTENCE) -> bool:
        """Whether each side is put as a question of its own: of two figures, or of two tools.

        The right one may take its period, its members or, by a pronoun, its figure from the left one.
        """
        if not (self.scope.router and self.left and min(len(left.strip()), len(right.strip())) >= SHORTEST_SIDE):
            return False
        if seam != SENTENCE and (_ADDS.search(seam) or right.startswith("但")):
            return False
        one = ClauseReader(left, self.scope)
        two = ClauseReader(named_anew(right, one), self.scope)
        if apart_by_scope(one, two) or asks_of_all(one, two):
            return True
        if (
            joins_figures(one, two)
            or is_of_ones(two)
            or is_heading(left)
            or not (is_asked(one) and opens_as_request(two))
            or leads_up(one, two)
            or asks_why_of(one, two)
            or adds(one, two)
        ):
            return False
        if SEVERALLY.search(right) and not one.names_metric:  # "the bands above 100k, what does each spend?"
            return False
        self.left -= 1
        least = SURE if is_put(one) else CERTAIN  # of a mere noun ("refunds of meat, any that look off?")
        tools = self._tool_of(one), self._tool_of(two, least) or goes_on_with(one, two)
        if None in tools or tools[0] in (*two.asked.sure, *two.asked.maybe):
            return False
        if least == CERTAIN and _THERE.search(right):  # "visits from affiliates in May, anything odd going on there?"
            return False
        if tools[0] == QUERY and has_scope(two) and not (has_scope(one) or POINTS.search(one.text)):
            return False  # "how many orders and how much money did store 367 see in May"
        if tools[0] != tools[1]:
            return self._founded([*tools], (one, two))
        return tools[0] == QUERY and asks_another_figure(one, two) and (is_put(one) or not is_of_the_same(one, two))

    def _tool_of(self, side: ClauseReader, least: float = SURE) -> str | None:
        """The tool that a side surely asks for; a figure only where one is named or surely meant."""
        name, chance = side.meant
        tool = self.scope.tools.tools.get(name) if self.scope.tools else None
        if name == CLARIFY and WHY.search(side.text) and POINTS.search(side.text):
            return explains(side)  # "why did it change", of the figure before
        if tool is None or chance < (SURE if name == QUERY else least) or tool.reads_message:
            return None
        if tool.writes and name not in side.asked.sure and chance < CERTAIN:
            return None
        return name if name != QUERY or side.names_metric or surely(side.figures) or side.names.splits else None

    def _asked(self, side: ClauseReader, least: float) -> str | None:
        """The tool that a side surely asks for; a figure only where its names say which and over what."""
        known, (name, chance) = self.scope.tools.tools if self.scope.tools else {}, side.meant
        if self.scope.around_message and REPLY.search(side.text):  # "an answer to …", without what it answers
            return next((each for each, tool in known.items() if tool.reads_message), None)
        tool = known.get(name)
        if tool is None or chance < least or tool.writes or (tool.reads_message and not self.scope.around_message):
            return None
        return name if name != QUERY or is_complete(side) else None

    def _founded(self, tools: list[str | None], sides: tuple[ClauseReader, ClauseReader]) -> bool:
        """Whether something is named for those that measure ("where did they move? which ones rose?" names nothing)."""
        known = self.scope.tools.tools if self.scope.tools else {}
        named = [side.names_metric or side.hints_metric or bool(POINTS.search(side.text)) for side in sides]
        return (named[0] or not needs_metric(known[tools[0] or QUERY])) and (
            any(named) or not needs_metric(known[tools[1] or QUERY])
        )


def _sentences(text: str, scope: Scope, weighed: _Weighed) -> list[str]:
    """Sentences; one that measures nothing by itself stays with its neighbour."""
    result: list[str] = []
    for part in (p for p in _HARD.split(text) if p and p.strip()):
        before = ClauseReader(result[-1], scope) if result else None
        here = ClauseReader(part, scope)
        alone = (
            before
            and not CLARIFIES.match(part)
            and is_complete(here)
            and is_complete(before)
            and not adds(before, here)
        )
        apart = alone or (
            before and (weighed.apart(before.text, part, SENTENCE) or weighed.asked_anew(before.text, part))
        )
        if before and not apart:
            result[-1] = f"{result[-1]}, {part}"
        else:
            result.append(part)
    return result


def _seam(left: str, right: str, scope: Scope, ordered: bool) -> bool:
    """Whether a new question begins: both sides can be asked alone, and the right one asks or has its own scope.

    Args:
        ordered: whether words between them set one request behind the other ("also", 顺便).
    """
    one, two = ClauseReader(left, scope), ClauseReader(right, scope)
    if (
        OUT_OF.search(left) or FROM_TO.match(left) or LAID_OUT.match(right)
    ):  # "out of every hundred orders, how many came back"
        return False
    if one.names_metric and OF_THEM.match(right) and (two.names_metric or two.hints_metric or two.figures):
        return True
    if leads_up(one, two) or is_of_ones(two):
        return False
    if one.names_metric and HOW_MANY.match(right) and not two.names_metric and surely(two.figures):
        return surely(two.figures) not in one.names.metrics  # "how many payments in may, and how many failed?"
    if is_heading(left) or asks_why_of(one, two):
        return False
    if lists(one, two) or not (is_complete(one) and is_complete(two)) or adds(one, two):
        return False
    ranks = [r.words.ranked and bool(r.names.splits or r.words.grains or r.names.loose) for r in (one, two)]
    both = all(ranks) or all(bool(r.periods) for r in (one, two)) or all(bool(r.names.splits) for r in (one, two))
    new_rank = not BY.match(right) and ranks[1] and not ranks[0] and not one.names.splits and not one.words.grains
    if both or new_rank or ASKS.match(right):
        return True
    if ordered and one.names_metric and two.names_metric and not joins_figures(one, two):
        return True
    return is_request(one) and is_request(two) and one.tool != two.tool  # another tool: another question
