"""The request behind a scene: "the bank grumbled last summer, so what was charged back in May?" asks about May.

People tell why they ask. What they tell has periods and names of its own, which limit no figure. So where the part
that asks says all by itself, what leads up to it is left out; where it points back ("at her store"), what it points to
is put in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.form import QUERY, needs_metric
from agent.understand.meaning import SURE
from agent.understand.metrics import surely
from agent.understand.parts import asks, complete, is_put_as_question, seams
from agent.understand.reading import ClauseReader, Scope
from agent.understand.vocabulary import Mention, Term
from tools.registry import Tool

SHORTEST, SHORTEST_ZH = 60, 22  # characters of a text with a scene in it
_NOW = re.compile(
    r"today|tomorrow|yesterday|now|this (?:morning|afternoon|week)|tonight|[今明昨]天|刚才|现在", re.ASCII
)
_REQUEST = re.compile(
    r"(?:please |pls |kindly |and |now |so )*(?:i(?:'m| am| was| keep)? wonder(?:ing)?\b|i(?:'d| would) (?:be|love|like|need|appreciate)\b|i need\b|i want\b|we need\b|we want\b|let's\b"
    r"|(?:split|break|rank|sort|count|sum|plot|chart|run|pull|calculate|work out|name|put|set|see|check|pick|line up|lay out|pin down|walk|talk|help)\b)"
    r"|(?:那么?|就|所以|现在)*(?:请|麻烦|帮忙|帮我|给我|替我|我?想(?:看看|知道|把|要|弄清|搞清)|能不能|可不可以|能否|可否)",
    re.ASCII,
)
_TELLS_OF = re.compile(
    r"(?:我们?|咱们?|大家|老板)?(?:老|总|一直|都|有点)?(?:觉得|担心|怀疑|听说|感觉|发现|以为|记得|猜)"
)
_STATES = re.compile(  # somebody says, does or has something; "week by week" and "from the first message on" state nothing
    r"(?!(?:from|of|for|by|in|at|on|with|per|between|during|over|out of|explain|compare|show|give|list|which|what|how|who)\b)"
    r"(?=(?:\S+ ){3}).*(?:\b(?:is|are|was|were|has|have|had|will|would|can|could|must|might|may|should|did|does|do|am|wants?|says?|said|tells?|told|asks?|asked"
    r"|keeps?|kept|claims?|needs?|thinks?|came|comes|got|gets|put|goes|went|opened|let|wrote|read|saw|heard|met|meets?|bought|changed|started|stopped|hired|moved)\b"
    r"|'(?:s|re|ve|m|ll|d)\b|\b\w{3,}ed\b)",
    re.ASCII,
)
_STATES_ZH = re.compile(
    r"(?=.{4}).*(?:[我你您他她咱]|大家|有人|老板|领导|同事|总监|经理|供应商|银行|仓库|市场|人事|财务|[说问讲]|听说|打电话|刚|想|准备|打算|正在?|要|来$|审计|检查|汇报|开会|催)"
)
_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|those|these|he|him|his|she|her|hers|there|that|this|such|the same)\b(?! (?:week|month|quarter|year|weekend|morning|summer|autumn|fall|winter|spring|time)\b)"
    r"|[他她它]|这(?!一?(?:周|个月|月|个季|季|年|几天|天|段|时)|里|儿|边|么|样)|那(?!么|会|些年)|该",
    re.ASCII,
)
_BACK_LAST = re.compile(r"(?<!worth )\b(?:it|them|that|those|this)[?.! ]*$", re.ASCII)
_OWN = re.compile(
    r"\b(?:that|this) (?=[a-z]+ (?:we|you|i|was|were|is|are)\b)|\bthere (?=is|are|was|were|been)", re.ASCII
)
_THEN_ZH = re.compile(r"^(?:那么?(?![个家种些天周月边儿里])|所以|现在|就)+")
_PLACES = {
    "store": re.compile(
        r"\b(?:at |in |of |for )?(?:his|her|their|that|this|the same) (?:store|shop|branch)\b|\bthere\b(?! (?:is|are|was|were|been|has|have)\b)|那边|那里|那儿|[他她]们?(?:那家)?店里?|[这那该]家?店",
        re.ASCII,
    ),
    "customer": re.compile(
        r"\b(?:this|that) (?:household|customer|shopper|family)\b|[这那该](?:户|位|个)(?:人家|顾客|客户|家庭)?|[他她]们?家?(?!店)",
        re.ASCII,
    ),
}
_ITS = re.compile(r"\bits\b", re.ASCII)


def request_of(text: str, scope: Scope) -> str:
    """The part of a text that asks, where it can stand alone; else the text.

    Args:
        text: normalised, without a customer's message.
    """
    if scope.router is None or scope.tools is None or len(text) < (SHORTEST if text.isascii() else SHORTEST_ZH):
        return text
    for start, end in reversed(list(seams(text))):
        left, request = text[:start], _THEN_ZH.sub("", text[end:])
        if not _requests(request, scope):
            continue
        before = ClauseReader(left, scope)
        for kind, phrase in _PLACES.items():
            request = _placed(request, kind, phrase, before)
        if _stands(ClauseReader(request, scope), before, scope):
            return request if all(_is_told(part, scope) for part in _parts(left) if part.strip()) else text
    return text


def _requests(text: str, scope: Scope) -> bool:
    """Whether a text begins with a request, or with what one is by and then the request ("week by week, how many …")."""
    first, *rest = _parts(text)
    if _REQUEST.match(text) or asks(text, scope):
        return True
    return bool(rest) and not _STATES.match(first) and text.isascii() and asks(rest[0], scope)


def _is_told(part: str, scope: Scope) -> bool:
    """Whether a part only tells something: somebody does, says or has something, and it asks for no figure."""
    if _TELLS_OF.match(part):
        return True
    if not (_STATES if part.isascii() else _STATES_ZH).match(part):
        return False
    return not is_put_as_question(part) or not (complete(part, scope) or ClauseReader(part, scope).names_metric)


def _parts(text: str) -> Iterator[str]:
    start = 0
    for begin, end in seams(text):
        yield text[start:begin]
        start = end
    yield text[start:]


def _placed(request: str, kind: str, phrase: re.Pattern[str], before: ClauseReader) -> str:
    """The request with the one store or customer of the scene in place of the words that point back to it."""
    ids = {bare.id for bare in before.bare if f"{kind}s" in bare.kinds} | {*before.things.said.get(f"{kind}s", ())}
    ids |= {str(term.value) for _, term, _ in before.names.members if term.name == kind}
    if len(ids) != 1:
        return request
    (one,) = ids
    if not request.isascii():
        return phrase.sub({"store": f"{one}店", "customer": f"{one}号顾客"}[kind], request, count=1)
    request = phrase.sub(f"at {kind} {one}" if kind == "store" else f"{kind} {one}", request, count=1)
    return _ITS.sub(f"{kind} {one}'s", request, count=1)


def _stands(asked: ClauseReader, before: ClauseReader, scope: Scope) -> bool:
    """Whether a request says all by itself, and what was said before it limits nothing of it."""
    name, chance = asked.meant
    tool = scope.tools.tools.get(name) if scope.tools and chance >= SURE else None
    if tool is None or tool.reads_message or tool.writes or "text" in tool.arguments.model_fields:
        return False  # what it searches for may stand in the scene
    if tool.takes("goal") and before.things.ids:
        return False  # "718 never bought meat, what could tempt them": what to offer is told there
    measured = asked.names_metric or bool(surely(asked.figures))
    if before.names_metric and not asked.names_metric and surely(asked.figures) not in before.names.metrics:
        return False  # "refunds because the wrong item came: how many in each month"
    if (name == QUERY or needs_metric(tool)) and not measured:
        return False
    lends = (
        _lends_period(asked, before, tool) or _lends_names(asked, before, scope) or _lends_amounts(asked, before, tool)
    )
    return not (lends or _points_back(asked))


def _points_back(asked: ClauseReader) -> bool:
    """Whether it speaks of something that was named before it, and not in itself."""
    text = _OWN.sub(lambda match: " " * len(match[0]), asked.text)
    match = _BACK.search(text)
    if match is None or _BACK_LAST.search(text):
        return match is not None
    own = [m.start for m in asked.lexicon.vocabulary.find(asked.text, bytearray(len(asked.text)))]
    return not any(start < match.start() for start in own)


def _lends_period(asked: ClauseReader, before: ClauseReader, tool: Tool) -> bool:
    """Whether the scene has the period that the request lacks; "I meet the buyer tomorrow" has none."""
    spoken = [m for m in before.periods if not _NOW.search(before.text[m.start : m.end])]
    timed = tool.name == QUERY or tool.takes("time") or tool.takes("horizon")
    return timed and bool(spoken) and not (asked.periods or asked.horizon)


def _lends_names(asked: ClauseReader, before: ClauseReader, scope: Scope) -> bool:
    """Whether the scene names whom or what the request is about and does not name itself."""
    own = {term.name for _, term, _ in asked.names.members} | {name for _, name in asked.names.splits}
    ids = {kind for kind in before.things.ids if kind not in asked.things.ids}
    figure = surely(asked.figures) or next(iter(asked.names.metrics), None)
    said = {term.name for mention, term, _ in before.names.members if not _is_one_day(mention, term, before)} - own
    fits = {name for name in said if figure is None or scope.lexicon.schema.can_split(figure, name)}
    return bool(ids or fits)


def _is_one_day(mention: Mention, term: Term, scene: ClauseReader) -> bool:
    """Whether it is a weekday on which something happens once ("the audit is on Thursday"), and none that comes again."""
    kind = scene.lexicon.schema.dimensions[term.name].kind
    again = scene.text[mention.start : mention.end].endswith("s") or scene.text[: mention.start].endswith(
        ("每", "逢", "每个")
    )
    return kind == "time" and not again


def _lends_amounts(asked: ClauseReader, before: ClauseReader, tool: Tool) -> bool:
    """Whether the scene has the budget, the number or the days that the tool takes and the request lacks."""
    told, own = before.things, asked.things
    limit = tool.takes("limit") and told.limit and not own.limit
    idle = tool.takes("not_bought_days") and told.idle_days and not own.idle_days
    return bool((told.budget and not own.budget) or limit or idle)
