"""A customer's message inside an operator's question: data, in which nothing is read as a question of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.contracts import Reading, ToolAsk
from agent.understand.asking import message_of, named
from agent.understand.clauses import clauses, complete
from agent.understand.reading import Scope

_MESSAGE = re.compile(r"[\"“「『](?P<q>[^\"”」』]{6,})[\"”」』]")
_REPLY = re.compile(
    r"\b(?:reply|replies|respond|response|answer|write back)\b|答复|回复|回信|回一下|回个话|怎么回", re.ASCII
)


_HOLDS_MORE = re.compile(
    r"[:：\d\"“「『]|(?:\S+ ){8}|[\u3400-\u9fff，。？！]{14}"
)  # a message, a number, or its content told


@dataclass(frozen=True, slots=True)
class Message:
    """The clause that holds the message, and what is asked in front of it ("how many refunds? And reply to: …")."""

    reading: Reading
    before: tuple[str, ...] = ()


def message_in(raw: str, normal: str, scope: Scope) -> Message | None:
    """The message that a question wants answered; None where it wants something else."""
    tools, quoted = scope.tools, bool(_MESSAGE.search(normal))
    if tools is None:
        return None
    readers = tuple(name for name, tool in tools.tools.items() if tool.reads_message)
    words = tools.read(normal)
    if not (quoted or ":" in normal or {*words.sure, *words.maybe} & {*readers}):
        return None
    head = _MESSAGE.sub(" ", normal) if quoted else normal.partition(":")[0]
    parts = clauses(head, scope)
    replying = [part for part in parts if _replies(part, quoted, readers, scope)]
    if not (replying or (scope.router and scope.router.tool(normal) in readers)):
        return None
    ids = named(head, scope.lexicon).ids
    ask = ToolAsk(
        open=readers[:1],
        customers=ids.get("customers", ()),
        orders=ids.get("orders", ()),
        text=message_of(raw),
        pointed=None if quoted or _HOLDS_MORE.search(normal) else "text",
    )
    own = tuple(part for part in parts if part not in replying and complete(part, scope))
    return Message(Reading(text=normal, metrics=(), group_by=(), ask=ask), own)


def _replies(part: str, quoted: bool, readers: tuple[str, ...], scope: Scope) -> bool:
    """Whether a part asks for a reply: it says so beside a quotation, or means it."""
    said = scope.tools.read(part).sure[:1] if scope.tools else ()
    if quoted and (_REPLY.search(part) or any(name in readers for name in said)):
        return True
    return scope.router is not None and scope.router.tool(part) in readers
