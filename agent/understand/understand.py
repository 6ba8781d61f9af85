"""The whole of understanding: normal form, spelling, clauses, and each clause read against the turn before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from agent.contracts import Language, Reading, Understanding
from agent.form import CLARIFY, OUT_OF_SCOPE, QUERY
from agent.understand.asking import ToolWords
from agent.understand.calendar import span
from agent.understand.clauses import clauses
from agent.understand.dates_en import Clock
from agent.understand.handing import as_one, handed_on, is_headed, reader_behind
from agent.understand.lexicon import Lexicon
from agent.understand.meaning import CERTAIN, SURE, Router, Said, settled
from agent.understand.measuring import goes_on
from agent.understand.message import message_in
from agent.understand.parts import explains
from agent.understand.placing import able, conditions
from agent.understand.reading import WHY, ClauseReader, Scope
from agent.understand.repairs import completed, repaired
from agent.understand.scenes import request_of
from agent.understand.spelling import Speller
from agent.understand.supposing import supposes
from agent.understand.text import detect_language, normalise
from agent.understand.values import with_values
from agent.understand.whom import of_person
from db.errors import QuestionError
from db.semantic.query import Filter, Interval, SemanticQuery
from tools.registry import Tool

SPOKEN = 0.95  # from this chance on a clause asks for a tool of its own though its words go on from the turn before


@dataclass(frozen=True, slots=True)
class LastTurn:
    """What a follow-up continues: the query of the turn before, the tool that answered it, and the period it was about."""

    query: SemanticQuery | None = None
    tool: str | None = None
    time: Interval | None = None


def understand(
    text: str,
    lexicon: Lexicon,
    as_of: date,
    data: Interval,
    everything: Interval | None = None,
    last: LastTurn | None = None,
    speller: Speller | None = None,
    tools: ToolWords | None = None,
    router: Router | None = None,
) -> Understanding:
    """Read a question.

    Args:
        text: as typed.
        as_of: the shop's today.
        data: the range of the store's data.
        everything: the period of a question that names none; None means all rows.
        last: the conversation's turn before, for follow-ups.
        tools: the words of the tools that may be asked for besides query_metrics. router: tells which one is meant.

    Raises:
        QuestionError: empty, too long, control characters, an impossible date, a third language.
    """
    normal = normalise(text)
    language = _language(normal)
    last = last or LastTurn()
    clock = Clock(as_of, data.start)
    scope = Scope(lexicon, clock, data, everything, last.query, tools, last.tool, router, spoken=last.time)
    if message := message_in(text, normal, scope):
        before, after = (
            tuple(of_person(reading, (message.reading,)) for reading in _read_all("? ".join(asked), scope))
            if asked
            else ()
            for asked in (message.before, message.after)
        )
        return Understanding(language, normal, (*before, message.reading, *after))
    normal = completed(repaired(normal, lexicon, clock))
    if not supposes(normal):  # what is supposed is no scene that can be left out
        normal = request_of(normal, scope)
    readings = _read_all(normal, scope)
    unread = [word for reading in readings for word in reading.unread]
    corrections: tuple[tuple[str, str], ...] = ()
    if unread and speller:
        fixed, corrections = _spelt(normal, readings, speller, router if language == "zh" else None)
        if corrections:
            readings = _read_all(fixed, scope)
        understood = any(r.inherited or (r.metrics and lexicon.measures(fixed)) for r in readings)
        if language == "en" and not understood and speller.foreign(normal, mended=fixed if corrections else ""):
            raise QuestionError(
                "I read English and Chinese only.", "Please ask in English or in Chinese. 请用中文或英文提问。"
            )
        normal = fixed
    return Understanding(language, normal, readings, corrections)


def _spelt(
    text: str, readings: tuple[Reading, ...], speller: Speller, router: Router | None
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text with its slips mended; nothing in a clause that a router is sure of: 能退 is not meant for 能推 there."""
    unsure = [r for r in readings if router is None or router.tool(r.text, CERTAIN) is None]
    if len(unsure) == len(readings):
        return speller.correct(text, [word for reading in readings for word in reading.unread])
    pairs: list[tuple[str, str]] = []
    for reading in unsure:
        fixed, mended = speller.correct(reading.text, reading.unread) if reading.unread else (reading.text, ())
        if mended and reading.text in text:
            text = text.replace(reading.text, fixed, 1)
            pairs += mended
    return text, tuple(pairs)


