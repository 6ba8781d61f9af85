"""The channels' own words in both languages."""

from __future__ import annotations

from db.semantic.schema import Text

FILES_KEPT = Text(
    en="With it goes {names}, which this channel cannot carry: it is kept in ShopOps.",
    zh="另附 {names}，此渠道无法携带附件，文件保存在 ShopOps 中。",
)
TEST_TITLE = Text(en="Test message from ShopOps", zh="ShopOps 测试消息")
TEST_TEXT = Text(
    en="This channel works: **briefs**, alerts and exports can come here.",
    zh="此渠道可用：**简报**、预警和导出可发送到这里。",
)
CUT = Text(en="The message was cut here.", zh="消息在此截断。")
