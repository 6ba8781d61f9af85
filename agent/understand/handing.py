"""What a later part of a question takes over from the parts before it: figure, period, conditions, product, topic."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent.contracts import Reading
from agent.form import QUERY
from agent.understand.clauses import OF_THEM
from agent.understand.linking import of_people
from agent.understand.metrics import surely
from agent.understand.parts import POINTS
from agent.understand.patterns import OF_EVERYBODY
from agent.understand.reading import ClauseReader
from agent.understand.whom import of_person, of_product
from db.semantic.query import Filter, SemanticQuery
from db.semantic.roles import in_role
from tools.registry import Tool

_SUCH = re.compile(r"\b(?:those|these|such|them)\b|这类|此类|这种|这样的|那类", re.ASCII)


def query_of(reading: Reading) -> SemanticQuery | None:
    """A reading as a query, where it names a metric."""
    if not reading.metrics:
        return None
    return SemanticQuery(
        metrics=reading.metrics,
        group_by=reading.group_by,
        filters=(*reading.filters, *((reading.keep,) if reading.keep else ())),  # "what share came from social?"
        time=reading.time,
        compare=reading.compare,
    )


def reader_behind(reader: ClauseReader, before: Reading, headed: bool = False) -> ClauseReader:
    """The reader of a part, which takes what it lacks from the part before it: figure, period and conditions.

    Args:
        headed: whether a heading says what all parts are about ("three things on cheese: …").
    """
    query = query_of(before)
    if query is None:
        return reader
    alone = reader.names_metric and bool(reader.periods)  # it says all of what and when by itself
    same = {*reader.names.metrics} <= {*query.metrics} or surely(reader.figures) in query.metrics
    alone = alone and not (same or headed or POINTS.search(reader.text))  # "… and how many customers bought it in Q3?"
    filters = () if alone else _lent_filters(query, reader)
    scope = replace(reader.scope, last=query.model_copy(update={"group_by": (), "filters": filters}))
    return ClauseReader(reader.text, scope)


def is_headed(first: ClauseReader) -> bool:
    """Whether the first part begins with a heading that names whom or what all of it is about."""
    heading, colon, _ = first.text.partition(":")
    return bool(colon) and any(mention.end <= len(heading) for mention, _, _ in first.names.members)


def handed_on(reading: Reading, reader: ClauseReader, shown: Sequence[Reading], parts: Sequence[Reading]) -> Reading:
    """A part's reading with what the parts before it hand on.

    Args:
        shown: the readings so far, figures over one scope as one. parts: those of each part.
    """
    tools = reader.scope.tools.tools if reader.scope.tools else {}
    reading = of_product(of_person(reading, shown), shown)
    reading = _without_unfit(of_people(reading, reader, shown[-1], tools), reader)
    reading = _of_campaign(_of_whom(reading, reader, shown), reader, shown[-1], tools)
    return _of_topic(_at_its_time(reading, reader, parts), reader, shown[-1])


def as_one(one: Reading, two: Reading) -> Reading | None:
    """ "How many tickets came in, and how many of them are closed?" as one table of both figures."""
    figures = all(r.metrics and r.ask.open in ((), (QUERY,)) for r in (one, two))
    plain = not any(
        r.order_by or r.limit or r.having or r.keep or r.per or r.running or r.split_options for r in (one, two)
    )
    alike = (one.group_by, one.filters, one.time, one.compare) == (two.group_by, two.filters, two.time, two.compare)
    if not (figures and plain and alike) or {*one.metrics} & {*two.metrics}:
        return None
    return replace(
        one, text=f"{one.text}, {two.text}", metrics=(*one.metrics, *two.metrics), unread=(*one.unread, *two.unread)
    )


def _lent_filters(before: SemanticQuery, reader: ClauseReader) -> tuple[Filter, ...]:
    """The conditions that a part takes over: none of goods, or of customers, where it names its own, and none of all.

    "Sales from married households, and orders from renters" speaks of all renters; "how many of them rent?" does not.
    """
    schema = reader.lexicon.schema
    dimensions = schema.dimensions
    if OF_THEM.match(reader.text):
        return before.filters
    own = {dimensions[term.name].table for term in reader.names.kept}
    if OF_EVERYBODY.search(reader.text):
        own |= {dimension.table for name, dimension in dimensions.items() if in_role(schema, name, "customers")}
    return tuple(f for f in before.filters if dimensions[f.dimension].table not in own)


def _at_its_time(reading: Reading, reader: ClauseReader, before: Sequence[Reading]) -> Reading:
    """With the period of the nearest part before it, where it names none and that part had no figure to lend one."""
    spoken = next((r.time for r in reversed(before) if r.time), None)
    own = reader.periods or reader.horizon or reading.time not in (None, reader.scope.everything)
    return reading if own or spoken is None else replace(reading, time=spoken)


def _of_whom(reading: Reading, reader: ClauseReader, shown: Sequence[Reading]) -> Reading:
    """三季度下了几单, behind a part on one customer: Chinese leaves out whom everybody knows."""
    named = shown[-1].ask.people
    own = reading.filters or reading.group_by or reading.ask.people or reading.ask.products or reading.text.isascii()
    if own or len(named) != 1 or not reading.metrics or shown[-1].ask.open in ((), (QUERY,)):
        return reading
    return replace(reading, ask=replace(reading.ask, customers=named))


def _of_campaign(reading: Reading, reader: ClauseReader, before: Reading, tools: Mapping[str, Tool]) -> Reading:
    """ "What was the redemption rate of campaign 13, and whom should we mail it again?": the campaign of the part before."""
    tool, name = tools.get(reading.ask.tool or ""), reader.lexicon.campaign
    named = [f for f in before.filters if f.dimension == name and f.op == "in" and len(f.values) == 1]
    if tool is None or not tool.takes("campaign") or not named or any(f.dimension == name for f in reading.filters):
        return reading
    goods = any(in_role(reader.lexicon.schema, f.dimension, "products") for f in reading.filters)
    return reading if goods else replace(reading, filters=(*reading.filters, *named))


def _of_topic(reading: Reading, reader: ClauseReader, before: Reading) -> Reading:
    """ "How do we handle privacy requests, and how many of those came in?": limited to what the part before is about."""
    schema = reader.lexicon.schema
    if before.metrics or reading.filters or not reading.metrics or not _SUCH.search(reading.text):
        return reading
    about = tuple(f for f in before.filters if all(schema.can_split(m, f.dimension) for m in reading.metrics))
    return replace(reading, filters=about)


def _without_unfit(reading: Reading, reader: ClauseReader) -> Reading:
    """Without what it only took over and its own figures are not recorded by ("…, and how many tickets came in?")."""
    schema, own = reader.lexicon.schema, {term.name for _, term, _ in reader.names.members}
    fits = [
        f
        for f in reading.filters
        if f.dimension in own or all(schema.can_split(m, f.dimension) for m in reading.metrics)
    ]
    last = reader.scope.last
    other = reader.names_metric or (last is not None and reading.metrics != last.metrics)
    return replace(reading, filters=tuple(fits)) if other else reading
