"""The whole flow of one question, in the order that it travels. Interfaces only translate to and from here."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter

from agent.calls import period_of, query_of
from agent.compose import compose
from agent.contracts import Answer, Call, Language, Plan, Question, Timings, Understanding
from agent.doing.work import Done
from agent.execute import Desk, Executed, Workspace, execute
from agent.execute import Limits as Limits  # noqa: PLC0414 - opened analysts name their limits from here
from agent.plan import Planned, options_text, plan_question
from agent.policy import check_policy
from agent.ports import Decider, Memory, Nobody, Observer, Verified
from agent.relink import relink
from agent.suggest import subject, suggestions
from agent.understand.asking import ToolWords
from agent.understand.lexicon import Lexicon
from agent.understand.meaning import Router, by_handbook
from agent.understand.spelling import Speller
from agent.understand.text import detect_language
from agent.understand.understand import LastTurn, understand
from agent.verify import SoFar, verify
from db.engine import Store
from db.errors import AsOfError, InternalError, SecurityError, ShopOpsError
from db.semantic.query import Interval
from models.llm.base import LanguageModel
from tools.people import People
from tools.registry import planned_tools

Progress = Callable[[str, str], None]
OnText = Callable[[str], None]
DEFAULT_WORKSPACE = Workspace()
_SQL = re.compile(r"\s*(?:sql\s*:\s*)?((?:select|with)\b.+)", re.IGNORECASE | re.DOTALL)
DEFAULT_LIMITS = Limits()
log = logging.getLogger("shopops.ask")


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that a question is read with."""

    lexicon: Lexicon
    speller: Speller
    tools: ToolWords
    router: Router


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question on its way, with who listens to it."""

    question: Question
    progress: Progress
    cancel: threading.Event | None
    on_text: OnText | None


@dataclass(slots=True)
class _Clock:
    """Milliseconds since the last lap."""

    last: float

    def lap(self) -> float:
        now = perf_counter()
        spent, self.last = (now - self.last) * 1000, now
        return spent


class Analyst:
    """One store, one model, one memory: answers questions from any thread.

    Args:
        model: gives the language model when a question first needs it.
    """

    def __init__(
        self,
        store: Store,
        model: Callable[[], LanguageModel],
        memory: Memory,
        verified: Verified,
        limits: Limits = DEFAULT_LIMITS,
        workspace: Workspace = DEFAULT_WORKSPACE,
        observer: Observer | None = None,
    ) -> None:
        self.store, self.memory, self.verified, self.limits = store, memory, verified, limits
        self.workspace, self.observer = workspace, observer or Nobody()
        self.decide: Decider | None = None  # set by those who can act: see agent.service
        self._model = model
        self._lock = threading.Lock()
        self._words: Words | None = None

    @property
    def words(self) -> Words:
        """The store's vocabulary, its speller and the tools' words; built once."""
        with self._lock:
            if self._words is None:
                lexicon, tools = Lexicon(self.store.schema, self.store.members), ToolWords(planned_tools())
                speller = Speller(lexicon.vocabulary, tools.words)
                self._words = Words(lexicon, speller, tools, Router(lexicon, tools))
            return self._words

    def ask(
        self,
        question: Question,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        on_text: OnText | None = None,
    ) -> Answer:
        """Answer one question. Expected failures become an answer with status failed or refused, never an exception.

        Args:
            progress: told each stage as it begins.
            on_text: given the text so far while a model writes it; every sentence in it has been verified.
        """
        start = perf_counter()
        self.observer.began(question)
        people: People | None = None
        language: Language = "zh" if detect_language(question.text) == "zh" else "en"
        try:
            asked = _Asked(question, progress or (lambda stage, message: None), cancel, on_text)
            answer, people = self._answer(asked)
        except ShopOpsError as error:
            answer = self._failed(question, language, error)
        except Exception:
            log.exception("question %s failed", question.id)
            internal = InternalError("Something went wrong in ShopOps.", "The log has the details.")
            answer = self._failed(question, language, internal)
        total = (perf_counter() - start) * 1000
        answer = replace(answer, timings=replace(answer.timings, total=total))
        self._remember(question, answer)  # under pseudonyms, whoever asks
        self.observer.ended(question, answer, start)
        return relink(answer, people, question.principal) if people else answer

    def _remember(self, question: Question, answer: Answer) -> None:
        """Keep the turn. An answer that cannot be kept is still an answer: only the follow-up will miss it."""
        try:
            self.memory.remember(question, answer)
        except Exception:
            log.exception("turn %s was not kept", question.id)

    def _answer(self, asked: _Asked) -> tuple[Answer, People | None]:
        clock, question, progress, cancel = _Clock(perf_counter()), asked.question, asked.progress, asked.cancel
        as_of, everything = self._as_of(question)
        progress("understand", "reading")
        if self.decide is not None and (done := self.decide(question)):
            return self._decided(question, done, as_of), None
        settled = self._without_model(question, as_of)
        if settled:
            language: Language = "zh" if detect_language(question.text) == "zh" else "en"
            understanding, planned = Understanding(language, question.text, ()), Planned(settled)
            understood = clock.lap()
        else:
            before = self.memory.recall(question)
            understanding = self._understand(question, as_of, everything, before)
            understood = clock.lap()
            progress("plan", "planning")
            seconds = self.limits.model_seconds
            planned = plan_question(understanding, self.store.schema, self._model, cancel, seconds, before)
        planned_ms = clock.lap()
        draft = self._draft(question, understanding, planned, as_of)
        if planned.plan.status != "run":
            return replace(draft, timings=Timings(understood, planned_ms)), None
        check_policy(planned.plan, question.principal, self.store.schema)
        progress("execute", subject(planned.plan, self.store.schema, draft.language))
        desk = Desk(self.store, question.principal, self.limits, as_of, self.workspace, cancel, progress)
        executed = execute(planned.plan, desk)
        executed_ms = clock.lap()
        progress("compose", "writing")
        answer = self._written(asked, draft, planned, executed, (understood, planned_ms, executed_ms), clock)
        return answer, executed.people

    def _written(
        self,
        asked: _Asked,
        draft: Answer,
        planned: Planned,
        executed: Executed,
        spent: tuple[float, float, float],
        clock: _Clock,
    ) -> Answer:
        model = self._model() if planned.model else None
        on_text = self._verified_text(asked, draft.language, executed) if asked.on_text else None
        composed = compose(
            asked.question.text,
            draft.language,
            executed.facts,
            model,
            on_text,
            asked.cancel,
            self.limits.model_seconds,
        )
        composed_ms = clock.lap()
        checked = verify(composed.text, executed.facts, draft.language, lambda: self.words.lexicon.vocabulary)
        queries = tuple(query for call in planned.plan.calls if (query := query_of(call)))
        return replace(
            draft,
            text=" ".join(t for t in (checked.text, draft.text) if t),  # what one part of a plan could not answer
            evidence=executed.evidence,
            facts=executed.facts,
            replaced_sentences=checked.replaced,
            tokens=planned.usage + composed.usage,
            suggestions=suggestions(queries, self.store.schema, draft.language, self.store.data_range),
            queries=queries,
            proposals=self.memory.propose(asked.question, executed.proposed),
            timings=Timings(*spent, composed_ms, clock.lap()),
            spans=executed.spans,
        )

    def _verified_text(self, asked: _Asked, language: Language, executed: Executed) -> OnText:
        """What hands the text on while it is written: whole sentences that hold, as the asker may see them."""
        said = SoFar(executed.facts, language, lambda: self.words.lexicon.vocabulary)
        may_see, tell = asked.question.principal.may_see_pii, asked.on_text

        def on_text(piece: str) -> None:
            text = said.with_piece(piece)
            if text is not None and tell is not None:
                tell(executed.people.relink(text) if may_see else text)

        return on_text

    def _without_model(self, question: Question, as_of: date) -> Plan | None:
        """A verified question, or SQL that the operator wrote."""
        match = _SQL.fullmatch(question.text)
        if match and re.search(r"\bfrom\b", match[1], re.IGNORECASE):
            return Plan("run", (Call("run_sql", {"sql": match[1].strip()}),), source="operator")
        query = self.verified.match(question.text, as_of)
        if query is None:
            return None
        return Plan(
            "run", (Call("query_metrics", query.model_dump(mode="json", exclude_defaults=True)),), source="verified"
        )

    def _as_of(self, question: Question) -> tuple[date, Interval | None]:
        """The clock of this question, and the period of a question that names none."""
        asked, store = question.as_of, self.store
        if asked is None or asked == store.as_of:
            return store.as_of, None
        if not store.data_start < asked <= store.as_of:
            raise AsOfError(
                f"The store's data runs from {store.data_start} to {store.as_of}; as-of {asked} is outside it.",
                f"Give a date after {store.data_start} and up to {store.as_of}.",
            )
        return asked, Interval(start=store.data_start, end=asked)

    def _understand(
        self, question: Question, as_of: date, everything: Interval | None, before: tuple[Call, ...]
    ) -> Understanding:
        words = self.words
        data = Interval(start=self.store.data_start, end=self.store.as_of)
        asked = [query for call in before if (query := query_of(call))]
        last = LastTurn(asked[-1] if asked else None, before[-1].tool if before else None, period_of(before))
        read = understand(
            question.text, words.lexicon, as_of, data, everything, last, words.speller, words.tools, words.router
        )
        return by_handbook(read, self._in_handbook)

    def _in_handbook(self, text: str) -> float:
        """How surely the handbook says what a clause asks; one that cannot be read is told of when it is searched."""
        from models.retrieval import open_handbook

        try:
            found = open_handbook(self.workspace.handbook, self.workspace.models).search(text, 1)
        except ShopOpsError:
            return 0.0
        return found.confidence

    def _draft(self, question: Question, understanding: Understanding, planned: Planned, as_of: date) -> Answer:
        plan = planned.plan
        text = ""
        if plan.message:
            text = plan.message.of(understanding.language)
            if plan.options:
                text = f"{text}\n{options_text(plan.options, understanding.language)}"
        return Answer(
            id=question.id,
            question=question.text,
            language=understanding.language,
            store=question.store,
            as_of=as_of,
            status="answered" if plan.status == "run" else plan.status,
            text=text,
            plan=plan,
            model=planned.model,
            tokens=planned.usage,
            corrections=understanding.corrections,
        )

    def _decided(self, question: Question, done: Done, as_of: date) -> Answer:
        language: Language = "zh" if detect_language(question.text) == "zh" else "en"
        text = done.text.of(language)
        return Answer(question.id, question.text, language, question.store, as_of, "answered", text)

    def _failed(self, question: Question, language: Language, error: ShopOpsError) -> Answer:
        return Answer(
            id=question.id,
            question=question.text,
            language=language,
            store=question.store,
            as_of=question.as_of or self.store.as_of,
            status="refused" if isinstance(error, SecurityError) else "failed",
            text=str(error),
            error=error.code,
            exit_status=error.exit_status,
        )

    @property
    def model(self) -> Callable[[], LanguageModel]:
        """Gives the language model; it is opened at the first call."""
        return self._model

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()
