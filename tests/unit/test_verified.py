"""Verified questions: reading the files, the demo store's own, and growing by thumbs-up."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from agent.understand.dates import find_periods
from agent.understand.dates_en import Clock
from agent.understand.modifiers import compare_words
from agent.verified import VerifiedQuestions, shipped_path
from agent.verified_file import read_entries
from db.errors import QuestionError, SchemaError, StoreLocked
from db.semantic.load import load_store_schema
from db.semantic.query import Filter, Interval, Order, SemanticQuery
from db.semantic.schema import StoreSchema
from db.sources.atomic import replacing

AS_OF = date(2018, 1, 1)
LATER = date(2018, 3, 15)
DECEMBER = Interval(start=date(2017, 12, 1), end=date(2018, 1, 1))
NOVEMBER = Interval(start=date(2017, 11, 1), end=date(2017, 12, 1))
FEBRUARY = Interval(start=date(2018, 2, 1), end=date(2018, 3, 1))
REVENUE = SemanticQuery(metrics=("revenue",), time=DECEMBER)
YESTERDAY = SemanticQuery(metrics=("revenue",), time=Interval(start=date(2017, 12, 31), end=AS_OF))
DAY = Filter(dimension="date", values=("2017-12-23",))


def against(start: date, end: date) -> SemanticQuery:
    """December's revenue compared with another period."""
    return REVENUE.model_copy(update={"compare": Interval(start=start, end=end)})


@pytest.fixture(scope="module")
def schema() -> StoreSchema:
    return load_store_schema(shipped_path("journey").with_name("journey.yaml"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "verified.yaml"


def test_the_demo_stores_file_holds_in_its_schema_and_says_nothing_twice(schema: StoreSchema) -> None:
    entries = list(read_entries(shipped_path("journey"), schema, date(2017, 1, 1)))
    assert len({entry.verified for entry in entries}) >= 25
    said = [entry.words for entry in entries]
    assert sorted(said) == sorted(set(said))


@pytest.mark.parametrize("as_of", [AS_OF, LATER, date(2017, 12, 13)])
def test_every_phrasing_names_the_periods_of_its_query(as_of: date) -> None:
    clock = Clock(as_of, date(2017, 1, 1))
    for entry in read_entries(shipped_path("journey"), None, date(2017, 1, 1)):
        query, taken = entry.verified.resolve(clock), bytearray(len(entry.normal))
        baseline = compare_words(entry.normal, taken)
        hidden = "".join(" " if used else c for c, used in zip(entry.normal, taken, strict=True))
        named = [mention.period.interval for mention in find_periods(hidden, clock)]
        assert query.time in named, entry.normal
        assert set(named) <= {query.time, query.compare}, entry.normal
        assert baseline is None or query.compare is not None, entry.normal


def test_the_demo_store_answers_in_both_languages(schema: StoreSchema) -> None:
    book = VerifiedQuestions(shipped_path("journey"), None, schema)
    assert book.match("What was our revenue last month?", AS_OF) == REVENUE
    assert book.match("请问上个月的销售额是多少？", AS_OF) == REVENUE
    grown = book.match("Which departments grew most last month?", AS_OF)
    assert grown is not None
    assert (grown.time, grown.compare, grown.order) == (DECEMBER, NOVEMBER, Order(by="change"))


def test_last_month_is_the_month_before_the_day_of_asking() -> None:
    book = VerifiedQuestions(shipped_path("journey"), None)
    asked = book.match("revenue last month", LATER)
    assert asked is not None
    assert asked.time == FEBRUARY


@pytest.mark.parametrize("text", ["", "   ", "\x00", "x" * 5000, "revenue on february 30", "???"])
def test_what_cannot_be_read_matches_nothing(text: str) -> None:
    assert VerifiedQuestions(shipped_path("journey"), None).match(text, AS_OF) is None


GOOD = "- question: {en: [revenue last month]}\n  query: {metrics: [revenue], time: last month}\n"


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        ("question: x\n", 1, "a list"),
        (GOOD + "- question: {en: [x y]}\n", 3, "two keys"),
        (GOOD + "- {question: {en: [x y]}, query: {metrics: [revenue]}, note: 1}\n", 3, "two keys"),
        (GOOD + "- question: [x y]\n  query: {metrics: [revenue]}\n", 3, "under en and zh"),
        (GOOD + "- question: {fr: [x y]}\n  query: {metrics: [revenue]}\n", 3, "under en and zh"),
        (GOOD + "- question:\n    en: x y\n  query: {metrics: [revenue]}\n", 4, "list of questions"),
        (GOOD + "- question: {en: ['the ?']}\n  query: {metrics: [revenue]}\n", 3, "says nothing"),
        (GOOD + "- question: {en: [' ']}\n  query: {metrics: [revenue]}\n", 3, "empty"),
        (GOOD + "- question: {en: [x y]}\n  query: [revenue]\n", 4, "a mapping"),
        (GOOD + "- question: {en: [x y]}\n  query:\n    metrics: [revenue]\n    shape: 3\n", 6, "shape"),
        (
            GOOD + "- question: {en: [x y]}\n  query:\n    metrics: [revenue]\n    time: soon\n",
            6,
            "'soon' is no period",
        ),
        (GOOD + "- question: {en: [x y]}\n  query:\n    metrics: [revenue]\n    time: 2017-02-30\n", 6, "no period"),
        (
            GOOD + "- question: {en: [x y]}\n  query:\n    metrics: [revenue]\n    time: 2017\n    compare: before\n",
            7,
            "'before' is no period",
        ),
        (GOOD + "- question: {en: [x y]}\n  query:\n    metrics: [revenue]\n    compare: year\n", 6, "needs a time"),
        (GOOD + "- question: {en: [x y]}\n  query: {metrics: [revenues]}\n", 4, "revenues"),
        (GOOD + "- question: {en: [x y}\n", 3, "expected"),
    ],
)
def test_a_file_that_does_not_hold_names_its_line(
    content: str, line: int, said: str, own: Path, schema: StoreSchema
) -> None:
    own.write_text(content, encoding="utf-8")
    with pytest.raises(SchemaError, match=f"verified.yaml line {line}: .*{said}"):
        VerifiedQuestions(None, own, schema)
    book = VerifiedQuestions(None, None, schema)
    book._own_path = own
    with pytest.raises(SchemaError, match=f"line {line}"):
        book.add("orders last month", "en", REVENUE, AS_OF)
    assert own.read_text(encoding="utf-8") == content


