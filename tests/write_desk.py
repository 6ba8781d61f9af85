"""A service over the demo store with a model that takes the first choice, for tests of what needs a yes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from agent.actions import Actions
from agent.ask import Analyst, Words
from agent.contracts import Answer, Principal, Proposal, Question
from agent.deciding import Deciding
from agent.delivery.names import channel_names
from agent.execute import Workspace
from agent.memory import Memory
from agent.plan import Plan, plan_question
from agent.service import Service
from agent.settings import Settings
from db.engine import Store
from db.state.proposals import Proposals
from models.llm.base import Usage
from tests.flow import NothingVerified, open_journey, question

NOW = datetime(2024, 6, 3, 8, 0, tzinfo=UTC)


@cache
def _opened(folder: Path) -> tuple[Store, Words]:
    """The demo store and its vocabulary, opened once for all tests."""
    store = open_journey(folder)
    model: Any = FirstChoice()
    return store, Analyst(store, lambda: model, Memory.transient(), NothingVerified()).words


class FirstChoice:
    """Fills each field of a form with the first value that it may hold."""

    name = "first"
    capabilities = SimpleNamespace(local=True, writes_prose=False)

    def complete_json(self, prompt: object, form: Any, **_: object) -> Any:
        """The filled form."""
        data = {
            part: {field: spec["enum"][0] for field, spec in fields["properties"].items()}
            for part, fields in form["properties"].items()
        }
        return SimpleNamespace(data=data, usage=Usage())


class Desk:
    """Asks, confirms and declines as an operator would; the clock is the test's."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service, self.now, self._number = service, NOW, 0
        settings = service.settings
        workspace = Workspace(channels=channel_names(settings), timezone="Asia/Shanghai")
        self.memory = Memory(service.state, lambda: self.now)
        store, words = _opened(folder)
        model: Any = FirstChoice()
        self.analyst = Analyst(store, lambda: model, self.memory, NothingVerified(), workspace=workspace)
        self.analyst._words = words  # a second to build, and the same for every desk
        self.analyst.decide = Deciding(service, lambda: self.now)
        service.analyst = lambda store=None, model=None: self.analyst  # type: ignore[method-assign]
        self.actions = Actions(service, lambda: self.now)

    def ask(self, text: str, conversation: str | None = None, principal: Principal | None = None) -> Answer:
        """One question; its answer."""
        self._number += 1
        self.now += timedelta(seconds=1)
        asker = principal or Principal()
        return self.analyst.ask(Question(f"q{self._number}", text, conversation=conversation, principal=asker))

    def propose(self, text: str, principal: Principal | None = None) -> Proposal:
        """A question whose answer proposes one thing."""
        answer = self.ask(text, principal=principal)
        assert len(answer.proposals) == 1, answer.text
        return answer.proposals[0]

    def status(self, proposal: Proposal, principal: str = "operator") -> str:
        """What became of a proposal."""
        kept = Proposals(self.service.state.engine).find(proposal.id, principal)
        return kept.status if kept else "gone"


@contextmanager
def open_desk(journey: Path, folder: Path, **channels: object) -> Iterator[Desk]:
    """A desk whose state lies in ``folder``; the store is the one in ``journey``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "stores").symlink_to(journey / "stores")
    known = channels or {"ops": {"kind": "folder", "called": ["运营群"]}, "board": {"kind": "folder"}}
    settings = Settings(data_dir=folder, cache_dir=folder / "cache", channels=known, timezone="Asia/Shanghai")
    with Service.open(settings) as service:
        yield Desk(service, journey)


def planned(asked: Analyst, text: str) -> Plan:
    """The plan of a question, the likeliest choice taken wherever words leave one."""
    read = asked._understand(question(text), asked.store.as_of, None, ())
    model: Any = FirstChoice()
    return plan_question(read, asked.store.schema, lambda: model).plan


def calls(asked: Analyst, text: str) -> list[dict[str, Any]]:
    """The calls of that plan, each tool beside its arguments."""
    return [{"tool": call.tool, **call.args} for call in planned(asked, text).calls]
