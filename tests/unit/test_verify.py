"""Nothing ungrounded is shown: what passes, what is replaced, and that no number slips through."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.compose import stated
from agent.figures import dates_of, numbers_of
from agent.understand.vocabulary import Term, Vocabulary
from agent.verify import grounded_numbers, verify
from db.semantic.schema import Text
from tools.evidence import Fact

REVENUE = Fact(
    "f1", Decimal("421882.29"), "currency",
    Text(en="Revenue in December 2017 was $421,882.29.", zh="2017年12月的销售额为$421,882.29。"), (),
)  # fmt: skip
CHANGE = Fact(
    "f2", Decimal("36330.04"), "currency",
    Text(
        en="That is up $36,330.04 (+9.42%) from $385,552.25 in November 2017.",
        zh="销售额较2017年11月的$385,552.25增加$36,330.04（+9.42%）。",
    ), (), 0.9,
)  # fmt: skip
BEST = Fact(
    "f3", Decimal("215005.89"), "currency",
    Text(
        en="Dr. Pepper Co. had the highest revenue on Saturday, 2017-12-23: $215.89.",
        zh="2017-12-23（周六）销售额最高的是Dr. Pepper Co.：$215.89。",
    ), (), 0.8,
)  # fmt: skip
FACTS = (REVENUE, CHANGE, BEST)
NAMES = Vocabulary([("fuel", Term("member", "department", "FUEL")), ("dr pepper", Term("member", "brand", "DP"))])


def checked(text: str, language: str = "en") -> tuple[str, int]:
    result = verify(text, FACTS, "zh" if language == "zh" else "en", lambda: NAMES)
    return result.text, result.replaced


PASSES = [
    "Revenue in December 2017 was $421,882.29.[f1]",
    "December brought in $421,882 [f1].",
    "We took $421.9k in December [f1].",
    "Revenue came to about $0.42 million [f1].",
    "It grew by 9.4% [f2].",
    "Revenue rose 9.42% to $421,882.29 in December [f1][f2].",
    "Up 9 percent from November [f2].",
    "A look at the months would show why [f2].",
    "Dr. Pepper Co. led on Saturday [f3].",
    "Saturday, December 23, was best [f3].",
]
FAILS = [
    ("Revenue was $421,883.29 [f1].", "another number"),
    ("Revenue was $421,883 [f1].", "wrongly rounded"),
    ("Revenue was $421.8k [f1].", "wrongly rounded in thousands"),
    ("It grew by 9.5% [f2].", "wrongly rounded percentage"),
    ("Revenue was $421,882.29 in November 2017 [f1].", "another month"),
    ("Revenue was $421,882.29 in December 2016 [f1].", "another year"),
    ("It was best on Sunday [f3].", "another weekday"),
    ("It was best on December 24 [f3].", "another day"),
    ("Revenue fell by 9.42% [f2].", "the other direction"),
    ("FUEL brought in $421,882.29 [f1].", "a name that the fact lacks"),
    ("It cost $2,017 in December 2017 [f1].", "a year taken for money"),
    ("Revenue doubled [f1].", "a number in words"),
    ("We took four hundred thousand [f1].", "a number in words"),
    ("We took USD500 [f1].", "no space before the number"),
    ("We took ５００ [f1].", "full-width digits"),
    ("We took .5 million [f1].", "no leading zero"),
    ("Revenue was $9 [f9].", "a fact that does not exist"),
    ("Revenue was $421,882.29 [f2].", "the wrong fact"),
]


@pytest.mark.parametrize("text", PASSES)
def test_what_the_facts_hold_passes(text: str) -> None:
    shown, replaced = checked(text)
    assert replaced == 0
    assert shown == re.sub(r"\s*\[f\d\]", "", text)


@pytest.mark.parametrize(("text", "why"), FAILS, ids=[why for _, why in FAILS])
def test_what_they_do_not_hold_is_replaced_by_their_own_sentence(text: str, why: str) -> None:
    shown, replaced = checked(text)
    assert replaced == 1
    cited = [fact for fact in FACTS if f"[{fact.id}]" in text] or [REVENUE]
    assert shown == cited[0].text.en


def test_figures_without_a_mark_are_dropped() -> None:
    assert checked("Well done. Sales were $77. It grew 9.42% [f2].") == ("Well done. It grew 9.42%.", 1)


@pytest.mark.parametrize("text", ["", "   ", "Hello!", "[f9]", "Sales were $77."])
def test_a_text_without_facts_gets_the_headline(text: str) -> None:
    assert checked(text) == (REVENUE.text.en, 1)


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("12月销售额为$421,882.29[f1]。", 0),
        ("销售额约42.19万元[f1]。", 0),
        ("销售额为42.2万[f1]。", 0),
        ("销售额为43万[f1]。", 1),
        ("比上月增加了9.42%[f2]。", 0),
        ("比上月减少了9.42%[f2]。", 1),
        ("11月销售额为$421,882.29[f1]。", 1),
        ("销售额翻了一番[f1]。", 1),
        ("占百分之九[f2]。", 1),
    ],
)
def test_chinese(text: str, replaced: int) -> None:
    assert checked(text, "zh")[1] == replaced


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_facts_own_sentences_stay_whole_and_are_told_apart(language: str) -> None:
    text = stated(FACTS, "zh" if language == "zh" else "en")
    shown, replaced = checked(text, language)
    assert replaced == 0
    assert shown == ("" if language == "zh" else " ").join(f.text.of(language) for f in FACTS)


NUMBERS = st.decimals(min_value=1, max_value=10**9, places=2).filter(lambda n: n not in (2017, 12, 11, 23))
FORMS = st.sampled_from(["${}", "{}", "{}%", "¥{}", "USD{}", "about {} units", "{}万", "{}元", "in {} stores"])
WORDS = st.text(alphabet="abcdefghij ", max_size=20)


@given(NUMBERS, FORMS, WORDS, WORDS, st.sampled_from(["", " [f1]", " [f2]", " [f1][f2]", "[f1, f3]"]))
def test_no_foreign_number_is_ever_shown(number: Decimal, form: str, before: str, after: str, mark: str) -> None:
    written = form.format(f"{number:,}")
    pool = [n for f in FACTS for n in (*numbers_of(f.text.en), *numbers_of(f.text.zh))]
    near = any(abs(o.value - n.value) <= n.half for n in numbers_of(written) for o in pool)
    shown, replaced = checked(f"{before} {written} {after}{mark}.")
    if not near:
        assert not re.search(rf"(?<![\d,.]){re.escape(written)}(?!\d)", shown)  # 2.25 may end a true 385,552.25
        assert replaced == 1
    assert grounded_numbers(shown, FACTS) == 0


@given(st.text(max_size=200))
def test_any_text_ends_with_grounded_numbers_only(text: str) -> None:
    shown, _ = checked(text)
    assert grounded_numbers(shown, FACTS) == 0
    assert shown


@given(st.text(max_size=80))
def test_reading_figures_never_fails(text: str) -> None:
    assert all(n.half >= 0 for n in numbers_of(text))
    assert all(number >= 0 for _, number in dates_of(text))
