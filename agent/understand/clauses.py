"""Where one question ends and the next begins, inside what was asked at once.

Two signs make a seam: both sides name what to measure and over what, or each alone surely asks for another tool. The
second asks the classifier of :mod:`agent.understand.meaning` about both sides, which costs an embedding a side, so
only ``MAX_WEIGHED`` places of a question are weighed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.form import QUERY, needs_metric
from agent.understand.dates import find_periods
from agent.understand.listing import listed_figures
from agent.understand.meaning import CERTAIN, SURE
from agent.understand.metrics import surely
from agent.understand.reading import WHY, ClauseReader, Scope
from agent.understand.text import EN_NUMBER

MAX_CLAUSES = 6
MAX_WEIGHED = 6  # places of a question whose sides are weighed by meaning: two embeddings (about 10 ms each) a place
SENTENCE = "."  # a seam between sentences
SHORTEST_SIDE = 4  # characters: "and it" means nothing alone
_HARD = re.compile(r"[?;!。？；！]+\s*|\.\s+(?=[a-z])|(?:^|\s)\(?[1-6][).]\s|(?<=[^\d\s])\s*[1-6]\.\s", re.ASCII)
_AT_IT = r"while (?:you're|you are|we're|we are|i'm) at it"
_SOFT = re.compile(
    rf"\s*,?\s*\b(?:and (?:also|then|separately|{_AT_IT})|{_AT_IT}|and|also|plus|then|as well as|but)\b\s*,?\s*|\s\+\s*"
    r"|\s*[,、，]\s*(?:以及|还有|并且|同时|另外|并|和|再|顺便|此外|而且|然后|接着)?\s*"
    r"|(?:以及|还有|并且|同时|另外|顺便|此外|而且|然后|接着|和|[并再](?=给|向|为|对|把|推荐|预测|分析|看看|告诉))\s*",
    re.ASCII,
)
_ORDERS = re.compile(  # words of a seam that set one request behind another, where "and" and a comma may only list
    r"\b(?:then|also|separately|at it|plus|as well as)\b|还有|并且|同时|另外|顺便|此外|然后|接着|再|以及", re.ASCII
)

_PARTS = re.compile(
    r"\s*(?:[,;:，；：]|(?<!\d)[.。?？!！](?=\s|$|[\u3400-\u9fff])|\s-\s)\s*(?:(?:and|but|so|because|since|hence|therefore|that's why|which is why|now)\b,?\s*)*"
    r"|\s+so\s+(?=(?:could|can|would|please|what|how|which|who|why|i'd|tell|show|give)\b)"
    r"|(?<=[\u3400-\u9fff])(?:所以|因此|于是|那么)(?=[^,，]{4})"
)
REPLY = re.compile(  # what asks for a reply, beside a customer's message
    r"\b(?:reply|replies|respond|response|answer|write back)\b|答复|回复|回信|回一下|回个话|怎么回", re.ASCII
)
_AIMS = re.compile(  # what the answer is for
    r"(?:so |as |because )?(?:i|we)(?:'d| would|'m| am|'re| are|'ll| will)? (?:like|love|want|plan(?:ning)?|mean|going|hop(?:e|ing)) to (?:send|give|mail|thank|nudge|win|bring|reach|offer|surprise|reward|call)\b"
    r"|(?:我|我们|咱们?)?(?:想|打算|准备|计划)(?:着|要)?给",
    re.ASCII,
)
_SO_MANY = re.compile(  # "Who'd buy it? I need 150 names."
    rf"(?:i|we) (?:only |just )?(?:need|want|have|can (?:only )?(?:take|do|use)) (?:about |only |just |the |room for )*{EN_NUMBER} [a-z]+[.! ]*"
)
_ADDS = re.compile(r"\bbut\b|、|\+", re.ASCII)  # what stands behind these belongs to what stands before them


def clauses(text: str, scope: Scope) -> list[str]:
    """Split where a new question begins: both sides say what to measure and of what, or surely ask for two tools."""
    parts: list[str] = []
    weighed = _Weighed(scope)
    for sentence in _sentences(text, scope, weighed):
        rest = sentence
        whole = [(m.start, m.end) for m in find_periods(sentence, scope.clock)]
        for match in _SOFT.finditer(sentence) if not listed_figures(sentence, scope.router, scope.clock) else ():
            start = len(sentence) - len(rest)
            if any(first < match.start() and match.end() < last for first, last in whole):  # "between july and may"
                continue
            left, right = sentence[start : match.start()], sentence[match.end() :]
            if match.start() <= start or (left[-1:].isdigit() and right[:1].isdigit()):  # a list of ids
                continue
            if _BY.match(right) and not ClauseReader(_first_part(right), scope).names_metric:  # 按主题各剩多少
                continue
            if _COUNTED.search(left) and _WORTH.match(right):  # "how many chargebacks and how much they cost"
                continue
            ordered = bool(_ORDERS.search(match[0]))
            if _seam(left, _first_part(right), scope, ordered) or weighed.apart(left, right, match[0]):
                parts.append(left)
                rest = right
        parts.append(rest)
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
        if not ordered and (_ADDS.search(seam) or _joins_figures(*sides) or _joins_members(*sides)):
            return False
        if all(side.clear for side in sides) or sides[1].text.startswith("但"):  # figures alone: their names tell
            return False
        if seam == SENTENCE and (
            _AIMS.match(two) or _SO_MANY.fullmatch(two) or not (_asks(sides[1]) or _ORDERS.match(two))
        ):
            return False  # "…? The threshold is getting tight", "…? I'd like to thank them"
        if not (ordered or "and" in seam or all(_asks(side) for side in sides)):  # "we met a fraud, what must we do?"
            return False
        if _asks_why_of(*sides) or _leads_up(*sides):
            return False
        self.left -= 1
        tools = [self._asked(side, SURE if ordered else CERTAIN) for side in sides]
        if tools[0] in (*sides[1].asked.sure, *sides[1].asked.maybe):  # "who gets it, and who is held out?"
            return False
        if tools[1] == QUERY and not (ordered or _asks(sides[1])):  # "forecast sales, one line per department"
            return False
        return None not in tools and tools[0] != tools[1] and self._founded(tools, sides)

    def _asked(self, side: ClauseReader, least: float) -> str | None:
        """The tool that a side surely asks for; a figure only where its names say which and over what."""
        known, (name, chance) = self.scope.tools.tools if self.scope.tools else {}, side.meant
        if self.scope.around_message and REPLY.search(side.text):  # "an answer to …", without what it answers
            return next((each for each, tool in known.items() if tool.reads_message), None)
        tool = known.get(name)
        if tool is None or chance < least or tool.writes or (tool.reads_message and not self.scope.around_message):
            return None
        return name if name != QUERY or _complete(side) else None

    def _founded(self, tools: list[str | None], sides: tuple[ClauseReader, ClauseReader]) -> bool:
        """Whether something is named for those that measure ("where did they move? which ones rose?" names nothing)."""
        known = self.scope.tools.tools if self.scope.tools else {}
        named = [side.names_metric or side.hints_metric for side in sides]
        return (named[0] or not needs_metric(known[tools[0] or QUERY])) and (
            any(named) or not needs_metric(known[tools[1] or QUERY])
        )


def _first_part(text: str) -> str:
    """Up to the next comma or "and which": what stands right behind a seam."""
    return re.split(r",|，|、|以及|\band (?=which|what|how|who|when|top|the )", text, maxsplit=1)[0]


def _sentences(text: str, scope: Scope, weighed: _Weighed) -> list[str]:
    """Sentences; one that measures nothing by itself stays with its neighbour."""
    result: list[str] = []
    for part in (p for p in _HARD.split(text) if p and p.strip()):
        before = ClauseReader(result[-1], scope) if result else None
        here = ClauseReader(part, scope)
        alone = before and _complete(here) and _complete(before) and not _adds(before, here)
        if before and not alone and not weighed.apart(before.text, part, SENTENCE):
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
        _OUT_OF.search(left) or _FROM_TO.match(left) or _LAID_OUT.match(right)
    ):  # "out of every hundred orders, how many came back"
        return False
    if one.names_metric and OF_THEM.match(right) and (two.names_metric or two.hints_metric or two.figures):
        return True
    if one.names_metric and _HOW_MANY.match(right) and not two.names_metric and surely(two.figures):
        return surely(two.figures) not in one.names.metrics  # "how many payments in may, and how many failed?"
    if _WHO_DO.match(left) or _BY_WHAT.search(left) or _leads_up(one, two) or _asks_why_of(one, two):
        return False
    if _lists(one, two) or not (_complete(one) and _complete(two)) or _adds(one, two):
        return False
    ranks = [r.words.ranked and bool(r.names.splits or r.words.grains or r.names.loose) for r in (one, two)]
    both = all(ranks) or all(bool(r.periods) for r in (one, two)) or all(bool(r.names.splits) for r in (one, two))
    new_rank = not _BY.match(right) and ranks[1] and not ranks[0] and not one.names.splits and not one.words.grains
    if both or new_rank or _ASKS.match(right):
        return True
    if ordered and one.names_metric and two.names_metric and not _joins_figures(one, two):
        return True
    return _asks(one) and _asks(two) and one.tool != two.tool  # another tool: another question


def _leads_up(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether a part asks nothing and only leads up to the one behind it."""
    if _asks(one):
        return False
    if one.names.unavailable and not one.names_metric and _TOLD.search(one.text) and _asks(two):
        return True  # "we're short on staff in january, how many orders should we expect"
    if not two.names_metric and _POINTS_BACK.search(two.text):  # "there's beef in the cart, what goes with it"
        return True
    if one.words.change and not two.names_something:  # "orders fell in June, who held us back?"
        return True
    return _states(one) and not _asks(two)  # "produce did well in the second quarter, in the third sales fell, why?"


