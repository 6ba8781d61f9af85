"""The words that ask for a forecast, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from db.semantic.schema import Words

_EN_ASKS = """
forecast|forecasts|forecasted|predict|prediction|predicted|projection|projections|projected|project our|outlook
what to expect|what can we expect|what should we expect|can we expect|should we expect|do you expect|expect next
expected next|expected for|expected to be|expected in|what will|how much will|how many will|will look like
going to look like|gonna be|going to be|are we going to|likely to sell|likely to be|likely be|estimate for next
estimate next|estimate the coming|extrapolate|where will|where are we heading|where is it heading|heading for
run rate for next|anticipate|anticipated|how will|will we make|will we sell|will we reach|will it reach
on track for|plan for next|what would next|how busy will|looking ahead
"""
_ZH_ASKS = """
预测|预计|预估|预报|估计下|估算下|推测|展望|未来走势|未来趋势|未来会|未来几天|未来一周|未来两周|未来一个月
未来的|接下来会|接下来几天|接下来一周|接下来两周|接下来一个月|下个月会|下月会|下周会|下季度会|明天会|后天会
明年会|本月会|会卖多少|会有多少|会是多少|会达到|能卖多少|能卖到|能达到|能做到多少|将会|将达到|将有多少|大概会
大约会|可能会有|可能会卖|推算|趋势会如何|会怎么样|会怎样|会不会涨|会不会跌|会上升吗|会下降吗|走势如何预期|预期
有望
"""
_EN_HINTS = """
next|will|future|coming week|coming weeks|coming month|coming months|coming days|coming quarter|coming year
coming up|coming our way|coming in next|upcoming|ahead|tomorrow|expect|expecting|trend ahead|by the end of
rest of the month
rest of the year
going to|about to land|about to come|set aside|setting aside|put aside|put by|in for|pencil in
brace for|bracing for|budget for|stock up for|staff up for
"""
_ZH_HINTS = """
将|会|未来|接下来|下周|下个月|下月|下季度|明天|后天|今后|往后
后续|之后几天|月底|年底前|剩下的日子
大概能|估计要|要接|指望|能做到|能做多少|得备|要备|备多少|预备|预留|先留出|提前留|提前备|往后看|会涌进|能进账
"""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word for line in text.split("\n") for word in line.split("|") if word)


ASKS = Words(en=_listed(_EN_ASKS), zh=_listed(_ZH_ASKS))
HINTS = Words(en=_listed(_EN_HINTS), zh=_listed(_ZH_HINTS))
CHOICES: Mapping[str, Mapping[str, Words]] = {
    "grain": {
        "day": Words(
            en=("daily", "by day", "per day", "each day", "day by day"),
            zh=("每天", "每日", "逐日", "按天", "按日", "日粒度", "天粒度"),
        ),
        "week": Words(
            en=("weekly", "by week", "per week", "each week", "week by week"), zh=("每周", "逐周", "按周", "周粒度")
        ),
        "month": Words(
            en=("monthly", "by month", "per month", "each month"), zh=("每月", "每个月", "逐月", "按月", "月粒度")
        ),
    }
}
