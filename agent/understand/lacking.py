"""Whether a word for what the store's data lacks means it: "staff is short, how many orders?" asks for no staff."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.understand.meaning import Chances
from agent.understand.metrics import surely
from agent.understand.vocabulary import Mention
from db.semantic.schema import StoreSchema

_WHY_NOT = re.compile(r"why not\b", re.ASCII)  # a proposal, not a question for a cause
_IN_CHARGE = re.compile(r" ?(?:manager|director|head|chief|boss|lead|team)s?\b|经理|总监|主管|负责人|老总", re.ASCII)
_SCENES = re.compile(r",|，|;|；|\.\s|。| so | because |所以", re.ASCII)  # what stands before may only be why one asks
_GUESS = re.compile(
    r" ?(?:because |as |since )?(?:i|we|my boss|my team|the boss|somebody|someone) (?:think|thinks|suspect|suspects|believe|believes|guess|fear|fears|worry|worries|reckon|reckons|feel|feels|heard|says?|said)\b"
    r"|(?:因为)?(?:我们?|老板|领导|同事)?(?:怀疑|觉得|猜|担心|怕|听说|估计是)",
    re.ASCII,
)
_WORD = re.compile(r"[a-z']+|[\u3400-\u9fff]")
FEWEST_TOLD, FEWEST_TOLD_ZH = 3, 4  # words or characters beside the word, of a part that tells something


@dataclass(frozen=True, slots=True)
class LackingReader:
    """Weighs the words of one clause for what is lacking.

    Attributes:
        mentions: all that the clause names.
        figures: how likely the wording means each metric.
    """

    text: str
    schema: StoreSchema
    mentions: Sequence[Mention]
    figures: Callable[[], Chances]

    def is_meant(self, mention: Mention) -> bool:
        """Whether what is lacking is asked for."""
        if _WHY_NOT.match(self.text, mention.start) or _IN_CHARGE.match(self.text, mention.end):
            return False
        if self._guessed(mention):
            return False
        return not (self._heads(mention) or self._idle(mention))

    def _guessed(self, mention: Mention) -> bool:
        """Whether it stands in a part that says why one asks ("…, I think the ads were misconfigured")."""
        before = self.text[: mention.start]
        start = max((seam.end() for seam in _SCENES.finditer(before)), default=0)
        asked = any(m.end <= start and (m.of("metric") or m.of("member")) for m in self.mentions)
        return bool(_GUESS.match(self.text, start)) and (asked or bool(surely(self.figures())))

    def _idle(self, mention: Mention) -> bool:
        """Whether it means nothing that is lacking: "online carts", or why one asks ("staff is short, so …")."""
        lacking = self.schema.unavailable[mention.of("unavailable")[0].name]
        return surely(self.figures()) in lacking.unless or self._tells(mention)

    def _tells(self, mention: Mention) -> bool:
        """Whether it stands in a part that names nothing of the store's and leads up to a part that asks for a figure."""
        words = len(_WORD.findall(self.text[mention.start : mention.end]))
        for seam in _SCENES.finditer(self.text, mention.end):
            told = self.text[: seam.start()]
            beside = len(_WORD.findall(told)) - words
            if beside < (FEWEST_TOLD if told.isascii() else FEWEST_TOLD_ZH):
                continue
            if any(m.start < seam.start() and not m.of("unavailable") for m in self.mentions):
                return False
            return bool(surely(self.figures())) or any(m.of("metric") for m in self.mentions if m.start >= seam.end())
        return False

    def _heads(self, mention: Mention) -> bool:
        """Whether it only is part of a heading ("cash planning: refunds by week"); alone it limits ("cash: payments")."""
        heading, colon, _ = self.text.partition(":")
        if (
            not colon
            or mention.end > len(heading)
            or not heading[: mention.start].strip() + heading[mention.end :].strip()
        ):
            return False
        others = [m for m in self.mentions if m is not mention]
        return all(m.start > len(heading) for m in others) and any(m.of("metric") for m in others)
