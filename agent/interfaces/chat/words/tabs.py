"""Words of the frame around the conversation and of the tabs."""

from __future__ import annotations

from agent.interfaces.chat.words import text

CHAT = text("Chat", "对话")
DASHBOARD = text("Dashboard", "看板")
BRIEFS = text("Briefs", "简报")
DATA = text("Data", "数据")
REVIEW = text("Review", "审核")
SKIP = text("Skip to the question", "跳到提问框")
NEW = text("New conversation", "新对话")
HISTORY = text("Conversations", "历史对话")
NO_HISTORY = text("Your conversations will be listed here.", "您的对话会列在这里。")
DELETE = text("Delete “{title}”", "删除“{title}”")
DELETE_SURE = text("Delete this conversation for good?", "确定永久删除此对话？")
MENU = text("Menu", "菜单")
CLOSE = text("Close", "关闭")
ASK_HERE = text("Ask about your shop…", "请输入关于店铺的问题…")
ASK_LABEL = text("Your question", "您的问题")
SEND = text("Ask", "提问")
STOP = text("Stop", "停止")
WELCOME = text("What do you want to know?", "想了解什么？")
WELCOME_MORE = text(
    "Ask in English or Chinese. Every figure opens the cell it came from.",
    "中英文均可提问，点击数字即可查看其出处。",
)
HINT = text("Enter asks, Shift+Enter breaks the line, Esc stops.", "回车提问，Shift+回车换行，Esc 停止。")
MODEL = text("Model", "模型")
LANGUAGE = text("Language", "语言")
THEME = text("Light or dark", "浅色或深色")
SIGN_OUT = text("Sign out", "退出登录")
SIGNED_OUT = text("You are signed out. Sign in again.", "您已退出登录，请重新登录。")
LOST = text("The connection was lost. Reload the page.", "连接已断开，请刷新页面。")
TODAY = text("Today", "今天")
YESTERDAY = text("Yesterday", "昨天")
EARLIER = text("Earlier", "更早")
TURNS = text("{n} questions", "{n} 个问题")
GONE = text("This conversation does not exist any more.", "此对话已不存在。")
OLD = text("This turn was asked before answers were kept.", "此轮对话的回答未保存。")

WEEK_OF = text("Week of {start} to {end}", "{start} 至 {end} 这一周")
AGAINST = text("against the week before", "与前一周相比")
NO_CHANGE = text("no change", "无变化")
NOTHING_BEFORE = text("nothing to compare with", "无可比数据")
POINTS = text("{n} points", "{n}个百分点")
SIMULATED = text("simulated", "模拟")
ASK_WHY = text("Why?", "为什么？")
WHY_QUESTION = {
    "up": text("Why did {metric} rise last week?", "上周{metric}为什么上升？"),
    "down": text("Why did {metric} fall last week?", "上周{metric}为什么下降？"),
}
TREND = text("{metric} by week", "每周{metric}")
ALERTS = text("Open alerts", "未处理的警报")
NO_ALERTS = text("Nothing is red.", "没有警报。")
MORE_ALERTS = text("and {n} more", "另有 {n} 条")
SCORE = text("score {score}", "得分 {score}")
RESTRICTED = text("You may not see these: your view is limited to a part of the shop.", "您的查看范围受限，无法显示。")
DEAD = text("Failed deliveries", "发送失败")
NO_DEAD = text("Everything was delivered.", "全部发送成功。")
ADMINS_ONLY = text("Administrators see failed deliveries.", "仅管理员可查看发送失败记录。")
TRIES = text("{n} tries", "尝试 {n} 次")
KINDS = {
    "risk": text("Risk", "风险"),
    "metric": text("Unusual figure", "指标异常"),
    "threshold": text("Threshold", "阈值"),
    "anomaly": text("Anomaly", "异常"),
}

