"""The words that ask for a file, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from db.semantic.schema import Words
from tools.alert_words import listed
from tools.schedule_reading import channel_of

_EN_ASKS = """
export|export it|export that|export this|export these|export those|export them|export the table
export the result|export the results|export to|export as|as excel|to excel|in excel|into excel|excel file
excel sheet|an excel|as an excel|as a csv|as csv|to csv|csv file|in csv|into csv|a csv|as a spreadsheet
to a spreadsheet|into a spreadsheet|in a spreadsheet|as xlsx|to xlsx|xlsx file|as a file|to a file|download it
download that|download this|download the|download these|let me download|can i download|want to download
downloadable|save it as|save that as|save this as|save as|save the table|save the result|save the results
dump it|dump that
"""
_ZH_ASKS = """
导出|导出来|导出为|导出成|导出到|导出一下|导成|导成表格|导一份|导个|导一下|存成|存为|另存为|保存为|保存成|下载|下载下来|下载一下|生成表格文件|excel|csv|xlsx|电子表格|表格文件|做成表格
转成表格|转成excel|变成excel
"""
ASKS = Words(en=listed(_EN_ASKS), zh=listed(_ZH_ASKS))


def read_export(text: str) -> Mapping[str, Any]:
    """The arguments of ``export`` that its words settle.

    >>> read_export("export that as csv to the ops channel"), read_export("导出成excel")
    ({'format': 'csv', 'to': 'ops'}, {})
    """
    found: dict[str, Any] = {}
    if "csv" in text:
        found["format"] = "csv"
    to = channel_of(text)
    if to and to.casefold() not in ("excel", "csv", "xlsx"):
        found["to"] = to
    return found
