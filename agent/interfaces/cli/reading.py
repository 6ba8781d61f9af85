"""Read the words of an alert at the command line: code alone, no language model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agent.calls import calls_of
from agent.contracts import Call, Plan, Principal
from agent.execute import Desk, execute
from agent.form import NO_SPLIT
from agent.plan import offered_tools
from agent.understand import understand
from agent.understand.text import detect_language
from db.errors import UsageError
from db.semantic.query import Interval

if TYPE_CHECKING:
    from agent.service import Service

NAME = "set_alert"


def read_alert_words(service: Service, store: str, words: str) -> tuple[Mapping[str, Any] | None, list[str]]:
    """What would be set, and what is to be said of it; no payload where the words do not say enough.

    Raises:
        UsageError: the words ask for something else, or name what the store does not have.
        ShopOpsError: what the tool itself raises.
    """
    analyst = service.analyst(store)
    opened, known = analyst.store, analyst.words
    data = Interval(start=opened.data_start, end=opened.as_of)
    read = understand(words, known.lexicon, opened.as_of, data, speller=known.speller, tools=known.tools)
    reading = next((r for r in read.readings if r.ask.words[:1] == (NAME,)), None)
    if reading is None:
        raise UsageError("These words set no alert.", 'Write, for example, "tell me when refund rate passes 5%".')
    if reading.strangers or reading.unavailable:
        unknown = (*reading.strangers, *reading.unavailable)[0]
        raise UsageError(f"I don't know '{unknown}' in this store.", "Name a figure and members that it has.")
    metric = reading.metrics[0] if reading.metrics else NO_SPLIT
    offered = offered_tools(opened.schema)
    part = {"tool": NAME, "metric": metric, "split": NO_SPLIT}
    calls: list[Call] = calls_of(reading, part, opened.schema, offered, [])
    desk = Desk(opened, Principal(), analyst.limits, opened.as_of, analyst.workspace)
    executed = execute(Plan("run", tuple(calls[:1])), desk)
    language = "zh" if detect_language(words) == "zh" else "en"
    payload = executed.proposed[0].payload if executed.proposed else None
    return payload, [fact.text.of(language) for fact in executed.facts]