def test_a_file_in_another_encoding_is_said_plainly(own: Path) -> None:
    own.write_bytes("- question: {zh: [上个月销售额]}\n".encode("gb18030"))
    with pytest.raises(SchemaError, match=r"verified.yaml.*(cannot be read|utf)"):
        VerifiedQuestions(None, own)


def test_periods_may_be_written_as_dates(own: Path) -> None:
    own.write_text("- question: {en: [black friday]}\n  query: {metrics: [revenue], time: 2017-11-24, compare: 2016}\n")
    found = VerifiedQuestions(None, own).match("Black Friday?", AS_OF)
    assert found is not None
    assert found.time == Interval(start=date(2017, 11, 24), end=date(2017, 11, 25))
    assert found.compare == Interval(start=date(2016, 1, 1), end=date(2017, 1, 1))


def test_a_thumbs_up_is_matched_from_then_on_in_every_process(own: Path, schema: StoreSchema) -> None:
    book, other = VerifiedQuestions(None, own, schema), VerifiedQuestions(None, own, schema)
    query = SemanticQuery(
        metrics=("revenue",),
        group_by=("store",),
        filters=(
            Filter(dimension="department", op="not_in", values=("FUEL", None)),
            Filter(dimension="store", values=(367,)),
        ),
        time=DECEMBER,
        compare=NOVEMBER,
        order=Order(by="change_pct"),
        limit=3,
    )
    text = "Which 3 stores grew fastest last month, fuel aside?"
    assert book.add(text, "en", query, AS_OF) == "added"
    for reader in (book, other):
        assert reader.match(text, AS_OF) == query
        later = reader.match(text, LATER)
        assert later is not None
        assert later.time == FEBRUARY
        assert later.compare == Interval(start=date(2018, 1, 1), end=date(2018, 2, 1))


@pytest.mark.parametrize(
    ("text", "query", "time_phrase", "compare_phrase"),
    [
        ("revenue last month", REVENUE, "last month", None),
        ("上个月卖了多少钱", REVENUE, "上个月", None),
        ("revenue in December 2017", REVENUE, "december 2017", None),
        ("revenue last month vs a year earlier", against(date(2016, 12, 1), date(2017, 1, 1)), "last month", "year"),
        ("revenue in december vs november", against(NOVEMBER.start, NOVEMBER.end), "december", "november"),
        ("how did revenue change last month", against(NOVEMBER.start, NOVEMBER.end), "last month", "previous"),
        ("revenue of all time", REVENUE.model_copy(update={"time": None}), None, None),
    ],
)
def test_the_period_is_kept_as_its_phrase(
    text: str, query: SemanticQuery, time_phrase: str | None, compare_phrase: str | None, own: Path
) -> None:
    assert VerifiedQuestions(None, own).add(text, "en", query, AS_OF) == "added"
    kept = yaml.safe_load(own.read_text(encoding="utf-8"))[0]["query"]
    assert (kept.get("time"), kept.get("compare")) == (time_phrase, compare_phrase)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("how is revenue doing", REVENUE),  # the period came from elsewhere
        ("revenue last week", REVENUE),
        ("revenue last month", against(date(2016, 1, 1), date(2016, 3, 1))),
        ("revenue of ann@example.com last month", REVENUE),
        ("revenue on the busiest day", SemanticQuery(metrics=("revenue",), filters=(DAY,))),
        ("nosuch last month", SemanticQuery(metrics=("nosuch",), time=DECEMBER)),
        ("the?", SemanticQuery(metrics=("revenue",))),
    ],
)
def test_what_would_be_wrong_tomorrow_is_not_kept(
    text: str, query: SemanticQuery, own: Path, schema: StoreSchema
) -> None:
    assert VerifiedQuestions(None, own, schema).add(text, "en", query, AS_OF) == "unfit"
    assert not own.exists()


