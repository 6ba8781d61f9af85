"""The fixed words of a brief in both languages: headings, verdicts, labels. No figure stands here."""

from __future__ import annotations

from collections.abc import Mapping

from agent.brief.contracts import Kpi
from agent.contracts import Language
from db.semantic.schema import Text

WORDS: Mapping[str, Text] = {
    "title": Text(en="Weekly brief", zh="经营周报"),
    "week": Text(en="Week", zh="周"),
    "actions": Text(en="Do this week", zh="本周建议"),
    "expected": Text(en="Expected", zh="预期"),
    "figures": Text(en="Key figures", zh="关键指标"),
    "figure": Text(en="Figure", zh="指标"),
    "now": Text(en="This week", zh="本周"),
    "change": Text(en="Week before", zh="环比"),
    "last_year": Text(en="Last year", zh="同比"),
    "usual": Text(en="Usual range", zh="正常区间"),
    "verdict": Text(en="Verdict", zh="判断"),
    "simulated": Text(en="simulated", zh="模拟"),
    "simulated_mark": Text(en=" (simulated)", zh="（模拟）"),
    "colon": Text(en=": ", zh="："),
    "stop": Text(en=".", zh="。"),
    "evidence": Text(en="Evidence", zh="依据"),
    "details": Text(en="Details", zh="详情"),
    "how": Text(en="How this was made", zh="编制说明"),
    "none": Text(en="–", zh="–"),
    "unavailable": Text(en="Not available this week", zh="本周无法提供"),
    "above": Text(en="The opening says it all.", zh="详见开头。"),
    "no_actions": Text(en="Nothing found this week calls for action.", zh="本周没有需要采取行动的发现。"),
}
VERDICTS: Mapping[str, Text] = {
    "usual": Text(en="usual", zh="正常"),
    "low": Text(en="low", zh="偏低"),
    "high": Text(en="high", zh="偏高"),
    "unknown": Text(en="too few weeks", zh="周数不足"),
}
METHOD = Text(
    en="All figures are computed by code; each can be asked again with `shopops ask`. The usual range is the level of "
    "the last quarter with the spread of the store's own weeks (control limits of an individuals chart); where there "
    "is a last year, each week is held against the same week of it. Outside the range, look; inside it, let it be.",
    zh="所有数字均由代码计算，可用 `shopops ask` 逐一复核。"
    "正常区间取近一季度的水平，加减本店各周自身的波动（单值控制图的控制限）；"
    "有去年数据时，每周与去年同周相比。超出区间才值得追查，区间之内属正常波动。",
)
OPENED_BY_CODE = Text(en="The opening paragraph was put together by code.", zh="开头段落由代码组织。")


def opened_by(model: str | None) -> Text:
    """Who chose what the opening says."""
    if model is None:
        return OPENED_BY_CODE
    return Text(
        en=f"The opening paragraph was put together by {model} from facts that code stated.",
        zh=f"开头段落由{model}从代码给出的事实中组织而成。",
    )


def tone(kpi: Kpi) -> str:
    """How a figure is coloured: good, bad, or plain (usual, unknown, or no better side)."""
    if kpi.verdict in ("usual", "unknown") or kpi.good == "neutral":
        return "noted" if kpi.verdict in ("low", "high") else "plain"
    return "bad" if kpi.bad else "good"


def said(name: str, language: Language) -> str:
    """A fixed word."""
    return WORDS[name].of(language)
