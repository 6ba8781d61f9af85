"""When two questions are the same: fillers may differ, figures, names, dates, negations and comparisons never."""

import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.understand.text import normalise
from agent.verified import VerifiedQuestions
from agent.verified_words import words_of
from db.semantic.query import SemanticQuery

AS_OF = date(2018, 1, 1)

SAME = [
    ("revenue by department last month", "What was the revenue by department last month?"),
    ("revenue by department last month", "Can you please show me revenue by department, last month"),
    ("revenue by department last month", "last month's revenue by department"),
    ("revenue by department last month", "REVENUE by department in last month"),
    ("revenue by department last month", "revenue by department overall last month"),
    ("top 5 stores by revenue last month", "top five stores by revenue last month, thanks"),
    ("best-selling products last week", "I'd like to see the best selling products last week"),
    ("orders above 1,200 last month", "orders above 1200 last month"),
    ("上个月各部门销售额", "请问上个月各部门的销售额是多少？"),
    ("上个月各部门销售额", "各部门上个月的销售额"),
    ("上个月销售额前5的门店", "上个月销售额前五的门店"),
    ("revenue last month vs the month before", "what was revenue in last month vs the month before?"),
]
DIFFERENT = [
    ("revenue last month", "revenue last week"),
    ("revenue last month", "revenue last two months"),
    ("revenue last month", "revenue month before last"),
    ("revenue last month", "revenue excluding fuel last month"),
    ("revenue last month", "revenue not last month"),
    ("revenue last month", "orders last month"),
    ("revenue last month", "revenue last month vs last year"),
    ("revenue last month", "revenue before last month"),
    ("revenue last month", "revenue since last month"),
    ("revenue last month", "average revenue last month"),
    ("revenue last month", "running revenue last month"),
    ("revenue last month", "revenue on weekends last month"),
    ("revenue last month", "just fuel revenue last month"),
    ("top 5 stores by revenue last month", "top 10 stores by revenue last month"),
    ("top 5 stores by revenue last month", "bottom 5 stores by revenue last month"),
    ("top store by revenue last month", "top stores by revenue last month"),
    ("revenue by store last month", "revenue by department last month"),
    ("revenue by store last month", "revenue per store last month"),
    ("customers by store last month", "store by customers last month"),
    ("revenue of store 367 last month", "revenue of store 406 last month"),
    ("orders above 100 last month", "orders below 100 last month"),
    ("orders > 100 last month", "orders < 100 last month"),
    ("discount of 5% last month", "discount of 5 last month"),
    ("ages 19-24 last month", "ages 19, 24 last month"),
    ("revenue of type a campaigns", "revenue of type campaigns"),
    ("revenue of type a campaigns", "revenue of type b campaigns"),
    ("revenue in november vs december", "revenue in december vs november"),
    ("revenue of december compared with november", "revenue of november compared with december"),
    ("revenue from january to march", "revenue from march to january"),
    ("products sold and not returned last month", "products sold and returned last month"),
    ("did revenue grow last month", "didn't revenue grow last month"),
    ("上个月销售额", "上周销售额"),
    ("上个月销售额", "上上个月销售额"),
    ("上个月销售额", "上个月订单数"),
    ("上个月销售额", "上个月不含燃油的销售额"),
    ("上个月销售额前5的门店", "上个月销售额前10的门店"),
    ("上个月销售额前5的门店", "上个月销售额后5的门店"),
    ("上个月各门店销售额", "上个月各部门销售额"),
    ("11月比12月的销售额", "12月比11月的销售额"),
    ("上个月销售额", "上个月平均销售额"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("verified")


def book_of(folder: Path, *texts: str) -> VerifiedQuestions:
    import json

    path = folder / "verified.yaml"
    entries = [
        {"question": {"en": [t]}, "query": {"metrics": ["revenue"], "limit": i + 1}} for i, t in enumerate(texts)
    ]
    path.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    return VerifiedQuestions(path, None)


@pytest.mark.parametrize(("known", "asked"), SAME)
def test_fillers_and_the_place_of_the_period_do_not_count(known: str, asked: str, folder: Path) -> None:
    for one, other in ((known, asked), (asked, known)):
        assert book_of(folder, one).match(other, AS_OF) == SemanticQuery(metrics=("revenue",), limit=1)


@pytest.mark.parametrize(("known", "asked"), DIFFERENT)
def test_what_changes_the_figure_counts(known: str, asked: str, folder: Path) -> None:
    for one, other in ((known, asked), (asked, known)):
        assert book_of(folder, one).match(other, AS_OF) is None


def test_two_near_questions_with_different_queries_are_left_to_the_planner(folder: Path) -> None:
    book = book_of(folder, "revenue by store last month", "last month's revenue by store")
    assert book.match("in last month, revenue by store", AS_OF) is None
    assert book.match("revenue by store last month", AS_OF) is not None


FILLERS = ["please", "the", "show", "what was", "did", "we", "our", ",", "?", "kindly", "tell me"]
WORDS = [
    *"revenue orders by store department top 5 10 not excluding fuel above vs last month week per each only".split(),
    *"不 各 12".split(),
]
sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6)


@given(sentences, st.data())
def test_fillers_anywhere_leave_the_words_as_they_are(words: list[str], data: st.DataObject) -> None:
    filled = list(words)
    for _ in range(data.draw(st.integers(1, 4))):
        filled.insert(data.draw(st.integers(0, len(filled))), data.draw(st.sampled_from(FILLERS)))
    assert words_of(normalise(" ".join(filled))) == words_of(normalise(" ".join(words)))


BOOK = [
    "revenue by department last month",
    "top 5 stores by revenue last week",
    "orders excluding fuel yesterday",
    "上个月各部门销售额",
]


@pytest.fixture(scope="module")
def book(folder: Path) -> VerifiedQuestions:
    return book_of(folder, *BOOK)


@given(st.data())
def test_one_word_more_or_less_or_another_is_another_question(book: VerifiedQuestions, data: st.DataObject) -> None:
    words = data.draw(st.sampled_from(BOOK[:3])).split()
    i = data.draw(st.integers(0, len(words) - 1))
    change = data.draw(st.sampled_from(["more", "less", "other"]))
    word = data.draw(st.sampled_from([w for w in [*WORDS, "without", "a", "store", "20", "march"] if w != words[i]]))
    changed = words[:i] + ([] if change == "less" else [word]) + words[i + (change != "more") :]
    assert book.match(" ".join(changed), AS_OF) is None


@given(st.data())
def test_one_character_more_or_less_is_another_question_in_chinese(
    book: VerifiedQuestions, data: st.DataObject
) -> None:
    text = BOOK[3]
    i = data.draw(st.integers(0, len(text) - 1))
    extra = data.draw(st.sampled_from(["", *"不无前后比除只均5年周"]))
    assert book.match(text[:i] + extra + text[i + (not extra) :], AS_OF) is None


@given(st.text(max_size=60))
def test_any_text_is_matched_without_an_error(book: VerifiedQuestions, text: str) -> None:
    found = book.match(text, AS_OF)
    assert found is None or words_of(normalise(text))


def test_a_match_among_five_hundred_takes_under_five_milliseconds(folder: Path) -> None:
    book = book_of(folder, *(f"revenue of store {n} last month" for n in range(500)))
    asked = ["revenue of store 250 last month", "last month's revenue of store 250", "orders of store 250", "收入多少"]
    spent = []
    for text in asked * 20:
        start = time.perf_counter()
        book.match(text, AS_OF)
        spent.append(time.perf_counter() - start)
    assert sorted(spent)[len(spent) // 2] < 0.005
