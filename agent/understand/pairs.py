"""Two parts that follow one another: whether the second asks anew, goes on with the first, or only adds to it."""

from __future__ import annotations

import re

from agent.form import QUERY
from agent.understand.metrics import surely
from agent.understand.parts import (
    ASKED_ZH,
    ASKS,
    POINTS,
    SO_MANY,
    SPLITS,
    TELLS,
    TOLD,
    explains,
    is_put,
    is_request,
    is_statement,
)
from agent.understand.patterns import OF_EVERYBODY
from agent.understand.reading import WHY, ClauseReader

LEAD = 12  # characters before the member with which a part begins ("and for spirits in December")
BRIEF = 12  # characters of "what was it in May" or less: too little to hold a figure of its own
_OF_ALL = re.compile(
    r"\b(?:in total|overall|altogether|all told|in all|across (?:all|the board|everything|everyone)|whole (?:chain|business|company|shop))\b|\btotal\b"
    r"|\b(?:the|our) (?:chain|company|business)'s\b|\b(?:chain|company|store)-?wide\b|总共|一共|全体|整体|总的|合计|总(?:[额数量计]|销|退|订)|所有(?:顾客|客户|人|门店)|全部|全(?:店|站|公司)",
    re.ASCII,
)
_OF_WHOM_ZH = re.compile(
    r"的(?:顾客|客户|会员|用户|家庭|人群?|门店|店|商品|工单|订单|单子|款|问题|访问|流量|付款|支付|退款)$"
)
SEVERALLY = re.compile(r"\beach\b|\brespectively\b|分别|各[自是有]?", re.ASCII)
_SUMMED = re.compile(
    r"\b(?:in total|altogether|all told|in all|all together)\b|(?:加起来|合计|总共|一共|总计)[^,，]{0,6}(?:多少|几)",
    re.ASCII,
)
EACH_OF = re.compile(  # "what went wrong with payments? How many of each?", 每种原因几笔
    r"(?:and )?how (?:many|much) (?:of|for|in|from) each\b|(?:那|那么)?每一?(?:种|类|条|个原因)[^,，]{0,4}(?:多少|几)",
    re.ASCII,
)
_POINTS_BACK = re.compile(r"\b(?:it|that|them)[?.! ]*$|它", re.ASCII)

_PLANS = re.compile(
    r"\b(?:we|i)(?:'re| are|'m| am|'d)? (?:want(?:ing)? to |plan(?:ning)? to |(?:would )?like to |going to |about to |thinking of )?(?:promot|push|launch|plug|featur)"
    r"|[想要](?:主)?推|(?:准备|打算)(?:主)?推|想[^,，]{0,6}推广|[想要]做[^,，]{0,4}(?:推广|促销)",
    re.ASCII,
)
_LEAVES_OUT = re.compile(  # "recommend things to 900. Leave out whatever they bought in the past two months"
    r"(?:please |but |and )?(?:leave (?:out|off)|skip|exclude|omit|drop|nothing (?:that )?(?:they|she|he)|not what|no repeats)\b|(?:别|不要|排除|去掉|剔除)[^,，]{0,12}(?:买|拿)过",
    re.ASCII,
)
_WHOM = re.compile(
    r"\bwho(?:m|'d|'s)?\b|\bwhich (?:of them|customers|households|shoppers|people)\b|谁|哪[些几]个?(?:人|顾客|客户|户)|找[^,，]{0,4}\d+",
    re.ASCII,
)


def apart_by_scope(one: ClauseReader, two: ClauseReader) -> bool:
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


