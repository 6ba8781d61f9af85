"""One part of what was asked at once: whether it asks, what it says by itself, and what it only leads up to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.form import QUERY, needs_metric
from agent.understand.reading import ClauseReader, Scope
from agent.understand.text import EN_NUMBER, ZH_NUMBER

_PARTS = re.compile(
    r"\s*(?:[,;:，；：]|(?<!\d)[.。?？!！](?=\s|$|[\u3400-\u9fff])|\s-\s)\s*(?:(?:and|but|so|because|since|hence|therefore|that's why|which is why|now)\b,?\s*)*"
    r"|\s+so\s+(?=(?:could|can|would|please|what|how|which|who|why|i'd|tell|show|give)\b)"
    r"|(?<=[\u3400-\u9fff])(?:所以|因此|于是|那么)(?=[^,，]{4})"
)
REPLY = re.compile(  # what asks for a reply, beside a customer's message
    r"\b(?:reply|replies|respond|response|answer|write back)\b|答复|回复|回信|回一下|回个话|怎么回", re.ASCII
)
AIMS = re.compile(  # what the answer is for
    r"(?:so |as |because )?(?:i|we)(?:'d| would|'m| am|'re| are|'ll| will)? (?:like|love|want|plan(?:ning)?|mean|going|hop(?:e|ing)) to (?:send|give|mail|thank|nudge|win|bring|reach|offer|surprise|reward|call)\b"
    r"|(?:我|我们|咱们?)?(?:想|打算|准备|计划|要)(?:着|要)?给",
    re.ASCII,
)
SO_MANY = re.compile(  # "Who'd buy it? I need 150 names."
    rf"(?:i|we) (?:only |just )?(?:need|want|have|can (?:only )?(?:take|do|use)) (?:about |only |just |the |room for )*{EN_NUMBER} [a-z]+[.! ]*"
    rf"|(?:just |only |please )*(?:list|show|name|pick|give me|give us|show me|send me|find me) (?:about |only |just |the |top )*{EN_NUMBER}(?: of them| [a-z]+)?(?: (?:please|(?:that )?(?:i|we) (?:can|could|should) [a-z ]+))?[.! ]*"
    rf"|(?:先|就|只|帮我|给我)?(?:圈|挑|选|找|给|要|列|推)(?:我|出来?)?{ZH_NUMBER}[百千]?(?:个|位|户|名|款|样|件|种)(?:人|顾客|客户|会员|用户|商品|东西)?[。! ]*"
)
POINTS = re.compile(r"\b(?:it|that|this|they|those|there (?:were|was|are|have been))\b|[呢它]", re.ASCII)
_LINK = re.compile(r"(?:and|but|also|plus|then|so|now)\b,? |那么?(?![个家种些天周月])|再|另外|还有|同时|以及", re.ASCII)
_ABOUT = re.compile(
    r"(?:when it comes to|speaking of|as (?:for|to)|regarding|concerning|with (?:regard|respect) to|talking (?:of|about))\b|说到|说起|至于|关于|提到",
    re.ASCII,
)
_SO_THAT = re.compile(r"(?:so that|so) (?:i|we) (?:can|could)\b|我好|好让|方便我|以便|便于|用来", re.ASCII)
_WITHIN = re.compile(r"(?:[里中内]|里头|里面|当中|之中|方面|这块|这一块|这边)$")  # 退款里，哪些…
CLARIFIES = re.compile(
    r"(?:我)?(?:[说指]的)?(?:意思)?是(?:说|指)|(?:我)?[说指]的(?:就)?是|也就是说?|\(?(?:i\.?e\.?|that is|that means|meaning|i mean|in other words|namely|mind you)\b",
    re.ASCII,
)
_ONES = re.compile(r"\b(?:which|what) (?:[a-z]+ )?ones?\b", re.ASCII)
_HANGS = re.compile(r"(?:out of|of|among|amongst|for|in|at|from|with|within|during|over|by|on)\b", re.ASCII)
ASKED_ZH = re.compile(
    r"(?:看|查|列|拉|算|给|发|导|说|拆|排|分|比|统计)(?:一?下|看|给我|我|出来)$|[哪谁啥吗]|什么|多少|多久|多长|怎么|如何|为何|几(?:个|笔|单|家|位|成|种|款|次|件)"
)
TOLD = re.compile(
    r"\b(?:we|i|they|our|my)\b|'(?:re|s|ve|m)\b|\b(?:is|are|was|were|has|have)\b|不够|[太没]|有点|紧张", re.ASCII
)
_BY_WHAT = re.compile(
    r"(?:按|以|论)[^,，]{1,8}来?[看算计分拆排]$"
)  # 按件数看，卖得最多的…: by what the rest is measured
OUT_OF = re.compile(
    r"\b(?:out )?of (?:every|each) (?:hundred|100|ten|10|thousand|dollar|pound|order|basket|visit|customer)\b|每一?[百千十](?:个|单|笔|张)",
    re.ASCII,
)
LAID_OUT = re.compile(r"(?:sorted|ranked|ordered|grouped|split|broken down|laid out) by\b", re.ASCII)
_WHEN_SO = re.compile(r"when(?:ever)? (?:somebody|someone|people|they|we|i|you|an?|the)(?:'s)? (?!.*\?)", re.ASCII)
FROM_TO = re.compile(r"(?:from|between) .* (?:to|until|till|and) ", re.ASCII)
HOW_MANY = re.compile(r"how (?:many|much) (?!of\b)|有?多少|几[笔单个户位]", re.ASCII)
ASKS = re.compile(
    r"(?:(?:on|in|at|for|from|by|to|of|with) (?:which|what|whom|how many)|which|what|what's|how|who|whom|when|where|show|list|give|tell|is|are|did|does|do|was|were|compare)\b|.{0,12}[哪几谁]|.*(?:多少|多久|多长|多大|多快|如何|怎么样|怎样|什么)",
    re.ASCII,
)
TELLS = re.compile(
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
SPLITS = re.compile(
    r"(?:please )?(?:split|break|group|show) (?:it|that|them|this|these)\b|一个?(?:月|周|星期|天|季度?|钟头|小时)一个?(?:月|周|星期|天|季度?|钟头|小时)|按.{1,8}(?:看|分|拆|列)|[拆细落]到.{1,8}上?",
    re.ASCII,
)
BY = re.compile(r"(?:by|per|for each)\b|按", re.ASCII)
_THAT_PERIOD = re.compile(
    r"\b(?:that|the same) (?:days?|weeks?|months?|quarters?|years?|period|time)\b|[当同][月周天年季期]", re.ASCII
)


def first_part(text: str) -> str:
    """Up to the next comma or "and which": what stands right behind a seam."""
    return re.split(r",|，|、|以及|\band (?=which|what|how|who|when|top|the )", text, maxsplit=1)[0]


def is_heading(left: str) -> bool:
    """Whether a text only says of what, of whom or by what the part behind it is asked."""
    hung = (OUT_OF.search(left), FROM_TO.match(left), _WHO_DO.match(left), _BY_WHAT.search(left), _WITHIN.search(left))
    aims = AIMS.match(left) and not ASKED_ZH.search(left)  # 要给老人做张传单，推荐哪些…
    return any(hung) or bool(aims or _ABOUT.match(left))


def is_of_ones(side: ClauseReader) -> bool:
    """ "Go through the payments, and tell me which ones deserve a look": of what the part before names."""
    return not side.names_metric and bool(_ONES.search(side.text))


def is_put(side: ClauseReader) -> bool:
    last = re.split(r"[,:;，：；] ?", side.text.rstrip(" ?？"))[-1]
    return is_request(side) or is_put_as_question(last) or bool(ASKED_ZH.search(last))


def is_asked(side: ClauseReader) -> bool:
    """Whether what stands last in a text is put as a question or a request, a heading before it left aside."""
    if is_put(side):
        return True
    if not (side.names_metric and is_complete(side)) or _HANGS.match(side.text):
        return False
    noun = side.text.isascii() or len(side.text.rstrip()) in {end for _, end in side.figure_spans}
    return noun and not (side.words.change or TOLD.search(side.text))  # "top 3 stores by sales"


def opens_as_request(side: ClauseReader) -> bool:
    """Whether a text begins with a question or a request."""
    if CLARIFIES.match(side.text) or _SO_THAT.match(side.text):
        return False
    return is_put_as_question(_LINK.sub("", side.text)) or bool(side.asked.sure)


def has_scope(side: ClauseReader) -> bool:
    """Whether a side says over what it measures."""
    return bool(
        side.periods or side.horizon or side.names.members or side.names.splits or side.words.grains or side.things.ids
    )


def explains(side: ClauseReader) -> str | None:
    """The tool that explains a change."""
    known = side.scope.tools.tools if side.scope.tools else {}
    return next((name for name, tool in known.items() if name != QUERY and tool.takes("compare")), None)


def complete(part: str, scope: Scope) -> bool:
    """Whether a part could be asked alone."""
    return is_complete(ClauseReader(part, scope))


def asks(part: str, scope: Scope) -> bool:
    """Whether a part is put as a question or a request."""
    return is_request(ClauseReader(part, scope))


def is_put_as_question(part: str) -> bool:
    """Whether a part has the form of a question or a request, whatever its words are about."""
    return bool(ASKS.match(part) or TELLS.match(part))


def seams(text: str) -> Iterator[tuple[int, int]]:
    """Where one part of a text may end and the next begin, in order."""
    yield from (match.span() for match in _PARTS.finditer(text) if match.start())


def is_request(reader: ClauseReader) -> bool:
    """Whether a part is put as a question or a request, and is no mere statement."""
    if _WHO_DO.match(reader.text) or _WHEN_SO.match(reader.text):
        return False
    return bool(ASKS.match(reader.text) or TELLS.match(reader.text) or reader.asked.sure)


def is_statement(part: ClauseReader) -> bool:
    """Whether a part tells of something and asks for nothing, its figure only hinted at."""
    return part.hints_metric and not (part.names_metric or part.tool or is_request(part) or part.words.ranked)


def is_complete(reader: ClauseReader) -> bool:
    """It measures something, and says over what (period, split, rank, member)."""
    names, words = reader.names, reader.words
    ranked = words.ranked and bool(names.splits or words.grains or names.loose)
    described = bool(names.members) and not words.count and names.metrics == [reader.lexicon.counters.get("customer")]
    told = not reader.names_metric and bool(reader.things.ids or reader.things.capped) and not is_request(reader)
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
    return ranked or (measured and over) or (is_request(reader) and _asks_tool(reader))


def _asks_tool(reader: ClauseReader) -> bool:
    """Whether it surely asks for a tool that has what it must measure: named, hinted at, or that of the part before."""
    tools = reader.scope.tools.tools if reader.scope.tools else {}
    tool = tools.get(reader.tool or "")
    named = reader.names_metric or reader.hints_metric or bool(reader.asked.sure)
    return tool is not None and (named or not needs_metric(tool))