STORE = text("Store", "店铺")
AS_OF = text("The shop's clock", "店铺时钟")
RANGE = text("Data from … to", "数据范围")
FRESH = text("Freshness", "数据新鲜度")
FRESH_NOW = text("complete up to the shop's clock", "数据完整至店铺时钟")
FRESH_OLD = text("{n} days behind the shop's clock", "落后店铺时钟 {n} 天")
TABLES = text("Tables", "数据表")
TABLE = text("Table", "表")
COUNT = text("Rows", "行数")
LAST = text("Last entry", "最后一条")
METRICS = text("Metrics", "指标")
METRIC = text("Metric", "指标")
DEFINITION = text("Definition", "定义")
ORIGIN = text("Origin", "来源")
SEARCH = text("Find a metric", "查找指标")
DIMENSIONS = text("Split by", "可按以下维度查看")
NOT_HERE = text("Not in this store", "本店没有的数据")

CONNECT = text("Connect a shop of your own", "接入您自己的店铺")
CONNECT_LEAD = text(
    "A PostgreSQL database, read only, or files of orders. You see what it gives before anything is kept.",
    "PostgreSQL 数据库（只读）或订单文件。保存之前会先显示结果。",
)
CONNECT_NAME = text("Name", "名称")
CONNECT_ADDRESS = text("Address of the database", "数据库地址")
CONNECT_FILES = text("or files (CSV, Excel, Parquet)", "或文件（CSV、Excel、Parquet）")
CONNECT_LOOK = text("Look", "查看")
CONNECT_LOOKING = text("Looking; a large one takes a minute.", "正在查看，数据较多时需要一分钟。")
CONNECT_CHECK = text("Do these agree with your own figures?", "这些数字与您掌握的一致吗？")
CONNECT_ASKS = text("To fill in or to look at", "需要补充或确认")
CONNECT_HIDDEN = text(
    "{n} personal or unclear columns are read by nothing.", "{n} 个个人信息列或含义不明的列不会被读取。"
)
CONNECT_YES = text("Connect it", "接入")
CONNECT_NO = text("No", "取消")
CONNECTED = text("Connected: {name}.", "已接入：{name}。")

REVIEW_LEAD = text(
    "Questions with a thumbs-up. Accept one, and it is answered the same way from then on, without any model.",
    "获得好评的问题。接受后，该问题将始终以同样方式回答，不再调用模型。",
)
NOTHING_TO_REVIEW = text("Nothing to review.", "没有待审核的问题。")
ACCEPT = text("Accept", "接受")
REFUSE = text("Refuse", "拒绝")
ACCEPTED = {
    "added": text("Added to the verified questions.", "已加入验证问题。"),
    "known": text("It was among the verified questions already.", "已在验证问题中。"),
    "unfit": text(
        "It cannot be kept: its words do not say everything that was computed.", "无法保留：问题未说明全部计算条件。"
    ),
}
REFUSED = text("Refused.", "已拒绝。")
PERIOD_ASKED = text("asked by {who} on {day}", "{who} 于 {day} 提问")
DOWN_LIST = text("What was found wrong", "用户指出的问题")
NO_DOWN = text("Nobody found anything wrong.", "没有用户指出问题。")

BRIEF_LEAD = text("The week in figures, reasons and actions.", "一周的数据、原因与行动建议。")
BRIEF_WEEK = text("Week that begins on", "起始周一")
BRIEF_WRITE = text("Write the brief", "生成简报")
BRIEF_WRITING = text("Writing the brief; it takes up to a minute.", "正在生成简报，最多需要一分钟。")
BRIEF_NONE = text("No brief yet. Write the first one.", "还没有简报，请生成第一份。")
BRIEF_KEPT = text("Kept briefs", "已有简报")
BACK = text("All briefs", "全部简报")
BRIEF_SCHEDULE = text("Send it every week", "每周定时发送")
BRIEF_DAY = text("Day", "星期")
BRIEF_TIME = text("Time", "时间")
BRIEF_ZONE = text("Time zone", "时区")
BRIEF_CHANNELS = text("Where to", "发送到")
BRIEF_SET = text("Schedule", "定时")
NO_CHANNELS = text(
    "No channel is set up. An administrator names channels in the settings.", "尚未设置发送渠道，请管理员在设置中添加。"
)
DAYS = (
    text("Monday", "周一"),
    text("Tuesday", "周二"),
    text("Wednesday", "周三"),
    text("Thursday", "周四"),
    text("Friday", "周五"),
    text("Saturday", "周六"),
    text("Sunday", "周日"),
)