def asks_of_all(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether a figure of some, or of the first few, is followed by one of all ("…, and from everyone?")."""
    if two.names.splits or two.names.members or two.tool or not (one.names_metric or one.hints_metric):
        return False
    if one.names.members and OF_EVERYBODY.search(two.text):
        return True
    summed = not (two.names_metric or surely(two.figures)) and _SUMMED.search(two.text)  # 整个月加起来又是多少
    of_all = bool(one.names.splits) and bool(_OF_ALL.search(two.text))
    same = is_put(two) and not surely(two.figures)  # "…, and what's the rate for the whole business?"
    return bool(summed) or (of_all and (two.names_metric or same))


def goes_on_with(one: ClauseReader, two: ClauseReader) -> str | None:
    """What asks for the figure of the part before at another time ("… next week? What was it last week?")."""
    if WHY.search(two.text) and not two.names_metric and one.names_metric:
        return explains(two)
    past = bool(two.periods) and not (two.horizon or two.names_metric)
    ahead = bool(one.horizon or one.to_come)  # "what do we expect next week, and how many came in last week?"
    figure = one.names_metric or surely(one.figures)
    goes_on = ahead or POINTS.search(two.text) or len(two.text) <= BRIEF
    return QUERY if past and figure and goes_on else None


def is_of_the_same(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether a noun only says of what the figure behind it is: 各类主题的工单，平均多久解决完."""
    schema = one.lexicon.schema
    told, asked = surely(one.figures), surely(two.figures)
    if told is None or asked is None or one.text.isascii():
        return False
    counted = schema.metrics[told]
    same = all(part.table == counted.table for part in schema.parts(asked))
    return same and counted.unit == "count" and not (counted.where or counted.is_ratio)


def asks_another_figure(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether the second of two questions for figures asks for one that the first does not, or for the same of all."""
    figures = [({surely(side.figures)} - {None}) or {*side.names.metrics} for side in (one, two)]
    return bool(figures[1] - figures[0]) or bool(_OF_ALL.search(two.text))


def leads_up(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether a part asks nothing and only leads up to the one behind it."""
    if _PLANS.search(one.text) and _WHOM.search(two.text) and not one.names_metric:
        return True  # 糕点部想做推广，找100个最可能来买的顾客
    if is_request(one):
        return False
    of_whom = _OF_WHOM_ZH.search(one.text) and not ASKED_ZH.search(one.text)
    if of_whom and not (one.words.ranked or one.figure_spans):  # 不同收入段的顾客，用券占比分别多少
        return True
    if one.names.members and not (one.names_metric or one.tool or two.names.members) and two.names_metric:
        return True  # 邮件和付费搜索两个渠道，加购率哪个高
    if one.names.unavailable and not one.names_metric and TOLD.search(one.text) and is_request(two):
        return True  # "we're short on staff in january, how many orders should we expect"
    if not two.names_metric and _POINTS_BACK.search(two.text):  # "there's beef in the cart, what goes with it"
        return True
    if one.words.change and not two.names_something:  # "orders fell in June, who held us back?"
        return True
    return is_statement(one) and not is_request(
        two
    )  # "produce did well in the second quarter, in the third sales fell, why?"


def adds(before: ClauseReader, part: ClauseReader) -> bool:
    """Whether a part only adds to the one before it.

    It only says how to split that, wants the same tool and names nothing else to measure ("who would buy meat? I need 100 people"), or it asks why of
    what the one before states ("fewer orders in July than in June. Reasons?"), or what to do with whom it tells of
    ("718 is short of money, what would you offer them?").
    """
    tools = part.scope.tools.tools if part.scope.tools else {}
    told = part.things.them and before.tool is None and not (is_request(before) or before.words.ranked)
    if told and part.tool and "customers" in tools[part.tool].arguments.model_fields:
        return True
    if _LEAVES_OUT.match(part.text) and before.tool:
        return True
    if EACH_OF.match(part.text) or SO_MANY.fullmatch(part.text) or (SPLITS.match(part.text) and not part.tool):
        return True
    if part.tool is None:
        return False
    measures = tools[part.tool].takes("metric")
    if measures and part.names_metric:
        return False
    return part.tool == before.tool or (measures and before.names_metric and not is_request(before))


def asks_why_of(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether a part asks why of a figure that the part before only tells of ("we refunded more than in may, why?")."""
    told = one.names_metric or one.hints_metric or bool(surely(one.figures))
    asked = ASKS.match(one.text) or TELLS.match(one.text)
    return told and not asked and not two.names_metric and not two.periods and bool(WHY.search(two.text))


def lists(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether the seam lies between two figures of a list ("any odd days in revenue | and orders"), or before a "but"."""
    return two.text.startswith("但") or (joins_figures(one, two) and bool(two.tool) and not one.tool)


def joins_figures(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether a metric's name stands on either side of the seam."""
    ends = {end for start, end in one.metric_spans}
    return len(one.text.rstrip()) in ends and 0 in {start for start, end in two.metric_spans}


def joins_members(one: ClauseReader, two: ClauseReader) -> bool:
    """Whether the seam lies inside a list of members ("produce | and deli together")."""
    last = {term.name for mention, term, _ in one.names.members if mention.end >= len(one.text.rstrip())}
    return any(mention.start == 0 and term.name in last for mention, term, _ in two.names.members)
