"""One customer's case: the conversation read, the order looked up, the policy found, the draft written."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from db.errors import UnknownEntity
from models.intent.dialogue import DialogueState, Holding, Lookup, advance
from models.intent.intents import INTENTS
from models.intent.message import read_message, ticket_of
from models.intent.shop import open_intents
from models.retrieval import Handbook
from tools.draft_reply import ReplyArguments
from tools.registry import ToolContext
from tools.reply_orders import Order, Orders
from tools.reply_words import Policy, draft

SHORT_REFERENCE = 60  # characters of a text that names a ticket instead of being a message
_ORDERS_GIVEN = re.compile(
    r"\b(?:ignore|disregard|forget)\b[^.!?]{0,40}\b(?:instructions?|rules?|prompts?|policy|policies)\b"
    r"|\bsystem prompt\b|\byou are (?:now )?(?:a|an) (?:ai|bot|assistant|model)\b"
    r"|忽略[^。！？]{0,12}(?:指令|规则|提示|要求)|系统提示|你(?:现在)?是(?:一个)?(?:AI|机器人|助手|模型)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Case:
    """All that the draft rests on. ``known``: the order may be spoken of; ``foreign``: numbers of other customers."""

    state: DialogueState
    message: str
    order: Order | None
    policy: Policy | None
    sender: str | None
    foreign: tuple[str, ...]
    wording: str
    commands: bool


def case_of(arguments: ReplyArguments, context: ToolContext, handbook: Handbook) -> Case:
    """Read the conversation, look up what it is about, and word the reply.

    Raises:
        UnknownEntity: a customer, order or ticket that the operator named and the store does not have.
    """
    orders = Orders(context)
    message, sender = arguments.text, next(iter(arguments.customers), None)
    named = next(iter(arguments.orders), None)
    number = ticket_of(message) if len(message) <= SHORT_REFERENCE else None
    if number and "tickets" in context.store.schema.roles:
        ticket = orders.ticket(number)
        message, sender, named = ticket.message, sender or ticket.customer, named or ticket.order
    elif sender is not None:
        orders.require_customer(sender)
    if named is not None and orders.order(named) is None:
        raise UnknownEntity(f"There is no order {named} in this store.", "Check the number.")

    foreign: list[str] = []

    def holds(order: str) -> Holding:
        found = orders.order(order)
        if found is None:
            return "unknown"
        if sender is not None and found.customer != sender:
            foreign.append(order)
            return "foreign"
        return "found"

    lookup = Lookup(open_intents(context.models).guess, holds)
    state = DialogueState()
    for turn in (*arguments.earlier, message):
        state = advance(state, turn, lookup)
    if named is not None:  # the operator's word goes before the customer's, but not before whose order it is
        own = holds(named) == "found"
        state = replace(state, order=named) if own else replace(state, refused=(*state.refused, named))
    order = orders.order(state.order) if state.order else None
    policy = _policy(state, message, handbook)
    read = read_message(message)
    return Case(
        state,
        read.text,
        order,
        policy,
        sender,
        tuple(dict.fromkeys(foreign)),
        draft(state, order, (policy,) if policy else (), context.store.schema.currency),
        bool(_ORDERS_GIVEN.search(read.text)),
    )


def _policy(state: DialogueState, message: str, handbook: Handbook) -> Policy | None:
    """The paragraph that the handbook has for it, in the customer's language where it can; nothing meant for staff."""
    if state.intent not in INTENTS:
        return None
    asks = INTENTS[state.intent].asks
    wanted = read_message(message).wanted
    questions = [asks.of(state.language), wanted] if asks else [wanted, INTENTS[state.intent].label.of(state.language)]
    for question in questions:
        search = handbook.search(question, 1, public=True, language=state.language)
        if search.answers:
            found = search.found[0]
            return Policy(found.quote, found.passage)
    return None
