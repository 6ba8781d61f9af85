"""A customer's message without its wrapping: greetings, thanks and order numbers say nothing about what is wanted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from db.knowledge.text import Language, clean, language_of, sentences
from db.state.masking import mask_personal

MAX_MESSAGE = 4_000  # characters that are read
MAX_SENTENCES = 8
_NUMBER = r"[#№:：\s]*\d{5,20}"
_GREETING = (
    r"(?:hi(?: there)?|hello(?: there)?|hey(?: there)?|to whom it may concern|good (?:morning|afternoon|evening|day)"
    r"|dear (?:customer service|support|team|sir or madam|sirs?|madam|all|shop|store)(?: team)?|greetings)\b[\s,.!:;-]*"
)
_CLOSING = (
    r"(?:(?:kind|best|warm|many)(?:est)? (?:regards|wishes|thanks)|regards|yours (?:truly|sincerely)|sincerely"
    r"|cheers|thx|(?:thanks|thank you)(?: (?:a lot|so much|very much|in advance|for your help))?"
    r"|(?:i am |i'm )?looking forward to (?:your|hearing)[^.!?]*"
    r"|please (?:help|advise|(?:reply|respond|get back)[^.!?]*)"
    r"|sent from my [^.!?,]*(?:, sorry for typos)?|sorry for typos)\b[\s,.!]*(?:[A-Z][a-z]{0,20}\.?)?\s*$"
)
_REFERENCE = (
    r"\(?\b(?:(?:my|the|it is about|this is about|regarding|about|for)\s+)*"
    rf"(?:order|basket|purchase|ref(?:erence)?)(?: (?:number|no\.?|id))?(?: is)?{_NUMBER}\)?[.,]?"
)
_ZH_GREETING = (
    r"(?:(?:客服|亲|您|你)?(?:您好|你好|早上好|下午好|晚上好|在吗|在不在)|亲爱的?|亲|客服)[\s，,。！!？?~～啊呀]*"
)
_ZH_CLOSING = (
    r"(?:非常感谢|感谢|多谢|谢谢(?:您|你|啦|了)?|麻烦(?:了|您了|你了)|辛苦(?:了|啦)|等(?:您|你|你们)?(?:的)?(?:回复|答复)"
    r"|(?:请|麻烦|希望)?(?:你们)?尽快(?:回复|处理|解决)(?:一下)?|拜托了?)[\s，,。！!~～]*$"
)
_ZH_REFERENCE = rf"[（(]?(?:我的)?(?:订单编号|订单号|订单|单号|编号)(?:是|为)?{_NUMBER}[）)]?[，,。]?"
_START = re.compile(rf"^(?:{_GREETING})+", re.IGNORECASE)
_ZH_START = re.compile(rf"^(?:{_ZH_GREETING})+")
_END = re.compile(_CLOSING, re.IGNORECASE)
_ZH_END = re.compile(_ZH_CLOSING)
_REFERENCES = re.compile(f"{_REFERENCE}|{_ZH_REFERENCE}", re.IGNORECASE)
_ORDER = re.compile(r"(?<![\d.,$¥€£])\d{5,20}(?![\d%]|[.,]\d)")
_TICKET = re.compile(
    r"(?:\b(?:support )?ticket|工单|客诉单)\s*(?:number|no\.?|id|号|编号)?\s*[#:：]?\s*(\d{1,18})", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its cleaned and masked ``text``, the part that says what is ``wanted``, the ``orders`` it names."""

    text: str
    wanted: str
    orders: tuple[str, ...]
    language: Language

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is wanted, sentence by sentence."""
        return tuple(s for s in sentences(self.wanted) if len(s) > 1)[:MAX_SENTENCES]


def read_message(raw: str) -> Message:
    """Read a message; personal data is masked first.

    >>> m = read_message("Hi there, where is it? My order is 31268837503. Kind regards, J.")
    >>> m.wanted, m.orders
    ('where is it?', ('31268837503',))
    >>> read_message("您好，怎么还没到？订单号31225630711。谢谢！").wanted
    '怎么还没到？'
    """
    text = clean(mask_personal(raw))[:MAX_MESSAGE]
    wanted = _REFERENCES.sub(" ", text)
    for _ in range(3):  # a greeting behind a greeting, thanks before regards
        wanted = _ZH_START.sub("", _START.sub("", wanted.strip()))
        wanted = _ZH_END.sub("", _END.sub("", wanted.strip()))
    wanted = " ".join(wanted.split()).strip(" ,，")
    orders = tuple(dict.fromkeys(_ORDER.findall(text)))
    return Message(text, wanted or text, orders, language_of(wanted or text))


def ticket_of(text: str) -> str | None:
    """The ticket that an operator names instead of a message.

    >>> ticket_of("ticket 1042"), ticket_of("工单号：77"), ticket_of("my ticket to the show")
    ('1042', '77', None)
    """
    match = _TICKET.search(text)
    return match[1] if match else None
