"""A customer's message inside an operator's question: data, in which nothing is read as a question of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from agent.contracts import Reading, ToolAsk
from agent.form import QUERY
from agent.understand.asking import message_of, named
from agent.understand.clauses import clauses
from agent.understand.meaning import SURE
from agent.understand.parts import REPLY, complete
from agent.understand.reading import Scope

# In double quotes of any kind, or in single ones, which open before a word and close behind one (not "customers' own").
_MESSAGE = re.compile(
    r"[\"“「『][^\"”」』]{6,}[\"”」』]"
    r"|(?<![\w'])'(?=[^\W\d])(?:(?!\s'\w).){6,}?(?:(?<!s)'(?!\w)|'(?=\s*(?:[^\w\s]|$|and\b|then\b)))"
)
_STRAIGHT = str.maketrans({"’": "'", "‘": "'"})
_TICKET = re.compile(
    r"\btickets? (?:numbers? |no\.? ?|ids? |#)?\d{3,}|\d{3,}号?(?:这[个张])?工单|工单(?:号|编号)?#?\d{3,}", re.ASCII
)
_HOLDS_MORE = re.compile(
    r"[:：\d\"“「『]|(?:\S+ ){8}|[\u3400-\u9fff，。？！]{14}"
)  # a message, a number, or its content told


@dataclass(frozen=True, slots=True)
class Message:
    """The clause that holds the message, and what else is asked ("how many refunds? And reply to: …").

    Attributes:
        before, after: questions in front of the wish for a reply, and behind it.
    """

    reading: Reading
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def message_in(raw: str, normal: str, scope: Scope) -> Message | None:
    """The message that a question wants answered; None where it wants something else."""
    tools, quoted = scope.tools, bool(_MESSAGE.search(normal))
    if tools is None:
        return None
    readers = tuple(name for name, tool in tools.tools.items() if tool.reads_message)
    words = tools.read(normal)
    if not (quoted or ":" in normal or {*words.sure, *words.maybe} & {*readers} or _TICKET.search(normal)):
        return None
    head = _MESSAGE.sub(" ", normal) if quoted else _head(normal)
    around = replace(scope, around_message=True)
    parts = clauses(head, around)
    replying = [i for i, part in enumerate(parts) if _replies(part, quoted, readers, scope)]
    if not (replying or (scope.router and scope.router.tool(normal) in readers)):
        return None
    ids = named(head, scope.lexicon).ids
    ask = ToolAsk(
        open=readers[:1],
        customers=ids.get("customers", ()),
        orders=ids.get("orders", ()),
        text=quotation(raw) or message_of(raw),
        pointed=None if quoted or _HOLDS_MORE.search(normal) else "text",
    )
    own = [i for i, part in enumerate(parts) if i not in replying and _asked_too(part, readers, around)]
    place = replying[0] if replying else len(parts)
    before, after = ([parts[i] for i in own if i < place], [parts[i] for i in own if i > place])
    return Message(Reading(text=normal, metrics=(), group_by=(), ask=ask), tuple(before), tuple(after))


def quotation(raw: str) -> str:
    """The message that stands in quotes; empty where none does.

    >>> quotation("answer 'Where's my refund? It's been nine days.' politely, and how many refunds were there?")
    "Where's my refund? It's been nine days."
    """
    found = _MESSAGE.search(raw.translate(_STRAIGHT))
    return raw[found.start() + 1 : found.end() - 1].strip() if found else ""


def _head(normal: str) -> str:
    """What stands before the message where a colon, and no quotation mark, begins it: the last one of a short lead-in.

    >>> _head("two things: what is the policy; then answer this: where is my order?")
    'two things: what is the policy; then answer this'
    """
    first, *more = normal.split(":")
    for i, part in enumerate(more[:-1]):
        if REPLY.search(part):
            return ":".join([first, *more[: i + 1]])
    return first


def _asked_too(part: str, readers: tuple[str, ...], scope: Scope) -> bool:
    """Whether a part around the message asks something of its own, and does not only tell who wrote it."""
    if scope.router is None or scope.tools is None:
        return complete(part, scope)
    name, chance = next(iter(scope.router.chances(part).items()))
    sure = name in scope.tools.tools and name not in readers and chance >= SURE
    return sure and (name != QUERY or complete(part, scope))


def _replies(part: str, quoted: bool, readers: tuple[str, ...], scope: Scope) -> bool:
    """Whether a part asks for a reply: it says so beside a quotation, or means it."""
    said = scope.tools.read(part).sure[:1] if scope.tools else ()
    if quoted and (REPLY.search(part) or any(name in readers for name in said)):
        return True
    return scope.router is not None and scope.router.tool(part) in readers
