"""The chat's own words in both languages."""

from __future__ import annotations

from agent.contracts import Language
from db.semantic.schema import Text


def _text(en: str, zh: str) -> Text:
    return Text(en=en, zh=zh)


STAGES = {
    "understand": _text("Reading the question…", "正在理解问题…"),
    "plan": _text("Planning…", "正在规划…"),
    "execute": _text("Querying the data…", "正在查询数据…"),
    "compose": _text("Writing the answer…", "正在撰写回答…"),
}
ASK_HERE = _text("Ask about your shop…", "请输入关于店铺的问题…")
SEND = _text("Ask", "提问")
STOP = _text("Stop", "停止")
NEW = _text("New conversation", "新对话")
STOPPED = _text("Stopped. Ask again when you are ready.", "已停止。可以随时重新提问。")
BUSY = _text("One question at a time: wait for the answer, or stop it.", "请一次问一个问题：等待回答或先停止。")
EMPTY = _text("Type a question first.", "请先输入问题。")
FAULT = _text("Something went wrong in ShopOps; its log has the details.", "ShopOps 出现内部错误，详情见日志。")
WELCOME = _text(
    "Ask in English or Chinese. Every figure opens to the query that made it.",
    "中英文均可提问，每个数字都可追溯到其查询。",
)
HOW = _text("How this was computed", "计算方式")
PLAN = _text("Plan", "计划")
DEFINITIONS = _text("Definitions", "指标定义")
TIMINGS = _text("Time", "耗时")
METHOD = _text("Method", "方法")
READ_AS = _text("Read as", "理解为")
ORIGIN = {
    "recorded": _text("recorded data", "真实记录数据"),
    "simulated": _text("simulated data", "模拟数据"),
}
PLANNED_BY = {
    "verified": _text("a verified question, no model asked", "已验证的问题，未调用模型"),
    "model": _text("planned by the model", "由模型规划"),
    "operator": _text("your own SQL", "您提供的 SQL"),
    "code": _text("settled by code, no model asked", "由代码确定，未调用模型"),
}
ROWS = _text("{n} rows", "共 {n} 行")
CUT = _text("The table was cut at {n} rows; there are more.", "表格只显示前 {n} 行，实际更多。")
CHART_CUT = _text("The chart shows the first {n} of {all}.", "图中显示前 {n} 项，共 {all} 项。")
STAGE_NAMES = {
    "understand": _text("understand", "理解"),
    "plan": _text("plan", "规划"),
    "execute": _text("query", "查询"),
    "compose": _text("write", "撰写"),
    "verify": _text("verify", "核对"),
    "total": _text("total", "合计"),
}
EXAMPLES = {
    "en": (
        "How much revenue did we make last month, compared with the month before?",
        "Which five departments brought in the most revenue in 2017?",
        "Orders by weekday last quarter",
    ),
    "zh": (
        "上个月的销售额是多少，和前一个月相比如何？",
        "2017年销售额最高的五个部门是哪些？",
        "上个季度每个月的订单数和客单价是多少？",
    ),
}


def browser_language(accept_language: str) -> Language:
    """The page's language from the browser's ``Accept-Language`` header.

    >>> browser_language("zh-CN,zh;q=0.9,en;q=0.8"), browser_language("de,en;q=0.7")
    ('zh', 'en')
    """
    first = accept_language.split(",", maxsplit=1)[0].strip().lower()
    return "zh" if first.startswith("zh") else "en"
