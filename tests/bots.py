"""What tests of the bots share: a service with a scripted analyst, and the bots' endpoints on a port."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI

from agent.contracts import Answer, Proposal, Question
from agent.interfaces import bots
from agent.memory import Memory
from agent.service import Service
from agent.settings import read_settings
from db.semantic.load import load_store_schema
from db.semantic.schema import StoreSchema, Text
from db.state import State
from tests.browser.analyst import STORES, FakeAnalyst, Shop, departments, top_departments
from tests.served import served

PROPOSED = Proposal(
    "p4f7a9c2", "export", {"format": "xlsx"}, Text(en="Export 5 rows <to> Excel", zh="将 5 行导出到 Excel")
)


class Scripted(FakeAnalyst):
    """Adds what bots must bear: proposals, huge tables, words that mention everybody."""

    def __init__(self) -> None:
        self.store = Shop(_schema())
        self.memory = Memory.transient()
        self.asked: list[Question] = []
        self.left = threading.Event()
        self.closed = False

    def ask(self, question: Question, progress: Any, cancel: Any, on_text: Any = None) -> Answer:
        text = question.text.lower()
        if "export" in text:
            return replace(top_departments(self._noted(question)), proposals=(PROPOSED,))
        if "huge" in text:
            rows: list[tuple[Any, ...]] = [(f"D{n} " + "字" * 60, float(n)) for n in range(500)]
            evidence = replace(departments(*rows), chart=None)
            return replace(top_departments(self._noted(question)), evidence=(evidence, evidence, evidence))
        if "everybody" in text:
            hostile = "<!channel> <@U1> & <https://evil.example|click> `x` @all"
            evidence = departments((hostile, 1.0), ("MEAT", 2.0))
            return replace(top_departments(self._noted(question)), text=hostile, evidence=(evidence, evidence))
        if "who" in text:
            principal = question.principal
            told = f"{principal.name} {principal.role} {principal.may_see_pii} {question.conversation} {question.via}"
            return replace(top_departments(self._noted(question)), text=told, evidence=())
        return super().ask(question, progress, cancel, lambda text: None)

    def _noted(self, question: Question) -> Question:
        self.asked.append(question)
        return question


@cache
def _schema() -> StoreSchema:
    return load_store_schema(STORES / "journey.yaml")


@cache
def _migrated() -> bytes:
    """An empty state, made once: its migrations take longer than most tests."""
    with TemporaryDirectory() as folder:
        State.open(None, Path(folder)).close()
        return (Path(folder) / "state.sqlite").read_bytes()


@contextmanager
def opened(tmp_path: Path, **settings: Any) -> Iterator[tuple[Service, Scripted]]:
    """A service whose answers are scripted; its state is real."""
    values = {"data_dir": str(tmp_path / "data"), "cache_dir": str(tmp_path / "cache"), **settings}
    environ = {f"SHOPOPS_{k.upper()}": v if isinstance(v, str) else json.dumps(v) for k, v in values.items()}
    analyst = Scripted()
    state = tmp_path / "data" / "state.sqlite"
    if not state.exists():
        state.parent.mkdir(parents=True)
        state.write_bytes(_migrated())
    with Service.open(read_settings(environ, []).settings) as service:
        service.analyst = lambda store=None, model=None: analyst  # type: ignore[method-assign,assignment,return-value]
        try:
            yield service, analyst
        finally:
            bots.stop(service, 5)


@contextmanager
def listening(tmp_path: Path, **settings: Any) -> Iterator[SimpleNamespace]:
    """The bots' endpoints: ``address``, ``service``, ``analyst``."""
    with opened(tmp_path, **settings) as (service, analyst):
        app = FastAPI()
        app.include_router(bots.router(service))
        with served(app) as address:
            yield SimpleNamespace(address=address, service=service, analyst=analyst)