def _language(normal: str) -> Language:
    language = detect_language(normal)
    if language is None:
        raise QuestionError(
            "I read English and Chinese only.", "Please ask in English or in Chinese. 请用中文或英文提问。"
        )
    return "zh" if language == "zh" else "en"


def _read_all(text: str, scope: Scope) -> tuple[Reading, ...]:
    readers = [ClauseReader(part, scope) for part in clauses(text, scope)]
    headed = is_headed(readers[0])
    result: list[Reading] = []
    kept: list[Reading] = []  # of each part
    for index, reader in enumerate(readers):
        if index:
            readers[index] = reader = reader_behind(reader, result[-1], headed)
            kept.append(handed_on(_read(reader, True, first=False), reader, result, kept))
            both = as_one(result[-1], kept[-1])
            result[-1:] = [both] if both else [result[-1], kept[-1]]
        else:
            follows = _is_follow_up(reader)
            result.append(_read(reader, follows, first=True))
            kept.append(result[-1])
    first = readers[0]
    measured = first.names_metric or first.hints_metric or first.figures
    if len(readers) > 1 and measured and not first.periods and not result[0].compare and scope.last is None:
        later = next((r.time for reader, r in zip(readers, kept, strict=True) if reader.periods), None)
        result[0] = replace(result[0], time=later or result[0].time)  # "revenue by store and the best day last month"
    return tuple(result)


def _read(reader: ClauseReader, inherit: bool, first: bool) -> Reading:
    """Read a clause, and tell which tool it asks for where its words name more, or less, than a figure.

    "What will February bring" is read again with months to come once it turns out to be a forecast, and the other way.
    """
    reading, scope = reader.read(inherit), reader.scope
    if scope.router is None or scope.tools is None or reading.ambiguities:
        return reading
    if first and (tool := _same_tool(reader)):
        routed = replace(reading, ask=replace(reading.ask, open=(tool,), again=True))
    elif reader.clear and first and inherit:
        return reading  # "monthly please": goes on with the figure of the turn before
    else:
        chances = able(scope.router.chances(reader.text), reading, scope.tools.tools, scope.lexicon.schema)
        if not first and reader.meant[0] == CLARIFY and reading.inherited and WHY.search(reader.text):
            chances = {explains(reader) or CLARIFY: 1.0}  # "why did it change?", of the figure before
        elif not first and _goes_on(reading, reader):
            chances = {QUERY: 1.0}
        shown = bool(reader.periods) and not (reader.horizon or reader.ahead)
        past = reader.past or (shown and (reader.words.trend or bool(reading.compare)))
        clear = reader.clear and bool(reading.metrics)  # "what goes with bread" names none
        ahead = reader.soon and reading.time in (None, reader.horizon)
        dated = bool(reader.names.metrics and (reader.periods or reader.horizon))
        differs = bool(reading.compare and len(reader.periods) > 1 and WHY.search(reader.text))
        said = Said(past, ahead, reader.parted, clear, reader.counted, dated, differs, reader.near)
        routed = settled(reading if first else _own(reading, reader), chances, scope.tools.tools, said)
        routed = replace(reading, ask=routed.ask)
    tools = [scope.tools.tools[name] for name in routed.ask.open if name in scope.tools.tools]
    measures = bool(tools) and all(tool.takes("metric") for tool in tools)
    if (
        measures and not first and scope.last and not reader.names_metric
    ):  # "…, and how many should I expect next week?"
        reader = ClauseReader(reader.text, replace(scope, goes_on=True))
        routed = replace(routed, metrics=scope.last.metrics, metric_options=())
    ahead = any(tool.takes("horizon") for tool in tools)
    limits = conditions(routed.ask.bare, tools, scope.lexicon.schema) if tools else ()
    if ahead != reader.ahead or any(limits):
        scope = reader.scope
        reader = ClauseReader(reader.text, replace(scope, ahead=ahead), limits)
        again = reader.read(inherit)
        horizon = again.ask.horizon
        if ahead and not all(
            tool.takes("horizon") for tool in tools
        ):  # a coming June for a forecast, the past for others
            reader = ClauseReader(reader.text, replace(scope, ahead=False), limits)
            again = reader.read(inherit)
        routed = replace(again, ask=replace(again.ask, open=routed.ask.open, again=routed.ask.again, horizon=horizon))
    explaining = bool(tools) and all(tool.takes("compare") and tool.takes("metric") for tool in tools)
    changing = routed.ask.open in ((), (QUERY,)) and reader.words.change and not (reader.words.trend or routed.group_by)
    if (explaining or changing) and not reader.words.compare:
        reader, routed = _apart(reader, routed, inherit)
    if tools and not any(tool.takes("compare") for tool in tools):  # "a check over November" is no comparison
        spoken = routed.time if reader.periods or inherit else scope.everything  # "carve up": no change of last month
        routed = replace(routed, time=_whole(reader) or (routed.ask.again and reading.compare) or spoken)
    router = reader.scope.router
    return with_values(_without_own_words(routed, tools, scope), router) if router else routed


