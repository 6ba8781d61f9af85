"""Where one question ends and the next begins, inside what was asked at once.

Two signs make a seam: both sides name what to measure and over what, or each alone surely asks for another tool. The
second asks the classifier of :mod:`agent.understand.meaning` about both sides, which costs an embedding a side, so
only ``MAX_WEIGHED`` places of a question are weighed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.form import CLARIFY, QUERY, needs_metric
from agent.understand.bands import names_in
from agent.understand.dates import find_periods
from agent.understand.listing import listed_figures
from agent.understand.meaning import CERTAIN, SURE
from agent.understand.metrics import surely
from agent.understand.patterns import OF_EVERYBODY
from agent.understand.reading import WHY, ClauseReader, Scope
from agent.understand.text import EN_NUMBER, ZH_NUMBER

MAX_CLAUSES = 6
MAX_WEIGHED = 6  # places of a question whose sides are weighed by meaning: two embeddings (about 10 ms each) a place
SENTENCE = "."  # a seam between sentences
LEAD = 12  # characters before the member with which a part begins ("and for spirits in December")
BRIEF = 12  # characters of "what was it in May" or less: too little to hold a figure of its own
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
    r"|(?:我|我们|咱们?)?(?:想|打算|准备|计划|要)(?:着|要)?给",
    re.ASCII,
)
_SO_MANY = re.compile(  # "Who'd buy it? I need 150 names."
    rf"(?:i|we) (?:only |just )?(?:need|want|have|can (?:only )?(?:take|do|use)) (?:about |only |just |the |room for )*{EN_NUMBER} [a-z]+[.! ]*"
    rf"|(?:先|就|只|帮我|给我)?(?:圈|挑|选|找|给|要|列|推)(?:我|出来?)?{ZH_NUMBER}[百千]?(?:个|位|户|名|款|样|件|种)(?:人|顾客|客户|会员|用户|商品|东西)?[。! ]*"
)
_ADDS = re.compile(r"\bbut\b|、|\+", re.ASCII)  # what stands behind these belongs to what stands before them


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
            if _BY.match(right) and not ClauseReader(_first_part(right), scope).names_metric:  # 按主题各剩多少
                continue
            if _COUNTED.search(left) and _WORTH.match(right):  # "how many chargebacks and how much they cost"
                continue
            ordered = bool(_ORDERS.search(match[0]))
            if (
                _seam(left, _first_part(right), scope, ordered)
                or weighed.apart(left, right, match[0])
                or weighed.asked_anew(left, _first_part(right), match[0])
            ):
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
        if _asks_why_of(*sides) or _leads_up(*sides) or _of_ones(sides[1]) or (seam != SENTENCE and _heads(one)):
            return False
        self.left -= 1
        tools = [self._asked(side, SURE if ordered else CERTAIN) for side in sides]
        if tools[0] in (*sides[1].asked.sure, *sides[1].asked.maybe):  # "who gets it, and who is held out?"
            return False
        if tools[1] == QUERY and not (ordered or _asks(sides[1])):  # "forecast sales, one line per department"
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
        one, two = ClauseReader(left, self.scope), ClauseReader(right, self.scope)
        if _apart_by_scope(one, two) or _asks_of_all(one, two):
            return True
        if _joins_figures(one, two) or _of_ones(two) or _heads(left) or not (_is_asked(one) and _opens(two)) or _leads_up(one, two) or _asks_why_of(one, two) or _adds(one, two):
            return False
        if _SEVERALLY.search(right) and not one.names_metric:  # "the bands above 100k, what does each spend?"
            return False
        if _scope_of(two) and not (_scope_of(one) or _POINTS.search(one.text)):  # "how many orders and how much money did store 367 see in May"
            return False
        self.left -= 1
        least = SURE if _puts(one) else CERTAIN  # of a mere noun ("refunds of meat, any that look off?")
        tools = self._tool_of(one), self._tool_of(two, least) or _goes_on_with(one, two)
        if None in tools or tools[0] in (*two.asked.sure, *two.asked.maybe):
            return False
        if tools[0] != tools[1]:
            return self._founded([*tools], (one, two))
        return tools[0] == QUERY and _another_figure(one, two)

    def _tool_of(self, side: ClauseReader, least: float = SURE) -> str | None:
        """The tool that a side surely asks for; a figure only where one is named or surely meant."""
        name, chance = side.meant
        tool = self.scope.tools.tools.get(name) if self.scope.tools else None
        if name == CLARIFY and WHY.search(side.text) and _POINTS.search(side.text):
            return explains(side)  # "why did it change", of the figure before
        if tool is None or chance < (SURE if name == QUERY else least) or tool.reads_message:
            return None
        if tool.writes and name not in side.asked.sure:
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
        return name if name != QUERY or _complete(side) else None

    def _founded(self, tools: list[str | None], sides: tuple[ClauseReader, ClauseReader]) -> bool:
        """Whether something is named for those that measure ("where did they move? which ones rose?" names nothing)."""
        known = self.scope.tools.tools if self.scope.tools else {}
        named = [side.names_metric or side.hints_metric or bool(_POINTS.search(side.text)) for side in sides]
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
        alone = before and not _CLARIFIES.match(part) and _complete(here) and _complete(before) and not _adds(before, here)
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
    if _OUT_OF.search(left) or _FROM_TO.match(left) or _LAID_OUT.match(right):  # "out of every hundred orders, how many came back"
        return False
    if one.names_metric and OF_THEM.match(right) and (two.names_metric or two.hints_metric or two.figures):
        return True
    if _leads_up(one, two) or _of_ones(two):
        return False
    if one.names_metric and _HOW_MANY.match(right) and not two.names_metric and surely(two.figures):
        return surely(two.figures) not in one.names.metrics  # "how many payments in may, and how many failed?"
    if _heads(left) or _asks_why_of(one, two):
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


def _heads(left: str) -> bool:
    """Whether a text only says of what, of whom or by what the part behind it is asked."""
    hung = (_OUT_OF.search(left), _FROM_TO.match(left), _WHO_DO.match(left), _BY_WHAT.search(left), _WITHIN.search(left))
    aims = _AIMS.match(left) and not _ASKED_ZH.search(left)  # 要给老人做张传单，推荐哪些…
    return any(hung) or bool(aims or _ABOUT.match(left))


def _of_ones(side: ClauseReader) -> bool:
    """ "Go through the payments, and tell me which ones deserve a look": of what the part before names."""
    return not side.names_metric and bool(_ONES.search(side.text))


def _puts(side: ClauseReader) -> bool:
    last = re.split(r"[,:;，：；] ?", side.text.rstrip(" ?？"))[-1]
    return _asks(side) or is_put_as_question(last) or bool(_ASKED_ZH.search(last))


def _is_asked(side: ClauseReader) -> bool:
    """Whether what stands last in a text is put as a question or a request, a heading before it left aside."""
    if _puts(side):
        return True
    if not (side.names_metric and _complete(side)) or _HANGS.match(side.text):
        return False
    noun = side.text.isascii() or len(side.text.rstrip()) in {end for _, end in side.figure_spans}
    return noun and not (side.words.change or _TOLD.search(side.text))  # "top 3 stores by sales"


def _opens(side: ClauseReader) -> bool:
    """Whether a text begins with a question or a request."""
    if _CLARIFIES.match(side.text) or _SO_THAT.match(side.text):
        return False
    return is_put_as_question(_LINK.sub("", side.text)) or bool(side.asked.sure)


def _scope_of(side: ClauseReader) -> bool:
    """Whether a side says over what it measures."""
    return bool(side.periods or side.horizon or side.names.members or side.names.splits or side.words.grains or side.things.ids)


def _apart_by_scope(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether both sides have members of their own, and figures ("sales from renters, and orders from married
    couples") or periods ("beer in July, and spirits in December") of their own too: one table cannot show them.
    """
    members = [{(t.name, t.value) for t in side.names.kept} for side in (one, two)]
    if not all(members) or members[0] & members[1] or not (one.names_metric or one.hints_metric or surely(one.figures)):
        return False
    if any(side.words.share for side in (one, two)) or WHY.search(one.text):
        return False
    if two.names_metric:
        return one.names_metric and not {*one.names.metrics} & {*two.names.metrics}
    first = two.names.members[0][0].start
    return len(one.periods) == len(two.periods) == 1 and first <= LEAD and not two.compare


