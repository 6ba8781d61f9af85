"""The state database: turns, feedback, migrations, many threads and processes."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from agent.calls import query_of
from agent.contracts import Answer, Call, Plan, Principal, Question
from agent.memory import Memory
from db.errors import StoreDamaged, StoreError, StoreLocked, UsageError
from db.semantic.query import Filter, Interval, Order, SemanticQuery
from db.state import State, Turn, database, tables
from db.state.store import KeptCall

NOW = datetime(2017, 12, 31, 9, 30, tzinfo=UTC)
QUERY = SemanticQuery(
    metrics=("revenue", "orders"),
    group_by=("department",),
    filters=(Filter(dimension="store", values=(367, "x", None)),),
    time=Interval(start=date(2017, 11, 1), end=date(2017, 12, 1)),
    order=Order(by="revenue"),
    limit=5,
)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(None, tmp_path) as opened:
        yield opened


def kept(query: SemanticQuery) -> KeptCall:
    """A query as a call."""
    return "query_metrics", query.model_dump(mode="json", exclude_defaults=True)


def add(state: State, conversation: str | None = "c1", **changed: object) -> Turn:
    fields: dict[str, object] = {
        "conversation": conversation,
        "principal": "ann",
        "store": "journey",
        "answer_id": "a1",
        "question": "revenue by department last month",
        "language": "en",
        "calls": (kept(QUERY),),
        "status": "answered",
        "created_at": NOW,
    }
    return state.add_turn(**fields | changed)  # type: ignore[arg-type]


def test_a_turn_comes_back_as_it_went_in(state: State, tmp_path: Path) -> None:
    turn = add(state)
    state.close()
    with State.open(None, tmp_path) as again:
        assert again.turn("a1") == turn
        assert again.last_calls("c1", "ann") == (kept(QUERY),)
        assert again.turn("unknown") is None


def test_positions_count_within_the_conversation_of_one_principal(state: State) -> None:
    places = [add(state).position, add(state).position, add(state, principal="bob").position, add(state, "c2").position]
    assert places == [0, 1, 0, 0]
    assert [add(state, None).position, add(state, None).position] == [0, 0]


def test_the_last_answered_turn_is_recalled(state: State) -> None:
    other = QUERY.model_copy(update={"group_by": ("store",)})
    add(state)
    add(state, calls=(kept(other),))
    add(state, calls=(), status="failed")
    assert state.last_calls("c1", "ann") == (kept(other),)
    assert state.last_calls("c1", "bob") == ()
    assert state.last_calls("c1", "ann", "elsewhere") == ()


def test_personal_data_is_masked_before_it_is_stored(state: State, tmp_path: Path) -> None:
    named = QUERY.model_copy(update={"filters": (Filter(dimension="customer", values=("ann@example.com",)),)})
    turn = add(state, question="orders of ann@example.com, 513-555-0142", calls=(kept(named),))
    state.add_feedback("a1", "down", "call me on +44 20 7946 0958", NOW)
    state.append_audit("ann", "ask", {"question": "orders of ann@example.com"}, NOW)
    assert turn.question == "orders of [email], [phone]"
    assert turn.calls == ()
    state.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"example.com" not in stored
    assert b"555-0142" not in stored
    assert b"7946" not in stored


def test_of_several_opinions_the_last_counts(state: State) -> None:
    add(state)
    state.add_feedback("a1", "up", "", NOW)
    last = state.add_feedback("a1", "down", "wrong store", NOW)
    assert state.feedback("a1") == last
    assert state.feedback("a2") is None
    with pytest.raises(UsageError, match="no answer 'a2'"):
        state.add_feedback("a2", "up", "", NOW)


def test_a_time_without_a_zone_is_refused(state: State) -> None:
    with pytest.raises(ValueError, match="time zone"):
        add(state, created_at=datetime(2017, 1, 1))


def test_a_stored_query_of_another_version_is_forgotten(state: State, tmp_path: Path) -> None:
    add(state)
    with sqlite3.connect(tmp_path / "state.sqlite") as direct:
        direct.execute("""UPDATE turns SET queries = '[{"metrics": ["revenue"], "shape": 3}, 7]'""")
    direct.close()
    ((tool, args),) = state.last_calls("c1", "ann")
    assert query_of(Call(tool, args)) is None


def test_the_database_is_its_owners_only_and_lets_readers_in(state: State, tmp_path: Path) -> None:
    assert os.stat(tmp_path / "state.sqlite").st_mode & 0o777 == 0o600
    with sqlite3.connect(tmp_path / "state.sqlite") as direct:
        assert direct.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    direct.close()


def test_the_migrations_make_the_tables_and_end_at_head(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == tables.HEAD
    engine = database.open_engine(None, tmp_path)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
    engine.dispose()


def test_a_current_database_opens_without_alembic(tmp_path: Path) -> None:
    State.open(None, tmp_path).close()
    code = (
        "import sys; from pathlib import Path; from db.state import State\n"
        "State.open(None, Path(sys.argv[1])).close()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=50)


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    State.open(None, tmp_path).close()
    with sqlite3.connect(tmp_path / "state.sqlite") as direct:
        direct.execute("UPDATE alembic_version SET version_num = '9999'")
    direct.close()
    with pytest.raises(StoreError, match="newer ShopOps"):
        State.open(None, tmp_path)


@pytest.mark.parametrize(
    ("url", "error", "sentence"),
    [
        ("nonsense", StoreError, "cannot be read"),
        ("nosuch://x/y", StoreError, "cannot be read"),
        ("sqlite:////no/such/folder/state.sqlite", StoreError, "cannot be written"),
    ],
)
def test_an_address_that_does_not_work_is_said_plainly(
    url: str, error: type[StoreError], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=sentence):
        State.open(url, tmp_path)


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").write_bytes(b"not a database at all, but long enough to be read as one" * 50)
    with pytest.raises(StoreDamaged):
        State.open(None, tmp_path)


def test_a_held_lock_ends_in_a_sentence(state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.05)
    with State.open(None, tmp_path) as hasty:
        holder = sqlite3.connect(tmp_path / "state.sqlite", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked):
            add(hasty)
        assert hasty.last_calls("c1", "ann") == ()
        holder.close()


def test_eight_threads_lose_and_mix_up_nothing(state: State) -> None:
    def work(n: int) -> tuple[KeptCall, ...]:
        conversation = f"c{n % 8}"
        add(state, conversation, answer_id=f"a{n}", calls=(kept(QUERY.model_copy(update={"limit": n % 8 + 1})),))
        state.append_audit("ann", "ask", {"n": n}, NOW)
        return state.last_calls(conversation, "ann")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(80)))
    assert [calls[0][1]["limit"] for calls in found] == [n % 8 + 1 for n in range(80)]
    assert sorted(turn.position for n in range(80) if (turn := state.turn(f"a{n}"))) == sorted([*range(10)] * 8)
    report = state.verify_chain()
    assert report.whole
    assert report.entries == 160  # each turn is an entry of its own


def test_two_processes_open_and_write_a_new_database_together(tmp_path: Path) -> None:
    code = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path; from db.state import State\n"
        "with State.open(None, Path(sys.argv[1])) as state:\n"
        "    for n in range(20): state.append_audit(sys.argv[2], 'ask', {'n': n}, datetime(2017, 1, 1, tzinfo=UTC))\n"
    )
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path)]
    both = [subprocess.Popen([*command, name]) for name in ("ann", "bob")]
    assert [process.wait(50) for process in both] == [0, 0]
    with State.open(None, tmp_path) as state:
        assert state.verify_chain().whole
        assert sorted(entry.who for entry in state.audit_entries()) == ["ann"] * 20 + ["bob"] * 20


def question(conversation: str | None = "c1", name: str = "ann", store: str = "journey") -> Question:
    return Question("q1", "revenue by department", store, None, conversation, Principal(name))


def answer(*queries: SemanticQuery, status: str = "answered") -> Answer:
    plan = Plan("run", tuple(Call(*kept(query)) for query in queries))
    return Answer("a1", "?", "en", "journey", date(2018, 1, 1), status, "text", plan=plan)  # type: ignore[arg-type]


@pytest.fixture(params=["stored", "transient"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Memory]:
    if request.param == "transient":
        yield Memory.transient()
        return
    with State.open(None, tmp_path) as state:
        yield Memory(state, lambda: NOW)


def test_a_follow_up_recalls_the_last_query_of_its_own_conversation(memory: Memory) -> None:
    other = QUERY.model_copy(update={"limit": 7})
    assert memory.recall(question()) == ()
    memory.remember(question(), answer(other, QUERY))
    memory.remember(question(), answer(status="clarify"))
    assert memory.recall(question()) == (Call(*kept(other)), Call(*kept(QUERY)))
    assert memory.recall(question(name="bob")) == ()
    assert memory.recall(question("c2")) == ()
    assert memory.recall(question(store="elsewhere")) == ()


def test_a_single_question_recalls_nothing_and_is_recalled_by_nobody(memory: Memory) -> None:
    memory.remember(question(None), answer(QUERY))
    assert memory.recall(question(None)) == ()
    assert memory.recall(question()) == ()


def test_a_single_question_is_kept_for_feedback(state: State) -> None:
    Memory(state, lambda: NOW).remember(question(None), answer(QUERY))
    turn = state.turn("a1")
    assert turn is not None
    assert (turn.question, turn.created_at) == ("revenue by department", NOW)
