"""Every way to say a period, in both languages: text, then the half-open interval that it means on 2018-01-01."""

from __future__ import annotations

from datetime import date

import pytest

from agent.understand.dates import find_periods
from agent.understand.dates_en import Clock
from agent.understand.text import normalise
from db.errors import QuestionError

CLOCK = Clock(date(2018, 1, 1), date(2017, 1, 1))

PERIODS = """
revenue yesterday | 2017-12-31 2018-01-01
sales on the day before yesterday | 2017-12-30 2017-12-31
revenue last week | 2017-12-25 2018-01-01
final quarter of 2017 | 2017-10-01 2018-01-01
the last two weeks of the year | 2017-12-18 2018-01-01
2017年最后一个季度 | 2017-10-01 2018-01-01
去年头三个月 | 2017-01-01 2017-04-01
12月头十天每天销量 | 2017-12-01 2017-12-11
sales on july 3rd and 4th together | 2017-07-03 2017-07-05
7月3号4号两天卖了多少 | 2017-07-03 2017-07-05
sales on the saturday before christmas | 2017-12-23 2017-12-24
sales on the friday after thanksgiving | 2017-11-24 2017-11-25
late tickets week by week through december | 2017-12-01 2018-01-01
did any payments slip through yesterday | 2017-12-31 2018-01-01
the fall in sessions in q3 | 2017-07-01 2017-10-01
the back half of 2017 | 2017-07-01 2018-01-01
全年最吸金的品类 | 2017-01-01 2018-01-01
圣诞前那一周的营业额 | 2017-12-18 2017-12-25
fishy payments from 23 november up to now | 2017-11-23 2018-01-01
payments since christmas | 2017-12-25 2018-01-01
sales from thanksgiving to year end | 2017-11-23 2018-01-01
orders on boxing day | 2017-12-26 2017-12-27
中秋节订单多少 | 2017-10-04 2017-10-05
春节那周销售额走势 | 2017-01-23 2017-01-30
五一假期每天销售额 | 2017-05-01 2017-05-02
2017年端午节的订单 | 2017-05-30 2017-05-31
orders on easter sunday | 2017-04-16 2017-04-17
flowers for mother's day | 2017-05-14 2017-05-15
orders from black friday to cyber monday | 2017-11-24 2017-11-28
orders four months back | 2017-09-01 2017-10-01
may: orders that look suspicious | 2017-05-01 2017-06-01
takings over the three months to the end of september | 2017-07-01 2017-10-01
11月103号厂家卖了多少 | 2017-11-01 2017-12-01
sales from march to the end of the year | 2017-03-01 2018-01-01
revenue over the last fortnight | 2017-12-18 2018-01-01
produce sales for autumn | 2017-09-01 2017-12-01
between september and november tickets went through the roof | 2017-09-01 2017-12-01
圣诞以来的付款 | 2017-12-25 2018-01-01
从11月23日到年底的销售额 | 2017-11-23 2018-01-01
圣诞前一周的销售额 | 2017-12-18 2017-12-25
圣诞树的销售额 |
the gap in revenue between september and october | 2017-09-01 2017-10-01, 2017-10-01 2017-11-01
orders in the previous week | 2017-12-25 2018-01-01
revenue last month | 2017-12-01 2018-01-01
revenue in the previous month | 2017-12-01 2018-01-01
revenue last quarter | 2017-10-01 2018-01-01
revenue last year | 2017-01-01 2018-01-01
revenue in the last 7 days | 2017-12-25 2018-01-01
revenue in the past 7 days | 2017-12-25 2018-01-01
revenue over the last 30 days | 2017-12-02 2018-01-01
revenue in the last seven days | 2017-12-25 2018-01-01
revenue in the last 3 months | 2017-10-01 2018-01-01
revenue in the past two weeks | 2017-12-18 2018-01-01
revenue in the last 2 quarters | 2017-07-01 2018-01-01
revenue in december 2017 | 2017-12-01 2018-01-01
revenue in dec 2017 | 2017-12-01 2018-01-01
revenue in december | 2017-12-01 2018-01-01
revenue for november | 2017-11-01 2017-12-01
revenue in january | 2017-01-01 2017-02-01
revenue in may | 2017-05-01 2017-06-01
may revenue | 2017-05-01 2017-06-01
revenue in sept 2017 | 2017-09-01 2017-10-01
february 2017 orders | 2017-02-01 2017-03-01
revenue in q1 | 2017-01-01 2017-04-01
revenue in q2 2017 | 2017-04-01 2017-07-01
q3 revenue | 2017-07-01 2017-10-01
revenue in 2017 q4 | 2017-10-01 2018-01-01
revenue in the first quarter of 2017 | 2017-01-01 2017-04-01
revenue in the third quarter | 2017-07-01 2017-10-01
revenue in 2017 | 2017-01-01 2018-01-01
revenue in 2016 | 2016-01-01 2017-01-01
revenue in h1 2017 | 2017-01-01 2017-07-01
revenue in the second half of 2017 | 2017-07-01 2018-01-01
revenue in the first half of 2017 | 2017-01-01 2017-07-01
revenue on 2017-03-05 | 2017-03-05 2017-03-06
revenue on march 5 | 2017-03-05 2017-03-06
revenue on march 5th, 2017 | 2017-03-05 2017-03-06
revenue on 5 march 2017 | 2017-03-05 2017-03-06
revenue on the 5th of march | 2017-03-05 2017-03-06
revenue on july 4 2017 | 2017-07-04 2017-07-05
revenue on february 28, 2017 | 2017-02-28 2017-03-01
revenue from 2017-03-01 to 2017-03-10 | 2017-03-01 2017-03-11
revenue from march to may 2017 | 2017-03-01 2017-06-01
revenue between june and august 2017 | 2017-06-01 2017-09-01
revenue between 2017-02-03 and 2017-02-05 | 2017-02-03 2017-02-06
revenue from march 3 to march 9 | 2017-03-03 2017-03-10
revenue march through june | 2017-03-01 2017-07-01
revenue from 3 to 9 july | 2017-07-03 2017-07-10
revenue from the 3rd to the 9th of july | 2017-07-03 2017-07-10
orders from 10 to 20 november 2017 | 2017-11-10 2017-11-21
revenue from july 3 to 9 | 2017-07-03 2017-07-10
revenue between 3 and 9 july | 2017-07-03 2017-07-10
revenue in q1 to q3 2017 | 2017-01-01 2017-10-01
revenue since october 2017 | 2017-10-01 2018-01-01
revenue since 2017-12-24 | 2017-12-24 2018-01-01
revenue after november 2017 | 2017-12-01 2018-01-01
revenue before march 2017 | 2017-01-01 2017-03-01
revenue until april 2017 | 2017-01-01 2017-05-01
revenue up to june 2017 | 2017-01-01 2017-07-01
revenue from november 2017 onwards | 2017-11-01 2018-01-01
revenue on christmas day | 2017-12-25 2017-12-26
revenue on the last day of november | 2017-11-30 2017-12-01
revenue in the first week of december 2017 | 2017-12-01 2017-12-08
revenue in the week of december 4 2017 | 2017-12-04 2017-12-11
昨天的销售额 | 2017-12-31 2018-01-01
前天的销售额 | 2017-12-30 2017-12-31
上周的订单数 | 2017-12-25 2018-01-01
上星期的订单数 | 2017-12-25 2018-01-01
上个月的销售额 | 2017-12-01 2018-01-01
上月销售额 | 2017-12-01 2018-01-01
上上个月的销售额 | 2017-11-01 2017-12-01
上季度的销售额 | 2017-10-01 2018-01-01
上个季度的销售额 | 2017-10-01 2018-01-01
去年的销售额 | 2017-01-01 2018-01-01
前年的销售额 | 2016-01-01 2017-01-01
最近7天的销售额 | 2017-12-25 2018-01-01
过去七天的销售额 | 2017-12-25 2018-01-01
近30天的销售额 | 2017-12-02 2018-01-01
最近三个月的销售额 | 2017-10-01 2018-01-01
过去两周的销售额 | 2017-12-18 2018-01-01
2017年12月的销售额 | 2017-12-01 2018-01-01
12月的销售额 | 2017-12-01 2018-01-01
十二月的销售额 | 2017-12-01 2018-01-01
十一月份的销售额 | 2017-11-01 2017-12-01
去年5月的销售额 | 2017-05-01 2017-06-01
2017年的销售额 | 2017-01-01 2018-01-01
2016年的销售额 | 2016-01-01 2017-01-01
2017年第一季度的销售额 | 2017-01-01 2017-04-01
第二季度的销售额 | 2017-04-01 2017-07-01
三季度的销售额 | 2017-07-01 2017-10-01
2017年四季度的销售额 | 2017-10-01 2018-01-01
去年第四季度的销售额 | 2017-10-01 2018-01-01
2017年上半年的销售额 | 2017-01-01 2017-07-01
下半年的销售额 | 2017-07-01 2018-01-01
过去半年的销售额 | 2017-07-01 2018-01-01
最近半年有没有明显不对头的日子 | 2017-07-01 2018-01-01
2017年下半年的销售额 | 2017-07-01 2018-01-01
2017年3月5日的销售额 | 2017-03-05 2017-03-06
3月5日的销售额 | 2017-03-05 2017-03-06
3月5号的销售额 | 2017-03-05 2017-03-06
十二月二十五日的销售额 | 2017-12-25 2017-12-26
2017-03-05的销售额 | 2017-03-05 2017-03-06
2017年3月1日到3月10日的销售额 | 2017-03-01 2017-03-11
2017年3月到5月的销售额 | 2017-03-01 2017-06-01
3月至5月的销售额 | 2017-03-01 2017-06-01
从6月到8月的销售额 | 2017-06-01 2017-09-01
10月以来的销售额 | 2017-10-01 2018-01-01
12月24日至今的销售额 | 2017-12-24 2018-01-01
截至2017年4月的销售额 | 2017-01-01 2017-05-01
3月以前的销售额 | 2017-01-01 2017-03-01
11月之后的销售额 | 2017-12-01 2018-01-01
圣诞节的销售额 | 2017-12-25 2017-12-26
ＧＭＶ　２０１７年１２月 | 2017-12-01 2018-01-01
"""