def _asks_of_all(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether a figure of some, or of the first few, is followed by one of all ("…, and from everyone?")."""
    if two.names.splits or two.names.members or two.tool or not (one.names_metric or one.hints_metric):
        return False
    if one.names.members and OF_EVERYBODY.search(two.text):
        return True
    summed = not (two.names_metric or surely(two.figures)) and _SUMMED.search(two.text)  # 整个月加起来又是多少
    ranked = one.words.ranked and bool(one.names.splits)
    return bool(summed) or (ranked and two.names_metric and bool(_OF_ALL.search(two.text)))


def _goes_on_with(one: ClauseReader, two: ClauseReader) -> str | None:
    """What asks for the figure of the part before at another time ("… next week? What was it last week?")."""
    if WHY.search(two.text) and not two.names_metric and one.names_metric:
        return explains(two)
    past = bool(two.periods) and not (two.horizon or two.names_metric)
    return QUERY if past and one.names_metric and (_POINTS.search(two.text) or len(two.text) <= BRIEF) else None


def explains(side: ClauseReader) -> str | None:
    """The tool that explains a change."""
    known = side.scope.tools.tools if side.scope.tools else {}
    return next((name for name, tool in known.items() if name != QUERY and tool.takes("compare")), None)


def _another_figure(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether the second of two questions for figures asks for one that the first does not, or for the same of all."""
    figures = [({surely(side.figures)} - {None}) or {*side.names.metrics} for side in (one, two)]
    return bool(figures[1] - figures[0]) or bool(_OF_ALL.search(two.text))


_POINTS = re.compile(r"\b(?:it|that|this|they|those)\b|[呢它]", re.ASCII)
_LINK = re.compile(r"(?:and|but|also|plus|then|so|now)\b,? |那么?(?![个家种些天周月])|再|另外|还有|同时|以及", re.ASCII)
_OF_ALL = re.compile(
    r"\b(?:in total|overall|altogether|all told|in all|across (?:all|the board|everything|everyone)|whole (?:chain|business|company|shop))\b|\btotal\b"
    r"|\b(?:the|our) (?:chain|company|business)'s\b|\b(?:chain|company|store)-?wide\b|总共|一共|全体|整体|总的|合计|总(?:[额数量计]|销|退|订)|所有(?:顾客|客户|人|门店)|全部|全(?:店|站|公司)",
    re.ASCII,
)
_ABOUT = re.compile(
    r"(?:when it comes to|speaking of|as (?:for|to)|regarding|concerning|with (?:regard|respect) to|talking (?:of|about))\b|说到|说起|至于|关于|提到",
    re.ASCII,
)
_SO_THAT = re.compile(r"(?:so that|so) (?:i|we) (?:can|could)\b|我好|好让|方便我|以便|便于|用来", re.ASCII)
_WITHIN = re.compile(r"(?:[里中内]|里头|里面|当中|之中|方面|这块|这一块|这边)$")  # 退款里，哪些…
_CLARIFIES = re.compile(
    r"(?:我)?(?:[说指]的)?(?:意思)?是(?:说|指)|(?:我)?[说指]的(?:就)?是|也就是说?|\(?(?:i\.?e\.?|that is|that means|meaning|i mean|in other words|namely|mind you)\b",
    re.ASCII,
)
_OF_WHOM_ZH = re.compile(r"的(?:顾客|客户|会员|用户|家庭|人群?|门店|店|商品|工单|订单|单子|问题|访问|流量|付款|支付|退款)$")
_ONES = re.compile(r"\b(?:which|what) (?:[a-z]+ )?ones?\b", re.ASCII)
_SEVERALLY = re.compile(r"\beach\b|\brespectively\b|分别|各[自是有]?", re.ASCII)
_SUMMED = re.compile(
    r"\b(?:in total|altogether|all told|in all|all together)\b|(?:加起来|合计|总共|一共|总计)[^,，]{0,6}(?:多少|几)", re.ASCII
)
_HANGS = re.compile(r"(?:out of|of|among|amongst|for|in|at|from|with|within|during|over|by|on)\b", re.ASCII)
_ASKED_ZH = re.compile(r"(?:看|查|列|拉|算|给|发|导|说)(?:一?下|看|给我|我|出来)$|[哪谁啥吗]|什么|多少|怎么|如何|为何|几(?:个|笔|单|家|位|成|种|款|次|件)")


def _leads_up(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether a part asks nothing and only leads up to the one behind it."""
    if _asks(one):
        return False
    of_whom = _OF_WHOM_ZH.search(one.text) and not _ASKED_ZH.search(one.text)
    if of_whom and not (one.words.ranked or one.figure_spans):  # 不同收入段的顾客，用券占比分别多少
        return True
    if one.names.members and not (one.names_metric or one.tool or two.names.members) and two.names_metric:
        return True  # 邮件和付费搜索两个渠道，加购率哪个高
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
    r"\b(?:out )?of (?:every|each) (?:hundred|100|ten|10|thousand|dollar|pound|order|basket|visit|customer)\b|每一?[百千十](?:个|单|笔|张)", re.ASCII
)
_POINTS_BACK = re.compile(r"\b(?:it|that|them)[?.! ]*$|它", re.ASCII)
_LAID_OUT = re.compile(r"(?:sorted|ranked|ordered|grouped|split|broken down|laid out) by\b", re.ASCII)
_WHEN_SO = re.compile(r"when(?:ever)? (?:somebody|someone|people|they|we|i|you|an?|the)(?:'s)? (?!.*\?)", re.ASCII)
_FROM_TO = re.compile(r"(?:from|between) .* (?:to|until|till|and) ", re.ASCII)
OF_THEM = re.compile(r"how many of (?:them|these|those|whom)\b|其中[^,，占]{0,12}(?:多少|几(?!成))", re.ASCII)
_COUNTED = re.compile(r"\bhow (?:many|much)$|(?:多少|几)[笔单个]?$", re.ASCII)
_WORTH = re.compile(r"how (?:many|much)\b|多少钱|金额", re.ASCII)
_HOW_MANY = re.compile(r"how (?:many|much) (?!of\b)|有?多少|几[笔单个户位]", re.ASCII)
_ASKS = re.compile(
    r"(?:(?:on|in|at|for|from|by|to|of|with) (?:which|what|whom|how many)|which|what|what's|how|who|whom|when|where|show|list|give|tell|is|are|did|does|do|was|were|compare)\b|.{0,12}[哪几谁]|.*(?:多少|如何|怎么样|怎样|什么)",
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
    r"(?:please )?(?:split|break|group|show) (?:it|that|them|this|these)\b|一个?(?:月|周|星期|天|季度?|钟头|小时)一个?(?:月|周|星期|天|季度?|钟头|小时)|按.{1,8}(?:看|分|拆|列)|[拆细落]到.{1,8}上?",
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
