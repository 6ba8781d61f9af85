"""Whether a question asks what a change of ours would do to a figure: no data of the past tells that.

What goes on as it is ("if this keeps up, what will March bring") is a forecast, and whom a mailing would reach an audience.
"""

from __future__ import annotations

import re

_CHANGE = (
    r"(?:rais|increas|decreas|reduc|doubl|halv|tripl|clos|introduc|chang|remov|charg|shorten|extend|low|cut|dropp?|stopp?|shut|start|open|add|switch"
    r"|launch|discontinu|delist|ban|cancel|scrapp?|axe?|abandon|put(?:t)?|pric|discount|mov|spend|spent|hir|advertis|got rid|get(?:ting)? rid|made|mak|went|go)(?:e|ed|er|ing|s|ered|ering|n't)?"
)
_OURS = rf"\b(?:if|suppose|supposing|assuming|imagine|say|what if|were) (?:that )?(?:we|i)(?: were to|'d| would| had| have)? (?:just |only |simply |all |also )?(?:{_CHANGE})\b"
_THINGS = r"(?:(?:our|the|all|all our|delivery|shipping|return|opening) )*(?:prices?|fees?|discounts?|coupons?|vouchers?|delivery|shipping|returns|hours|stores?|shops?|ads|advertising)"
_OURS = rf"(?:{_OURS}|\bif {_THINGS} (?:were|was|went|got|became|cost)\b)"
_EFFECT = (
    r"\b(?:what|how much|how many|how far|how big|by how much|would|will|could|might)\b.*?"
    r"\b(?:happen|los[et]|gain|ris|rose|fall|fell|dropp?|chang|earn|mak|sell|sav|affect|impact|effect|increas|decreas|grow|shrink|hurt|help|suffer|cost|differ|go (?:up|down)|be|look like|do to|mean for|see|bring)"
)
_BY_ACTING = rf"(?:(?:a|an|another|our|the|this|some|more|less|fewer|no|free|higher|lower|cheaper) [^,.?]{{2,40}}?|(?:{_CHANGE})(?<=ing)[^,.?]{{1,40}}?)"
_ENGLISH = re.compile(
    rf"{_OURS}.*?{_EFFECT}|{_EFFECT}.*?{_OURS}|^(?:and |so |but )?what if (?:we|i)(?: just| only)? (?:{_CHANGE})\b"
    rf"|\bwhat (?:would|could|might|will) {_BY_ACTING} (?:do|mean) (?:to|for)\b"
    rf"|\bwhat (?:effect|impact|difference) (?:would|could|might|will) {_BY_ACTING} (?:have|make)\b"
    rf"|^(?:would|could|will|might) (?:{_CHANGE})(?<=ing)\b[^?]{{1,60}}\b(?:hurt|help|raise|lower|boost|affect|impact|increase|decrease|reduce|cost|bring|lift|cut)\b"
    rf"|\bhow (?:much )?(?:would|could|might|will) {_BY_ACTING} (?:affect|impact|change|influence|hurt|help|raise|lower|boost)\b",
    re.ASCII,
)
_ASKS_WHOM = re.compile(
    r"\b(?:who|whom|whose|which (?:customers|households|shoppers|people)|recommend|suggest)\b", re.ASCII
)
_ACT_ZH = (
    r"(?:[涨提降减加]价|打[\d一二三四五六七八九]+折|打折|停(?:掉|发|止|了|用|卖)|不(?:再|发|做|搞|打|送|卖)+|关(?:掉|店|闭|了|门|停)|砍掉?|取消|缩短|延长|翻倍|翻一番|减半"
    r"|提高|降低|增加|减少|下架|上调|下调|改成|换成|新?开(?:一家|家|新)|包邮|免运费|免邮)"
)
_EFFECT_ZH = r"(?:会不会|会(?:怎么?样|怎么变|变|少|多|降|涨|跌|流失|损失|掉|增|减|下滑|上升|有(?:多大|什么|啥)?影响|受|影响)|能(?:少|多|降|涨|提|增|减|省)|影响(?!了)|变成|损失多少|流失多少|多少)"
_CHINESE = re.compile(
    rf"(?:如果|要是|假如|假设|假若|倘若|若是?|[把将])(?!顾客|客户|客人|买家|会员|[他她])[^,?]{{0,14}}?{_ACT_ZH}[^?]{{0,30}}?{_EFFECT_ZH}"
    rf"|^(?:我们|咱们?|全场|以后)?{_ACT_ZH}[^?,]{{0,12}}的话[^?]{{0,20}}{_EFFECT_ZH}|^(?:我们|咱们?|全场)?{_ACT_ZH}[^?,]{{0,8}}会(?:不会)?影响"
    rf"|{_ACT_ZH}[^?]{{0,12}}对[^?]{{1,14}}(?:会有|有)(?:多大|什么|啥|怎样的?|多少)影响"
)
_AS_PRICED = re.compile(
    r"\b(?:full|list|shelf|original) prices?\b|\bbefore (?:any )?(?:discounts?|price cuts?)|原价|折前"
)
_ASKS_WHOM_ZH = re.compile(r"谁|哪[些位几]个?(?:顾客|客户|人|会员|用户|户)|推荐|发给")


def supposes(text: str) -> bool:
    """Whether it asks so.

    Args:
        text: the question, normalised.

    >>> [supposes(t) for t in ("what would a 10% price cut do to sales", "if we mail campaign 18 again, who should get it")]
    [True, False]
    >>> [supposes(t) for t in ("如果全场涨价5%,销售额会变成什么样", "如果顾客要取消订单,我们怎么处理")]
    [True, False]
    """
    if _AS_PRICED.search(text):  # "had nothing been marked down, at full price": sales before discounts
        return False
    if text.isascii():
        return bool(_ENGLISH.search(text)) and not _ASKS_WHOM.search(text)
    return bool(_CHINESE.search(text)) and not _ASKS_WHOM_ZH.search(text)
