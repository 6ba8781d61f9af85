"""The chat's own words in both languages: here those of the conversation; those of the tabs beside it."""

from __future__ import annotations

from agent.contracts import Language
from db.semantic.schema import Text


def text(en: str, zh: str) -> Text:
    """The same words in both languages."""
    return Text(en=en, zh=zh)


STAGES = {
    "understand": text("Reading the question…", "正在理解问题…"),
    "plan": text("Planning…", "正在规划…"),
    "execute": text("Querying the data…", "正在查询数据…"),
    "compose": text("Writing…", "正在撰写…"),
}
TOOLS = {
    "explain_change": text("Looking for what moved it…", "正在查找变化原因…"),
    "detect_anomalies": text("Looking for what is off…", "正在检测异常…"),
    "forecast": text("Forecasting…", "正在预测…"),
    "segment_customers": text("Grouping customers…", "正在划分客户…"),
    "recommend_products": text("Finding products to offer…", "正在挑选推荐商品…"),
    "find_audience": text("Choosing whom to write to…", "正在筛选目标人群…"),
    "check_risk": text("Checking for risk…", "正在排查风险…"),
    "search_knowledge": text("Searching the handbook…", "正在查阅手册…"),
    "draft_reply": text("Drafting a reply…", "正在起草回复…"),
    "run_sql": text("Running your SQL…", "正在执行您的 SQL…"),
}
STOPPED = text("Stopped. Ask again when you are ready.", "已停止。可以随时重新提问。")
BUSY = text("One question at a time: wait for the answer, or stop it.", "请一次问一个问题：等待回答或先停止。")
EMPTY = text("Type a question first.", "请先输入问题。")
FAULT = text("Something went wrong in ShopOps; its log has the details.", "ShopOps 出现内部错误，详情见日志。")
HOW = text("How this was computed", "计算方式")
PLAN = text("Plan", "计划")
DEFINITIONS = text("Definitions", "指标定义")
TIMINGS = text("Time", "耗时")
METHOD = text("Method", "方法")
READ_AS = text("Read as", "理解为")
ORIGIN = {
    "recorded": text("recorded data", "真实记录数据"),
    "simulated": text("simulated data", "模拟数据"),
}
PLANNED_BY = {
    "verified": text("a verified question, no model asked", "已验证的问题，未调用模型"),
    "model": text("planned by the model", "由模型规划"),
    "operator": text("your own SQL", "您提供的 SQL"),
    "code": text("settled by code, no model asked", "由代码确定，未调用模型"),
}
ROWS = text("{n} rows", "共 {n} 行")
CUT = text("The table was cut at {n} rows; there are more.", "表格只显示前 {n} 行，实际更多。")
CHART_CUT = text("The chart shows the first {n} of {all}.", "图中显示前 {n} 项，共 {all} 项。")
STAGE_NAMES = {
    "understand": text("understand", "理解"),
    "plan": text("plan", "规划"),
    "execute": text("query", "查询"),
    "compose": text("write", "撰写"),
    "verify": text("verify", "核对"),
    "total": text("total", "合计"),
}
SORT = text("Sort by {column}", "按{column}排序")
OPEN_FIGURE = text("Show where {figure} comes from", "查看{figure}的出处")
CHART = text("Chart: {title}", "图表：{title}")
CSV = text("CSV", "CSV 文件")
EXCEL = text("Excel", "Excel 文件")
DOWNLOAD_CSV = text("Download this table as CSV", "下载此表（CSV）")
DOWNLOAD_EXCEL = text("Download this table as an Excel file", "下载此表（Excel）")
COPY = text("Copy", "复制")
COPIED = text("Copied", "已复制")
GOOD = text("Good answer", "回答得好")
BAD = text("Something is wrong", "回答有问题")
ASK_NEXT = text("Ask next", "接着问")
CHOOSE = text("Choose a reading", "请选择一种理解")
WHY_BAD = text("What was wrong?", "哪里不对？")
REASONS = (
    text("Wrong figure", "数字不对"),
    text("Wrong period", "时间范围不对"),
    text("Misunderstood me", "理解错了"),
    text("Too slow", "太慢"),
)
WHY_MORE = text("More, if you like", "可以补充说明")
SEND_WHY = text("Send", "发送")
THANKS = {
    "review": text(
        "Thank you. An administrator reviews it; then this question needs no model any more.",
        "谢谢。管理员审核后，这个问题将不再需要模型。",
    ),
    "known": text("Thank you. This question is among the verified ones already.", "谢谢。这个问题已在验证列表中。"),
    "noted": text("Thank you; noted.", "谢谢，已记录。"),
}
YES = text("Yes, do it", "是，执行")
NO = text("No", "否")
PROPOSED = text("This needs your yes", "需要您确认")
GONE = text("This does not exist any more.", "此内容已不存在。")
FORGOTTEN = text("The conversation was deleted.", "对话已删除。")
DECIDED = text("This waits no longer: it was decided, or is too old.", "已处理或已过期。")
EXAMPLES = {
    "en": (
        "How much revenue did we make last month, compared with the month before?",
        "Which five departments brought in the most revenue in 2017?",
        "Why did revenue fall last week?",
        "Who is about to leave?",
    ),
    "zh": (
        "上个月的销售额是多少，和前一个月相比如何？",
        "2017年销售额最高的五个部门是哪些？",
        "上周销售额为什么下降？",
        "哪些客户快流失了？",
    ),
}


def browser_language(accept_language: str) -> Language:
    """The page's language from the browser's ``Accept-Language`` header.

    >>> browser_language("zh-CN,zh;q=0.9,en;q=0.8"), browser_language("de,en;q=0.7")
    ('zh', 'en')
    """
    first = accept_language.split(",", maxsplit=1)[0].strip().lower()
    return "zh" if first.startswith("zh") else "en"
