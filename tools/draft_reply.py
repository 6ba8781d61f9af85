"""A reply to a customer's message, to be approved: what it wants, what the store knows, what the policy says."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from db.errors import AnalysisError
from db.semantic.schema import Words
from tools.arguments import Arguments, Ids
from tools.registry import Tool, ToolContext, ToolResult

NAME = "draft_reply"
MAX_TEXT = 8_000
MAX_EARLIER = 20


class ReplyArguments(Arguments):
    """A customer's message, or a ticket by its number ("ticket 100231").

    Attributes:
        text: the message. orders: the order that the operator says it is about.
        customers: who wrote it; nothing of another customer's order is then shown.
        earlier: the same customer's earlier messages, oldest first.
    """

    text: str = Field(min_length=1, max_length=MAX_TEXT)
    orders: Ids = ()
    customers: Ids = ()
    earlier: Annotated[tuple[str, ...], Field(max_length=MAX_EARLIER)] = ()


def run(arguments: ReplyArguments, context: ToolContext) -> ToolResult:
    """Draft a reply; nothing is sent.

    Raises:
        UnknownEntity: a customer, order or ticket that the operator named and the store does not have.
        AnalysisError: several senders or several orders at once. KnowledgeError: a file of the handbook.
    """
    from tools.reply_facts import result_of

    if len(arguments.customers) > 1 or len(arguments.orders) > 1:
        raise AnalysisError(
            "A reply answers one customer about one order.", "Ask for a draft for each customer's message."
        )
    return result_of(arguments, context)


_ASKS = Words(
    en=(
        "draft a reply", "draft reply", "draft an answer", "draft a response", "draft a message", "draft me a reply",
        "draft something back", "write a reply", "write an answer", "write a response", "write back to",
        "write me a reply", "compose a reply", "compose an answer", "prepare a reply", "prepare an answer",
        "suggest a reply", "suggest an answer", "reply to this customer", "reply to this message",
        "reply to this email", "reply to this ticket", "reply to the customer", "reply to customer",
        "reply to ticket", "reply to a customer", "reply for this customer", "answer this customer",
        "answer this message", "answer this email", "answer this ticket", "answer the customer", "answer ticket",
        "respond to this customer", "respond to this message", "respond to this email", "respond to this",
        "respond to ticket", "respond to the customer", "respond to customer", "how should i answer",
        "how do i answer", "how should we answer", "how should i reply", "how do i reply", "how should we reply",
        "how should i respond", "how do i respond", "how should we respond", "what should i reply",
        "what should i answer", "what should i write back", "what do i reply", "what do i answer",
        "what do i tell this customer", "what should i tell this customer", "what do we tell this customer",
        "what do i say to this customer", "what should i say to this customer", "help me reply", "help me answer",
        "help me respond", "help me write back", "a customer writes", "customer writes", "customer wrote",
        "a customer says", "customer says", "customer asks", "a customer asks", "customer said", "customer message",
        "message from a customer", "got this message", "got this email", "got this complaint", "the client writes",
        "a shopper writes",
    ),
    zh=(
        "帮我回复", "帮忙回复", "帮我回", "帮我回一下", "回复客户", "回复顾客", "回复这位客户", "回复这位顾客",
        "回复这个客户", "回复这个顾客", "回复这条", "回复工单", "回复买家", "回复用户", "答复客户", "答复顾客",
        "答复这位", "答复工单", "写个回复", "写一个回复", "写条回复", "写一条回复", "写封回信", "写回复", "拟个回复",
        "拟一个回复", "拟一份回复", "拟回复", "起草回复", "起草一个回复", "起草一份回复", "草拟回复", "草拟",
        "回复草稿", "生成回复", "准备回复", "怎么回客户", "怎么回顾客", "怎么回复", "如何回复", "怎么答复",
        "如何答复", "该怎么回", "怎么回他", "怎么回她", "怎么回这", "该回什么", "回什么好", "怎么跟客户说",
        "怎么跟顾客说", "怎么和客户说", "怎么和顾客说", "客户说", "顾客说", "客户问", "顾客问", "客户留言",
        "顾客留言", "客户来信", "顾客来信", "客户发来", "顾客发来", "客户写道", "顾客写道", "客户投诉说",
        "顾客投诉说", "买家说", "买家问", "客人说", "客人问", "用户说", "用户问", "有客户问", "有顾客问", "有客户说",
        "有顾客说", "收到客户消息", "收到一条留言",
    ),
)  # fmt: skip
_HINTS = Words(
    en=(
        "reply", "respond", "draft", "customer message", "ticket number", "write back", "answer to", "apology",
        "apologise", "apologize", "get back to", "word an answer", "word a reply", "write to her", "write to him",
    ),
    zh=(
        "回复", "答复", "回信", "草稿", "工单号", "话术", "道歉", "致歉", "回一下", "回个话", "怎么回", "回他", "回她",
    ),
)  # fmt: skip

TOOL = Tool(
    name=NAME,
    when="draft a reply to a customer's message or ticket, to be approved",
    arguments=ReplyArguments,
    run=run,
    asks=_ASKS,
    hints=_HINTS,
    needs=("sales",),
    gives=("order", "customer"),
    reads_message=True,
)