_TOLD = re.compile(
    r"\b(?:we|i|they|our|my)\b|'(?:re|s|ve|m)\b|\b(?:is|are|was|were|has|have)\b|不够|[太没]|有点|紧张", re.ASCII
)
_BY_WHAT = re.compile(r"(?:按|以|论)[^,，]{1,8}来?[看算计]$")  # 按件数看，卖得最多的…: by what the rest is measured
_OUT_OF = re.compile(
    r"\b(?:out )?of (?:every|each) (?:hundred|100|ten|10|thousand)\b|每一?[百千十](?:个|单|笔|张)", re.ASCII
)
_POINTS_BACK = re.compile(r"\b(?:it|that|them)[?.! ]*$|它", re.ASCII)
_LAID_OUT = re.compile(r"(?:sorted|ranked|ordered|grouped|split|broken down|laid out) by\b", re.ASCII)
_WHEN_SO = re.compile(r"when(?:ever)? (?:somebody|someone|people|they|we|i|you|an?|the)(?:'s)? (?!.*\?)", re.ASCII)
_FROM_TO = re.compile(r"(?:from|between) .* (?:to|until|till|and) ", re.ASCII)
OF_THEM = re.compile(r"how many of (?:them|these|those|whom)\b|其中(?:有)?(?:多少|几)", re.ASCII)
_COUNTED = re.compile(r"\bhow (?:many|much)$|(?:多少|几)[笔单个]?$", re.ASCII)
_WORTH = re.compile(r"how (?:many|much)\b|多少钱|金额", re.ASCII)
_HOW_MANY = re.compile(r"how (?:many|much) (?!of\b)|有?多少|几[笔单个户位]", re.ASCII)
_ASKS = re.compile(
    r"(?:which|what|what's|how|who|whom|when|where|show|list|give|tell|is|are|did|does|do|was|were|compare)\b|.{0,12}[哪几谁]|.*(?:多少|如何|怎么样|怎样|什么)",
    re.ASCII,
)