PAIRS = """
revenue in december vs november | 2017-12-01 2018-01-01, 2017-11-01 2017-12-01
revenue in december 2017 compared with october 2017 | 2017-12-01 2018-01-01, 2017-10-01 2017-11-01
how did revenue change from november to december | 2017-11-01 2017-12-01, 2017-12-01 2018-01-01
revenue in q3 and q4 | 2017-07-01 2017-10-01, 2017-10-01 2018-01-01
12月与11月的销售额 | 2017-12-01 2018-01-01, 2017-11-01 2017-12-01
2017年12月和10月的订单数 | 2017-12-01 2018-01-01, 2017-10-01 2017-11-01
第三季度和第四季度的销售额 | 2017-07-01 2017-10-01, 2017-10-01 2018-01-01
"""

NONE = """
revenue by department
may i see the revenue
how many orders were above 2017
revenue of store 367
sales over 10000
各部门的销售额
门店367的销售额
销售额超过1万的部门
"""

IMPOSSIBLE = """
revenue on 2017-02-30
revenue on february 30
revenue on 31 april 2017
revenue on 2017-13-01
revenue on june 31st
2017年2月30日的销售额
4月31日的订单数
13月的销售额
"""


def rows(table: str) -> list[tuple[str, list[tuple[date, date]]]]:
    found = []
    for line in table.strip().splitlines():
        text, _, spans = line.partition(" | ")
        found.append((text, [(date.fromisoformat(s[:10]), date.fromisoformat(s[11:])) for s in spans.split(", ") if s]))
    return found


def periods(text: str) -> list[tuple[date, date]]:
    return [(m.period.start, m.period.end) for m in find_periods(normalise(text), CLOCK)]


@pytest.mark.parametrize(("text", "expected"), [*rows(PERIODS), *rows(PAIRS), *rows(NONE)])
def test_periods(text: str, expected: list[tuple[date, date]]) -> None:
    assert periods(text) == expected


@pytest.mark.parametrize("text", IMPOSSIBLE.strip().splitlines())
def test_dates_that_the_calendar_does_not_have(text: str) -> None:
    with pytest.raises(QuestionError, match=r"(?i)no (?:such )?(?:date|day|month)|calendar|not a"):
        periods(text)
