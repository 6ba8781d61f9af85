"""The bots' own words in both languages."""

from __future__ import annotations

from agent.contracts import Language
from db.semantic.schema import Text


def _text(en: str, zh: str) -> Text:
    return Text(en=en, zh=zh)


STAGES = {
    "understand": _text("Reading the question…", "正在理解问题…"),
    "plan": _text("Planning…", "正在规划…"),
    "compose": _text("Writing the answer…", "正在撰写回答…"),
}
STOP = _text("Stop", "停止")
STOPPING = _text("Stopping…", "正在停止…")
NOTHING_RUNS = _text("Nothing of yours is being answered here.", "您在此处没有正在回答的问题。")
HELP = _text(
    "Ask about your shop, for example: “Which five departments brought in the most revenue in 2017?”",
    "请直接提问，例如：“2017年销售额最高的五个部门是哪些？”",
)
ONLY_TEXT = _text("I read text only: please type your question.", "我只能阅读文字，请输入您的问题。")
BUSY = _text(
    "You have several questions under way: please ask again when they are answered.",
    "您有多个问题正在处理，请待回答后再提问。",
)
FAULT = _text("Something went wrong in ShopOps; its log has the details.", "ShopOps 出现内部错误，详情见日志。")
UNKNOWN = _text(
    "ShopOps does not know you yet: ask its administrator to map your id {user} to a user.",
    "ShopOps 尚未识别您：请联系管理员将您的 ID {user} 映射到用户。",
)
GONE = _text(
    "Your ShopOps user is missing or disabled: ask its administrator.",
    "您的 ShopOps 用户不存在或已停用，请联系管理员。",
)
READ_AS = _text("Read as", "理解为")
SIMULATED = _text("simulated data", "模拟数据")
RECORDED = _text("recorded data", "真实记录数据")
NO_MODEL = _text("no model needed", "未调用模型")
SECONDS = _text("{s} s", "{s}秒")
ROWS_CUT = _text("The first {shown} of {all} rows.", "显示前 {shown} 行，共 {all} 行。")
ROWS_MORE = _text("The first {shown} rows; there are more.", "显示前 {shown} 行，实际更多。")
COLUMNS_CUT = _text("{n} more columns are not shown.", "另有 {n} 列未显示。")
TEXT_CUT = _text("The answer was cut here.", "回答在此截断。")
NEXT = _text("Ask next:", "还可以问：")
YES = _text("Yes, do it", "确认执行")
NO = _text("No", "取消")
TYPE_NUMBER = _text("Reply with the number.", "请回复序号。")
TYPE_YES = _text(
    "To do it, reply “yes {id}”; to let it go, reply “no {id}”.", "确认请回复“是 {id}”，取消请回复“否 {id}”。"
)
ASKED = _text("{who} asked: {question}", "{who} 提问：{question}")
NO_FILES = _text("The file {name} is kept in ShopOps.", "文件 {name} 保存在 ShopOps 中。")


def stage(name: str, message: str, language: Language) -> str | None:
    """What is being done right now; of a query, what is asked for. None: nothing that is worth another line.

    >>> stage("execute", "querying revenue", "en"), stage("execute", "explain_change", "en")
    ('Querying revenue…', None)
    """
    if name == "execute" and message.startswith(("querying ", "正在查询")):
        return f"{message[:1].upper()}{message[1:]}…"
    return STAGES[name].of(language) if name in STAGES else None
