"""The desk behind all bots: claims, limits, progress, and an end that loses no answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.contracts import Language
from agent.interfaces.bots.choices import Choices
from agent.interfaces.bots.desk import EACH, Desk, Rules
from agent.interfaces.bots.shape import Ask, Button, Decide, Incoming, Post, Stop
from agent.interfaces.bots.telling import Telling
from db.errors import DeliveryError, StoreLocked
from db.state import State
from db.state.events import EventsSeen
from tests.bots import opened

NOW = datetime(2026, 11, 2, tzinfo=UTC)
FREE = Rules({})


class Board:
    """An outlet that keeps what it is shown."""

    def __init__(self, slow: float = 0.0, broken: bool = False) -> None:
        self.slow, self.broken = slow, broken
        self.progress: list[str] = []
        self.posts: list[Post] = []
        self.done = threading.Event()

    def open(self) -> str | None:
        return "c1"

    def working(self, words: str, language: Language) -> None:
        assert not self.posts, "progress after the answer"
        if self.broken:
            raise DeliveryError("no network")
        self.progress.append(words)
        time.sleep(self.slow)

    def answer(self, post: Post) -> None:
        time.sleep(self.slow)
        self.posts.append(post)
        self.done.set()


def asks(text: str, number: int = 1, user: str = "u1") -> Incoming:
    return Incoming("slack", f"e{number}", user, Ask(text))


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_of_many_who_claim_an_event_one_gets_it(tmp_path: Path) -> None:
    with State.open(None, tmp_path) as one, State.open(None, tmp_path) as other:
        desks = [EventsSeen(state.engine) for state in (one, other)]
        got: list[bool] = []
        threads = [
            threading.Thread(target=lambda d=desk: got.append(d.claim("slack", "x" * 500, NOW)))  # type: ignore[misc]
            for desk in desks * 4
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == [False] * 7 + [True]
        assert desks[0].claim("feishu", "x" * 500, NOW), "another service may use the same name"
        desks[0].forget(NOW + timedelta(days=1))
        assert desks[1].claim("slack", "x" * 500, NOW)


def test_what_cannot_be_claimed_is_nobodys_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as (service, analyst):
        desk, board = Desk(service), Board()

        def locked(*_: Any) -> bool:
            raise StoreLocked("Another process holds the state database.", "Try again in a moment.")

        with monkeypatch.context() as held:
            held.setattr(EventsSeen, "claim", locked)
            with pytest.raises(StoreLocked):
                desk.take(asks("top"), board, FREE)
        assert analyst.asked == []
        assert desk.take(asks("top"), board, FREE)
        assert board.done.wait(10)
        assert not desk.take(asks("top"), Board(), FREE)
        desk.close(5)
        with pytest.raises(StoreLocked):
            desk.take(asks("top", 2), Board(), FREE)


def test_one_person_cannot_hold_up_all(tmp_path: Path) -> None:
    with opened(tmp_path) as (service, analyst):
        desk = Desk(service)
        for number in range(EACH):
            desk.take(asks("wait", number), Board(), FREE)
        until(lambda: len(analyst.asked) == EACH)
        refused, other = Board(), Board()
        desk.take(asks("top", 10), refused, FREE)
        desk.take(asks("top", 11, user="u2"), other, FREE)
        assert refused.done.wait(10)
        assert other.done.wait(10)
        assert "several questions under way" in refused.posts[0].text
        assert "The five departments" in other.posts[0].text
        desk.close(0.1)
        assert analyst.left.wait(5), "what takes too long at the end is stopped"


def test_an_end_lets_answers_reach_their_readers(tmp_path: Path) -> None:
    with opened(tmp_path) as (service, _):
        desk, board = Desk(service), Board(slow=0.3)
        desk.take(asks("top"), board, FREE)
        desk.close(10)
        assert len(board.posts) == 1


def test_progress_that_cannot_be_shown_costs_no_answer(tmp_path: Path) -> None:
    with opened(tmp_path) as (service, _):
        desk, board = Desk(service), Board(broken=True)
        desk.take(asks("top"), board, FREE)
        assert board.done.wait(10)
        assert "The five departments" in board.posts[0].text
        desk.close(5)


def test_a_slow_service_does_not_slow_the_answer_down() -> None:
    shown: list[str] = []

    def slowly(stage: str) -> None:
        time.sleep(0.2)
        shown.append(stage)

    telling = Telling(slowly)
    before = time.perf_counter()
    for stage in ("one", "two", "three", None):
        telling.stage(stage)
    assert time.perf_counter() - before < 0.05
    until(lambda: bool(shown))
    telling.end()
    count = len(shown)
    telling.stage("late")
    time.sleep(0.05)
    assert len(shown) == count
    assert shown[-1] == "three"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2", Ask("orders?")),
        ("选2", Ask("orders?")),
        ("第1个", Ask("units?")),
        ("3", Ask("3")),
        ("stop!", Stop("en")),
        ("停止", Stop("zh")),
        ("yes p-1f66452acf", Decide("p-1f66452acf", True, "en")),
        ("NO p-1f66452acf.", Decide("p-1f66452acf", False, "en")),
        ("是 p-1f66452acf", Decide("p-1f66452acf", True, "zh")),
        ("否p-1f66452acf", Decide("p-1f66452acf", False, "zh")),
        ("no refunds", Ask("no refunds")),
        ("yes", Ask("yes")),
        ("是多少", Ask("是多少")),
        ("stop selling fuel?", Ask("stop selling fuel?")),
    ],
)
def test_what_is_typed_instead_of_pressed(text: str, meant: Ask | Decide | Stop) -> None:
    choices, who = Choices(), Incoming("slack", "e", "u1", Ask(""), conversation="c1")
    choices.keep(who, Post("en", "?", choices=(Button("ask", "U", "units?"), Button("ask", "O", "orders?"))))
    assert choices.read(who, text) == meant
    if text == "2":
        other = Incoming("slack", "e", "u2", Ask(""), conversation="c1")
        assert choices.read(other, text) == Ask("2"), "another's readings are not mine"
        choices.keep(who, Post("en", "An answer."))
        assert choices.read(who, text) == Ask("2")