_TELLS = re.compile(
    r"(?:please |pls |kindly |so |then |now |also |(?:and |out )?of (?:those|them|these),? |for (?:those|them|these),? )*(?:which|what|how|who|when|where|check|find|forecast|predict|project|estimate|explain|draft|write|word|compose|draw|pick|choose|suggest|recommend|remind|look|search|segment|cluster|scan|flag|spot|prepare|build|take|get|let me know|i(?:'d| would)? (?:want|need|like)|can|could|should|would|will|why|whom?|any|anything|anyone|is there|are there)\b"
    r"|.{0,6}(?:查|看|找|挑|圈|推|给|告诉|说说|说[一几]?下|说明|讲讲|讲[一几]?下|[跟和给对]我们?[说讲]|写|拟|起草|草拟|回复|答复|预测|预估|估|分析|解释|推荐|选|列|做|(?<!不)算|提醒|为什么|为啥|怎么|咋|有没有|是不是|能不能|会不会)|.*[吗么]$|.*(?:[哪谁啥几多]|什么|怎么|如何).*呢$",
    re.ASCII,
)
_WHO_DO = re.compile(  # whom a question is about: "people who buy buns, what else is in their carts?"
    r"(?:for |to |those |the |all )*(?:people|customers|shoppers|buyers|households|folks|families|everyone|everybody|those)"
    r" (?:who|that|with)\b(?!.*\b(?:which|what|how|why|when|where)\b)"
    r"|(?:买|购买)[^，,?？]{1,12}的(?:人|顾客|客户|会员|用户|家庭)$",
    re.ASCII,
)
_SPLITS = re.compile(
    r"(?:please )?(?:split|break|group|show) (?:it|that|them|this|these)\b|按.{1,8}(?:看|分|拆|列)|[拆细落]到.{1,8}上?",
    re.ASCII,
)
_BY = re.compile(r"(?:by|per|for each)\b|按", re.ASCII)
_THAT_PERIOD = re.compile(
    r"\b(?:that|the same) (?:days?|weeks?|months?|quarters?|years?|period|time)\b|[当同][月周天年季期]", re.ASCII
)


