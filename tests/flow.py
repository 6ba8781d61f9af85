"""An analyst over the demo store with a scripted model, for the tests of the flow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from agent.ask import Analyst
from agent.contracts import Answer, Principal, Question
from agent.execute import Limits
from agent.memory import Memory
from agent.open import store_yaml
from db.engine import Store, open_store
from db.semantic.load import load_store_schema
from db.semantic.query import SemanticQuery
from models.llm.base import LanguageModel


class NothingVerified:
    """No question has been confirmed."""

    def match(self, text: str, as_of: date) -> SemanticQuery | None:
        """None."""
        return None


def open_journey(folder: Path) -> Store:
    """The demo store in a data folder."""
    return open_store(folder / "stores" / "journey.duckdb", load_store_schema(store_yaml("journey")), cache=folder)


def no_model() -> LanguageModel:
    """For questions that must not need one."""
    raise AssertionError("a model was opened")


def analyst(store: Store, model: LanguageModel | None = None, limits: Limits | None = None) -> Analyst:
    """An analyst that remembers in this process only, and knows no verified question."""
    opener = no_model if model is None else lambda: model
    return Analyst(store, opener, Memory.transient(), NothingVerified(), limits or Limits())


def form(*parts: Sequence[str]) -> dict[str, dict[str, str]]:
    """A filled plan form: (metric, split) or (metric, split, tool) a part."""
    return {
        f"q{i}": {"tool": part[2] if len(part) > 2 else "query_metrics", "metric": part[0], "split": part[1]}
        for i, part in enumerate(parts, 1)
    }


def question(text: str, conversation: str | None = None, principal: Principal | None = None) -> Question:
    """A question of the demo store."""
    return Question("q1", text, conversation=conversation, principal=principal or Principal())


def figures(answer: Answer) -> list[str]:
    """Every cell of the evidence as text."""
    return [str(cell) for evidence in answer.evidence for row in evidence.rows for cell in row]