def _without_own_words(reading: Reading, tools: Sequence[Tool], scope: Scope) -> Reading:
    """Without members that only say what the tool looks for: "suspicious payments" are no failures for suspected fraud."""
    if scope.tools is None or len(tools) != 1 or tools[0].takes("metric") or tools[0].name == QUERY:
        return reading
    members = {name: d.members for name, d in scope.lexicon.schema.dimensions.items()}

    def is_own(limit: Filter) -> bool:
        labels = [members[limit.dimension].get(str(value)) for value in limit.values]
        said = [label.label.en.casefold() for label in labels if label and label.label]
        words = scope.tools.read if scope.tools else None
        return bool(said) and words is not None and all(tools[0].name in words(each).sure for each in said)

    return replace(reading, filters=tuple(f for f in reading.filters if not is_own(f)))


def _goes_on(reading: Reading, reader: ClauseReader) -> bool:
    """Whether a part that says little by itself asks for the figure of the part before in another way."""
    last, (name, _) = reader.scope.last, reader.meant
    tells_little = name in (CLARIFY, OUT_OF_SCOPE)
    return tells_little and last is not None and reading.metrics == last.metrics and goes_on(reader.text)


def _own(reading: Reading, reader: ClauseReader) -> Reading:
    """A later part that surely asks for a tool which measures nothing, without the figure of the part before."""
    name, chance = reader.meant
    tool = reader.scope.tools.tools.get(name) if reader.scope.tools else None
    if tool is None or name == QUERY or chance < SURE or tool.takes("metric") or not reading.inherited:
        return reading
    return replace(reading, metrics=(), inherited=False)


def _apart(reader: ClauseReader, reading: Reading, inherit: bool) -> tuple[ClauseReader, Reading]:
    """A clause that asks why, with "from A to B" as two periods where that gives it something to compare."""
    other = ClauseReader(reader.text, replace(reader.scope, apart=True))
    again = other.read(inherit) if len(other.periods) == 2 and len(reader.periods) == 1 else reading
    return (other, replace(reading, time=again.time, compare=again.compare)) if again.compare else (reader, reading)


def _whole(reader: ClauseReader) -> Interval | None:
    """The period that is named, several as one where they follow on one another ("in October and November")."""
    found = sorted((mention.period for mention in reader.periods), key=lambda p: p.start)
    joined = bool(found) and all(a.end == b.start for a, b in pairwise(found))
    return span(found[0].start, found[-1].end).interval if joined else None


def _same_tool(reader: ClauseReader) -> str | None:
    """ "And in November?" behind a "why": the tool of the turn before once more, where the clause asks for no other."""
    scope = reader.scope
    tool = scope.tools.tools.get(scope.last_tool or "") if scope.tools else None
    other = scope.router.tool(reader.text, CERTAIN) if scope.router else None
    worded = other in (*reader.asked.sure, *reader.asked.maybe)
    spoken = worded or not reader.words.follow_up or reader.meant[1] >= SPOKEN
    if tool is None or tool.name == QUERY or (spoken and other not in (None, tool.name)):
        return None
    goes_on = reader.words.follow_up or (not reader.names_metric and reader.names_something)
    figure = reader.names_metric and not tool.takes("metric") and reader.meant[0] != tool.name
    return tool.name if goes_on and not figure and not (tool.takes("horizon") and reader.past) else None


def _is_follow_up(reader: ClauseReader) -> bool:
    if reader.scope.last is None:
        return False
    if (
        reader.tool and not reader.clear and reader.scope.tools
    ):  # "why?" takes the figure and the period of the turn before
        return not reader.names_metric and reader.scope.tools.tools[reader.tool].takes("metric")
    if not reader.names_metric:
        return reader.names_something or reader.words.follow_up
    return reader.words.follow_up