def test_all_the_data_stays_all_the_data(own: Path) -> None:
    whole = Interval(start=date(2017, 1, 1), end=AS_OF)
    book = VerifiedQuestions(None, own)
    query = SemanticQuery(metrics=("revenue",), time=whole)
    assert book.add("total revenue", "en", query, AS_OF, whole) == "added"
    assert book.add("total revenue", "en", query, AS_OF, whole) == "known"
    assert book.match("total revenue", AS_OF) == SemanticQuery(metrics=("revenue",))


def test_what_is_known_is_not_kept_twice_and_a_correction_wins(own: Path, schema: StoreSchema) -> None:
    book = VerifiedQuestions(shipped_path("journey"), own, schema)
    assert book.add("Revenue last month, please", "en", REVENUE, AS_OF) == "known"
    corrected = REVENUE.model_copy(update={"filters": (Filter(dimension="department", op="not_in", values=("FUEL",)),)})
    assert book.add("revenue last month", "en", corrected, AS_OF) == "added"
    assert book.match("revenue last month", AS_OF) == corrected
    assert book.add("revenue last month", "en", REVENUE, AS_OF) == "added"
    assert book.match("revenue last month", AS_OF) == REVENUE


def test_the_operators_own_words_stay_to_the_letter(own: Path) -> None:
    own.write_text("# mine\n" + GOOD.rstrip("\n"), encoding="utf-8")
    book = VerifiedQuestions(None, own)
    assert book.add("昨天的销售额", "zh", YESTERDAY, AS_OF) == "added"
    assert own.read_text(encoding="utf-8").startswith("# mine\n" + GOOD)
    assert "昨天的销售额" in own.read_text(encoding="utf-8")
    assert len(book) == 2


@pytest.mark.parametrize("before", ["[]\n", "", "# nothing yet\n"])
def test_an_empty_file_takes_its_first_entry(before: str, own: Path) -> None:
    own.write_text(before, encoding="utf-8")
    book = VerifiedQuestions(None, own)
    assert book.add("revenue last month", "en", REVENUE, AS_OF) == "added"
    assert len(book) == 1


def test_a_list_that_cannot_be_appended_to_is_left_alone(own: Path) -> None:
    before = "[{question: {en: [x y]}, query: {metrics: [revenue]}}]\n"
    own.write_text(before, encoding="utf-8")
    with pytest.raises(SchemaError, match=r"verified.yaml line 2: nothing can be added"):
        VerifiedQuestions(None, own).add("revenue last month", "en", REVENUE, AS_OF)
    assert own.read_text(encoding="utf-8") == before


def test_a_file_broken_by_hand_is_said_at_the_next_question(own: Path) -> None:
    own.write_text(GOOD, encoding="utf-8")
    book = VerifiedQuestions(None, own)
    own.write_text(GOOD + "- nonsense\n", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"verified.yaml line 3"):
        book.match("revenue last month", AS_OF)
    own.write_text(GOOD, encoding="utf-8")
    assert book.match("revenue last month", AS_OF) == REVENUE


def test_no_question_is_no_verified_question(own: Path) -> None:
    with pytest.raises(QuestionError):
        VerifiedQuestions(None, own).add("  ", "en", REVENUE, AS_OF)


def test_a_held_file_ends_in_a_sentence(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.verified_file.LOCK_WAIT", 0.03)
    with replacing(own) as draft:
        draft.write_text(GOOD, encoding="utf-8")
        with pytest.raises(StoreLocked):
            VerifiedQuestions(None, own).add("orders yesterday", "en", SemanticQuery(metrics=("orders",)), AS_OF)


def test_two_processes_add_and_nothing_is_lost(own: Path) -> None:
    code = (
        "import sys; from datetime import date; from pathlib import Path\n"
        "from agent.verified import VerifiedQuestions\n"
        "from db.semantic.query import SemanticQuery\n"
        "book = VerifiedQuestions(None, Path(sys.argv[1]))\n"
        "for n in range(12):\n"
        "    query = SemanticQuery(metrics=('revenue',), limit=n + 1)\n"
        "    book.add(f'{sys.argv[2]} store {n}', 'en', query, date(2018, 1, 1))\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(own), name]) for name in ("best", "worst")]
    assert [process.wait(50) for process in both] == [0, 0]
    book = VerifiedQuestions(None, own)
    found = [book.match(f"{name} store {n}", AS_OF) for name in ("best", "worst") for n in range(12)]
    assert [query and query.limit for query in found] == [n + 1 for _ in range(2) for n in range(12)]