def complete(part: str, scope: Scope) -> bool:
    """Whether a part could be asked alone."""
    return _complete(ClauseReader(part, scope))


def asks(part: str, scope: Scope) -> bool:
    """Whether a part is put as a question or a request."""
    return _asks(ClauseReader(part, scope))


def is_put_as_question(part: str) -> bool:
    """Whether a part has the form of a question or a request, whatever its words are about."""
    return bool(_ASKS.match(part) or _TELLS.match(part))


def seams(text: str) -> Iterator[tuple[int, int]]:
    """Where one part of a text may end and the next begin, in order."""
    yield from (match.span() for match in _PARTS.finditer(text) if match.start())


def _asks(reader: ClauseReader) -> bool:
    """Whether a part is put as a question or a request, and is no mere statement."""
    if _WHO_DO.match(reader.text) or _WHEN_SO.match(reader.text):
        return False
    return bool(_ASKS.match(reader.text) or _TELLS.match(reader.text) or reader.asked.sure)


def _adds(before: ClauseReader, part: ClauseReader) -> bool:
    """Whether a part only adds to the one before it.

    It only says how to split that, wants the same tool and names nothing else to measure ("who would buy meat? I need 100 people"), or it asks why of
    what the one before states ("fewer orders in July than in June. Reasons?"), or what to do with whom it tells of
    ("718 is short of money, what would you offer them?").
    """
    tools = part.scope.tools.tools if part.scope.tools else {}
    told = part.things.them and before.tool is None and not (_asks(before) or before.words.ranked)
    if told and part.tool and "customers" in tools[part.tool].arguments.model_fields:
        return True
    if _SO_MANY.fullmatch(part.text) or (_SPLITS.match(part.text) and not part.tool):
        return True
    if part.tool is None:
        return False
    measures = tools[part.tool].takes("metric")
    if measures and part.names_metric:
        return False
    return part.tool == before.tool or (measures and before.names_metric and not _asks(before))


def _asks_why_of(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether a part asks why of a figure that the part before only tells of ("we refunded more than in may, why?")."""
    told = one.names_metric or one.hints_metric or bool(surely(one.figures))
    asked = _ASKS.match(one.text) or _TELLS.match(one.text)
    return told and not asked and not two.names_metric and not two.periods and bool(WHY.search(two.text))


def _states(part: ClauseReader) -> bool:
    """Whether a part tells of something and asks for nothing, its figure only hinted at."""
    return part.hints_metric and not (part.names_metric or part.tool or _asks(part) or part.words.ranked)


def _lists(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether the seam lies between two figures of a list ("any odd days in revenue | and orders"), or before a "but"."""
    return two.text.startswith("但") or (_joins_figures(one, two) and bool(two.tool) and not one.tool)


def _joins_figures(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether a metric's name stands on either side of the seam."""
    ends = {end for start, end in one.metric_spans}
    return len(one.text.rstrip()) in ends and 0 in {start for start, end in two.metric_spans}


def _joins_members(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether the seam lies inside a list of members ("produce | and deli together")."""
    last = {term.name for mention, term, _ in one.names.members if mention.end >= len(one.text.rstrip())}
    return any(mention.start == 0 and term.name in last for mention, term, _ in two.names.members)


def _complete(reader: ClauseReader) -> bool:
    """It measures something, and says over what (period, split, rank, member)."""
    names, words = reader.names, reader.words
    ranked = words.ranked and bool(names.splits or words.grains or names.loose)
    described = bool(names.members) and not words.count and names.metrics == [reader.lexicon.counters.get("customer")]
    told = not reader.names_metric and bool(reader.things.ids or reader.things.capped) and not _asks(reader)
    if told:  # "customer 1198 is tight with money, nothing above 5 dollars": what a question is about, and none
        return False
    measured = (reader.names_metric and not described) or reader.hints_metric or bool(names.unavailable)
    over = bool(
        _THAT_PERIOD.search(reader.text)
        or reader.periods
        or names.splits
        or words.grains
        or names.members
        or reader.compare
        or words.count
        or names.loose
    )
    return ranked or (measured and over) or (_asks(reader) and _asks_tool(reader))


def _asks_tool(reader: ClauseReader) -> bool:
    """Whether it surely asks for a tool that has what it must measure: named, hinted at, or that of the part before."""
    tools = reader.scope.tools.tools if reader.scope.tools else {}
    tool = tools.get(reader.tool or "")
    named = reader.names_metric or reader.hints_metric or bool(reader.asked.sure)
    return tool is not None and (named or not needs_metric(tool))
