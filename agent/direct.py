"""One tool, called by its typed arguments instead of words: the same policy, limits, facts and trail as a question."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

from pydantic import ValidationError

from agent.ask import Analyst
from agent.calls import query_of
from agent.compose import compose
from agent.contracts import Answer, Call, Language, Plan, Question, Timings
from agent.execute import Desk, Executed, execute
from agent.policy import check_policy
from agent.relink import relink
from agent.suggest import suggestions
from agent.verify import verify
from db.errors import AsOfError, InternalError, RoleMissing, SecurityError, ShopOpsError, UnknownDimension, UsageError
from tools.registry import OPERATORS_ONLY, TOOLS, Tool, tool

log = logging.getLogger("shopops.direct")
Progress = Callable[[str, str], None]


def call_tool(
    analyst: Analyst,
    name: str,
    args: Mapping[str, Any],
    question: Question,
    language: Language,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
) -> Answer:
    """Run one tool of the registry for a principal. Expected failures become an answer, never an exception.

    Args:
        args: the tool's arguments in JSON form.
        question: its ``text`` is replaced by the call; who asks, when and at which face is taken from it.
        language: of texts and labels, for there are no words to tell it by.
    """
    began = perf_counter()
    told = replace(question, text=f"{name} {json.dumps(_without_text(args), ensure_ascii=False, default=str)}"[:2000])
    executed: Executed | None = None
    analyst.observer.began(told)
    try:
        answer, executed = _run(analyst, name, args, told, language, progress or (lambda stage, message: None), cancel)
    except ShopOpsError as error:
        answer = _failed(analyst, told, language, error)
    except Exception:
        log.exception("%s of %s failed", name, question.id)
        answer = _failed(analyst, told, language, InternalError("Something went wrong in ShopOps.", "See the log."))
    total = (perf_counter() - began) * 1000
    answer = replace(answer, timings=replace(answer.timings, total=total))
    try:
        analyst.memory.remember(told, answer)  # under pseudonyms, whoever asks
    except Exception:  # an answer that cannot be kept is still an answer
        log.exception("turn %s was not kept", question.id)
    analyst.observer.ended(told, answer, began)
    return relink(answer, executed.people, question.principal) if executed else answer


def _run(
    analyst: Analyst,
    name: str,
    args: Mapping[str, Any],
    question: Question,
    language: Language,
    progress: Progress,
    cancel: threading.Event | None,
) -> tuple[Answer, Executed]:
    as_of, schema = _as_of(analyst, question), analyst.store.schema
    plan = Plan("run", (Call(name, _checked(analyst, name, args)),), source="operator")
    try:
        check_policy(plan, question.principal, schema)
    except KeyError as error:
        raise UnknownDimension(f"There is no dimension {error}.", "The catalogue lists them.") from None
    desk = Desk(analyst.store, question.principal, analyst.limits, as_of, analyst.workspace, cancel, progress)
    begun = perf_counter()
    executed = execute(plan, desk)
    ran = (perf_counter() - begun) * 1000
    text = verify(
        compose(question.text, language, executed.facts, None, cancel=cancel).text,
        executed.facts,
        language,
        lambda: analyst.words.lexicon.vocabulary,
    ).text
    queries = tuple(query for call in plan.calls if (query := query_of(call)))
    answer = Answer(
        question.id, question.text, language, question.store, as_of, "answered", text, plan,
        executed.evidence, executed.facts,
        suggestions=suggestions(queries, schema, language, analyst.store.data_range),
        timings=Timings(execute=ran), queries=queries,
        proposals=analyst.memory.propose(question, executed.proposed), spans=executed.spans,
    )  # fmt: skip
    return answer, executed


def open_tool(name: str) -> Tool:
    """A tool that may be called by its arguments. Raises UsageError where there is none of that name."""
    if name not in TOOLS or name in OPERATORS_ONLY:
        raise UsageError(f"There is no tool '{name}'.", "The list of tools names them.")
    if tool(name).reads_steps:
        raise UsageError(f"{name} takes the tables of an answer.", "Ask for figures and their file in one question.")
    return tool(name)


def _checked(analyst: Analyst, name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as the tool's types read them, in JSON form."""
    chosen = open_tool(name)
    missing = chosen.lacks(analyst.store.schema)
    if missing:
        raise RoleMissing(f"This store has no {missing[0]}, which {name} needs.", "Ask another store.")
    if any(isinstance(value, Mapping) and "from_step" in value for value in args.values()):
        raise UsageError("A single call has no earlier step.", "Give the ids themselves.")
    try:
        return chosen.arguments.model_validate(dict(args)).model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where, what = ".".join(map(str, first["loc"])) or "arguments", first["msg"].removeprefix("Value error, ")
        raise UsageError(
            f"{name}: {where}: {what[:1].lower()}{what[1:]}.", "The tool's input schema says what it takes."
        ) from None


def _as_of(analyst: Analyst, question: Question) -> Any:
    store = analyst.store
    if question.as_of is None or store.data_start < question.as_of <= store.as_of:
        return question.as_of or store.as_of
    raise AsOfError(
        f"The store's data runs from {store.data_start} to {store.as_of}; as-of {question.as_of} is outside it.",
        f"Give a date after {store.data_start} and up to {store.as_of}.",
    )


def _failed(analyst: Analyst, question: Question, language: Language, error: ShopOpsError) -> Answer:
    status: Any = "refused" if isinstance(error, SecurityError) else "failed"
    day = question.as_of or analyst.store.as_of
    return Answer(
        question.id, question.text, language, question.store, day, status, str(error),
        error=error.code, exit_status=error.exit_status,
    )  # fmt: skip


def _without_text(args: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments without a customer's own words, which are nobody's to keep."""
    return {name: value for name, value in args.items() if name != "text"}
