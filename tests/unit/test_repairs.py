"""Slips that are taken back within a question."""

from __future__ import annotations

from datetime import date

import pytest

from agent.stores import store_yaml
from agent.understand.dates import Clock
from agent.understand.lexicon import Lexicon
from agent.understand.repairs import repaired
from db.semantic.load import load_store_schema

LEXICON = Lexicon(
    load_store_schema(store_yaml("journey")), lambda d: ("MEAT", "GROCERY", "DRUG GM") if d == "department" else ()
)
CLOCK = Clock(date(2018, 1, 1), date(2017, 1, 1))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("own-label share of meat? sorry, of grocery", "own-label share of grocery"),
        ("revenue in october, no wait, november", "revenue in november"),
        ("meat sales, i mean grocery sales in june", "grocery sales in june"),
        ("revenue by store - actually by department", "revenue by department"),
        ("revenue, sorry, orders in march", "orders in march"),
        ("meat sales in may, oops, grocery", "grocery sales in may"),
        ("revenue in may, sorry june, no, july", "revenue in july"),
        ("十月的收入，不对，十一月的收入", "十一月的收入"),
        ("十月，说错了，十一月的订单数", "十一月的订单数"),
        ("按门店，不对，按部门看收入", "按部门看收入"),
        ("revenue of meat, not grocery", None),
        ("sorry, what was revenue in may?", None),
        ("meat rather than grocery in may", None),
        ("no grocery and no meat in may: revenue", None),
        ("did we make more revenue in june than in may", None),
        ("what does revenue mean in june and july", None),
    ],
)
def test_what_is_taken_back_is_not_asked(said: str, meant: str | None) -> None:
    assert repaired(said, LEXICON, CLOCK) == (meant or said)
