"""Words that are spelled like a name of the store's and are none where they stand: "tickets rose", "flag the days"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.understand.lexicon import Lexicon
from agent.understand.numbering import ID_AFTER
from agent.understand.text import EN_NUMBER
from agent.understand.vocabulary import Mention
from db.semantic.roles import in_role

_DETERMINED = re.compile(
    r"\b(?:which|what|by|per|each|every|any|the|our|a|this|that|best|worst|top|busiest|biggest|quietest) $", re.ASCII
)
_IN_LINE = re.compile(r"\b(?:out of|in|bottom|on the|down the|along the) $", re.ASCII)  # and not those of a receipt
_ORDER_BEFORE = re.compile(r"(?:.*[,;:.!?] ?)?(?:please |pls |can you |could you |now )?", re.ASCII)
_ORDERS = re.compile(r"(?:flag|tag|mark|pin|chart|box|file|stack|match|pick|trim|slice|light|clip) [a-z]")
_ORDERED = re.compile(r" (?:the|any|all|those|these|every|our|my|me|us|which|up|out)\b", re.ASCII)
_DOER_BEFORE = re.compile(r"\b(?:i|we|to|should|must|you) $")
_DONE_TO = re.compile(r" (?:the|our|my|up|for)\b")
_PAID_BEFORE = re.compile(r"\b(?:pa(?:y|ys|id|ying)|in|by|with|of|the|much) $")
_SITE_BEFORE = re.compile(r"\b(?:web|online|internet|e-commerce) $|[网电]$|线上$")
_DAMAGE_DONE = re.compile(r"\b(?:do|does|did|done|doing) (?:the |most of the |the most |all the )?$")
_VERB_BEFORE = re.compile(
    r"\b(?:will|would|can|could|may|might|they|we|you|i|who|people|customers|shoppers|households|families|folks|buyers"
    r"|fell|falls?|falling) $"
)
_FIGURE_BEFORE = re.compile(
    r"\b(?:sales|orders|revenue|tickets|refunds|payments|visits|sessions|customers|takings|carts|chargebacks) $"
)
_COMPOUND = re.compile(r"-(?:[a-z]+ed|worthy|style|like|sized)\b")
_WHERETO = re.compile(r" (?:next|in|into|on|onto|out|over|by|round|around|up|off|down)\b")
_WENT = re.compile(r"\b(?:go|goes|going|went|gone|stay|stayed|fall|falls|fell|is|was|were|are|been) $")
_TOP_BEFORE = re.compile(r"\b(?:top|best|first|which|the) $")
_ON_BOOKS = re.compile(r"\b(?:on|off|in|through|for) (?:our|the|my) $")  # whom we know, and nothing to read
_REVIEWING = re.compile(r"\b(?:a|an|in|the|our|my|under|year|monthly|weekly|quarterly|annual|business|to) $")
_NOTHING_BEHIND = {  # words, and what stands before them where they name nothing
    "books": _ON_BOOKS,
    "review": _REVIEWING,
    "ground": re.compile(r"\boff the $"),
    "clock": re.compile(r"\b(?:round|around) the $"),
    "wallet": re.compile(r"\bopen(?:s|ed|ing)? (?:the|their|your|his|her) $"),
}
_IN_WHAT = re.compile(r" (?:the|our|a|an|my|this|that|each|every|all|total|q[1-4]|20\d\d)\b", re.ASCII)
_PARTICLE = re.compile(r" (?:up|off|out|down|away|over|through|back)\b")
_IN_CHARGE = re.compile(r"经理|主管|总监|老总")
_SAT = re.compile(r" (?:with|in|at|under|behind|there|idle|waiting|down|around|on (?:the|our|my|a))\b")
_PIECE_OF = re.compile(r"\b(?:how (?:big|large|small) an?|what|an?|which|the (?:biggest|largest)) $")
_ONE_OF_THEM = re.compile(
    r" (?:most|best|biggest|worst|largest|highest|lowest|customer|shopper|household|buyer|day|order|store|product|payment|item|month|week|one|source|reason)\b",
    re.ASCII,
)
_INTO_THE = re.compile(r"\b(?:to|in|at|into|through|from) (?:the|our) $", re.ASCII)
_SPLIT_BEFORE = re.compile(
    r"\b(?:by|per|each|every|which|what|across|best|worst|busiest|quietest|strongest|weakest|slowest|rank|rank the|peak|top) $",
    re.ASCII,
)
CAUSE = re.compile(r"reasons?|causes?|what went wrong|what was wrong|原因|理由|(?:毛病|问题)出在哪儿?|出了什么问题")
_EACH_AFTER = re.compile(  # 卡在什么原因上，各多少笔; "what were the reasons, and how many of each"
    r".{0,3}[,，]?各(?:自|有|是|占)?(?:多少|几)|[^?]{0,40}\bhow (?:many|much)(?: \w+)? (?:of|for|in|from|to) each\b|[^?]{0,20}\b(?:and|with) (?:the )?(?:number|count|amount)s? (?:of|for) each\b",
    re.ASCII,
)
_SO_MANY = rf"(?:top |main )?(?:{EN_NUMBER})(?: top| main| biggest| largest| most common| commonest)?"
_CAUSE_BEFORE = re.compile(
    r"(?:\b(?:what|which)(?: (?:are|were|is|was))?(?: the)?|\bthe|都?是?(?:什么|哪些|哪几个|啥)) ?$", re.ASCII
)
_CAUSE_AFTER = re.compile(r"都?(?:是|有)(?:什么|哪些|哪几个|啥)| (?:are|were|is|was) (?:it|they|there)\b", re.ASCII)
_CAUSES = re.compile(  # split by a cause: "by reason", 按原因
    rf"(?:\b(?:by(?: the| their| its)?|per|each|every|for what|for which|what|which|across|the {_SO_MANY}|(?:top|main|biggest|most common|commonest)(?: {EN_NUMBER})?)|[按各哪每](?:种|类|个|几种|个个|一种|一个)?|[卡栽死败倒]在了?(?:什么|哪些|哪个|啥)|按[^,，]{{1,6}}的|分|主要|头号|首要|前[几两三四五六十\d]+[个大种]?|最[多高大]的?前?[几两三四五六十\d]+[个大种]) ?$"
)


def splits_by_cause(text: str, start: int, end: int) -> bool:
    """Whether a word for a cause is what figures are split by ("the 3 reasons with most refunds"), and not asked for."""
    return bool(_CAUSES.search(text[:start]) or _EACH_AFTER.match(text, end))


def cause_span(text: str, start: int, end: int) -> tuple[int, int]:
    """The place of such a word with the question word beside it, in which no tool is asked for its cause (最多的三个原因是什么)."""
    if not (CAUSE.fullmatch(text, start, end) and splits_by_cause(text, start, end)):
        return start, end
    before, after = _CAUSE_BEFORE.search(text[:start]), _CAUSE_AFTER.match(text, end)
    led = _CAUSES.search(text[:start])
    return min(start, *(m.start() for m in (before, led) if m), start), after.end() if after else end


@dataclass(frozen=True, slots=True)
class IdiomReader:
    """Tells which mentions of one clause name nothing.

    Attributes:
        text: the clause in normal form.
        taken: the characters already understood; those of a word that other rules read are given back in it.
    """

    text: str
    taken: bytearray
    lexicon: Lexicon

    def is_none(self, mention: Mention) -> bool:
        """Whether a mention is no name where it stands."""
        if self._is_split_word(mention) or self._is_cause(mention) or self._is_number_in(mention):
            self.taken[mention.start : mention.end] = bytes(mention.end - mention.start)
            return True
        return self._is_verb(mention)

    def _is_split_word(self, mention: Mention) -> bool:
        """ "by weekday" asks for a split by day of the week, it does not name the weekdays."""
        schema = self.lexicon.schema
        days = any(schema.dimensions[t.name].grain == "day_type" for t in mention.of("member"))
        return days and bool(_SPLIT_BEFORE.search(self.text[: mention.start]))

    def _is_cause(self, mention: Mention) -> bool:
        """ "The reason for the drop", 下滑的原因: asked for, and no split."""
        words = self.text[mention.start : mention.end]
        return bool(mention.of("dimension") and CAUSE.fullmatch(words)) and not splits_by_cause(
            self.text, mention.start, mention.end
        )

    def _is_number_in(self, mention: Mention) -> bool:
        """ "The top 40 in our best segment", "campaign 18 in the mail": no packages of so many inches."""
        if not (mention.of("member") and self.text[mention.start : mention.end].endswith(" in")):
            return False
        return bool(_TOP_BEFORE.search(self.text[: mention.start]) or _IN_WHAT.match(self.text, mention.end))

    def _is_verb(self, mention: Mention) -> bool:
        """ "how often do customers shop": as a noun the word has a determiner before it; "to the shop" is no split."""
        words, before = self.text[mention.start : mention.end], self.text[: mention.start]
        if words in ("line", "lines") and (_IN_LINE.search(before) or self.text.startswith(" up", mention.end)):
            return True
        if _ORDER_BEFORE.fullmatch(before) and _ORDERED.match(self.text, mention.end) and not mention.of("metric"):
            return True  # "flag the days", "sort the stores"
        if mention.of("unavailable") and _DOER_BEFORE.search(before) and _DONE_TO.match(self.text, mention.end):
            return True  # "how many tickets should I staff the desk for"
        if words in ("piece", "bit") and _PIECE_OF.search(before) and self.text.startswith(" of ", mention.end):
            return True  # "how big a piece of our visits"
        if words == "sat" and _SAT.match(self.text, mention.end):
            return True
        if self._is_else(words, before, mention):
            return True
        if words == "cash" and self.text.startswith(" in ", mention.end) and not _PAID_BEFORE.search(before):
            return True  # "how many cash in a coupon", and not what was paid in cash
        if mention.of("dimension") and not mention.of("member") and _IN_CHARGE.match(self.text, mention.end):
            return True  # 门店经理 asks, and splits nothing
        if mention.of("dimension") and _SITE_BEFORE.search(before):  # the web shop is none of the shops
            return True
        if self._is_idiom(mention, before):
            return True
        if words in ("shop", "store") and _INTO_THE.search(before) and not ID_AFTER.match(self.text, mention.end):
            return True
        numbered = ID_AFTER.match(self.text, mention.end)
        return words == "shop" and not (numbered or _DETERMINED.search(before))

    def _is_else(self, words: str, before: str, mention: Mention) -> bool:
        """ "Off the ground", "we'd" (no wednesday), "boxing day", "which single customer" (nobody unmarried)."""
        if (led := _NOTHING_BEHIND.get(words)) and led.search(before):
            return True
        if words in ("we'd", "i'd") or (words == "boxing" and self.text.startswith(" day", mention.end)):
            return True
        one = words == "single" and _ONE_OF_THEM.match(self.text, mention.end)
        return bool(one and _DETERMINED.search(before))

    def _is_idiom(self, mention: Mention, before: str) -> bool:
        """ "Falls flat", "tickets rose", "did the damage": a member's word that is a verb there, or limits nothing asked."""
        if not mention.of("member") or mention.of("metric") or mention.of("dimension"):
            return False
        if _DAMAGE_DONE.search(before) and self.text.startswith("damage", mention.start):
            return True
        sold = all(in_role(self.lexicon.schema, term.name, "products") for term in mention.terms)
        word = self.text[mention.start : mention.end]
        spelled = [str(term.value).casefold() for term in mention.terms]
        plural = all(each in (f"{word}s", f"{word}es") for each in spelled)  # "rose" of ROSES
        inflected = sold and plural and mention.tokens == 1 and before[-1:] in ("", " ")
        if sold and before.endswith("to ") and mention.tokens == 1 and _PARTICLE.match(self.text, mention.end):
            return True  # "it took a day to wrap up"
        if sold and word == "flat" and _WENT.search(before):
            return True  # "sales go flat"
        if sold and _COMPOUND.match(self.text, mention.end):
            return True  # "went pear-shaped"
        if sold and _VERB_BEFORE.search(before) and _WHERETO.match(self.text, mention.end):
            return True  # "what should we pop next to it"
        ordered = _ORDER_BEFORE.fullmatch(before) and _ORDERS.match(self.text, mention.start)
        return inflected and bool(ordered or _VERB_BEFORE.search(before) or _FIGURE_BEFORE.search(before))
