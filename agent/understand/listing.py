"""Several figures asked for in one breath, each with a question word of its own ("how many baskets, and how big?")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from agent.understand.bands import names_in
from agent.understand.dates import Clock, find_periods
from agent.understand.lexicon import Lexicon
from agent.understand.meaning import Chances, Router
from agent.understand.metrics import is_twin, metric_chances, surely
from agent.understand.patterns import OF_EVERYBODY
from db.semantic.roles import counts_of
from db.semantic.schema import StoreSchema

_HEAD = re.compile(
    r"\bhow (?:many|much|big|large|often)\b|\bwhat (?:share|slice|part|percent\w*|proportion|fraction|rate)\b"
    r"|\bwhat (?:did|do) (?:they|those|these) (?:all )?(?:add up|come|amount|total)"
    r"|多少|几[个位笔单户次张件成]|百分之几|占比|率",
    re.ASCII,
)
_RATE = re.compile(r"\bwhat (?:share|slice|part|percent\w*|proportion|fraction|rate)\b|几成|百分之几|占比|率", re.ASCII)
_SIZE = re.compile(r"\bhow (?:big|large|fat)\b|[单每][笔单]多[大少]", re.ASCII)
_SUM = re.compile(
    r"\bwhat (?:did|do|does|was|were) (?:they|it|that|those|these) (?:all )?(?:add up|come|amount|sum|total|worth)"
    r"|\bhow (?:much|many)(?: (?:money|dollars|bucks|cash))? (?:did|do|does|is|was|were|are) (?:they|it|that|those|these|this)\b"
    r"|^(?:and )?(?:for|to) how (?:much|many dollars)\b|^(?:涉及|对应|合|折合|值)?(?:的?总?金额|的?钱)?(?:一共|合计|总共|总额|共计?)?(?:是|有)?多少(?:钱|金额|美元|美金)$"
    r"|^(?:金额|钱)?(?:一共|合计|总共|总额)?(?:是)?(?:多少钱?|有多少)$|^(?:一共|合计|总共)?(?:金额|多少钱)(?:一共|合计|总共)?(?:是)?(?:多少)?$",
    re.ASCII,
)
_SEAM = re.compile(
    r"\s*[,;:，；、：]\s*(?:(?:and|plus|also)\s+|以及|还有|其中|另外)?|\s+(?:and|plus|&)\s+|以及|还有|(?<=[多少])和",
    re.ASCII,
)
_AND = re.compile(r"\s*(?:and|&|和|与|及|、)\s*", re.ASCII)
LIKELY, FAR = 0.35, 10  # a chance that is enough where the next one is so many times smaller
_BARE = re.compile(r"(?:and )?how many (?:of (?:them|these|those) )?\w+ed\b", re.ASCII)
_MOST = 4  # figures of one table


def listed_figures(text: str, router: Router | None, clock: Clock) -> tuple[str, ...]:
    """The metrics of a clause that asks for two or more of them in turn, over one scope; nothing where any is unsure.

    Args:
        text: the clause, normalised.
        clock: what its dates are read by.
    """
    seams = list(_SEAM.finditer(text))
    starts, ends = [0, *(seam.end() for seam in seams)], [*(seam.start() for seam in seams), len(text)]
    parts = [(start, text[start:end]) for start, end in zip(starts, ends, strict=True)]
    asking = [(start, part) for start, part in parts if _HEAD.search(part)]
    if router is None or not 2 <= len(asking) <= _MOST or _scoped(text, asking[1][0], router.lexicon, clock):
        return ()
    if OF_EVERYBODY.search(text, asking[1][0]):
        return ()  # "what did families spend, and what did everyone?": the same of all
    named = {m.start for m in names_in(text, router.lexicon) if m.of("metric") and not m.of("dimension")}
    if any(
        start <= place < start + len(part) for start, part in parts if (start, part) not in asking for place in named
    ):
        return ()  # a figure that stands in the list without a question word: the names tell
    found: list[str] = []
    told = ""  # the part before, of which "what rate does that make" goes on
    for _, part in asking:
        words = part.strip(" ?？")
        figures, joined = _named(words, router.lexicon)
        if not joined:
            own = figures[0] if len(figures) == 1 and router.lexicon.schema.metrics[figures[0]].is_ratio else None
            alone = _alike(metric_chances(router, words, clock), words, found, router.lexicon)
            one = own or _beside(words, found, router.lexicon.schema) or surely(alone) or next(iter(figures), None)
            one = (
                one
                or (surely(metric_chances(router, f"{told}, {words}", clock)) if told else None)
                or _likeliest(alone)
            )
            figures = (one,) if one else ()
        if not figures or {*figures} & {*found}:
            return ()
        found += figures
        told = words
    limits = {term.name for m in names_in(text, router.lexicon) for term in m.of("member")}
    recorded = all(any(router.lexicon.schema.can_split(f, d) for d in limits) for f in found) if limits else True
    return tuple(found) if recorded else ()  # "… wrote in about a charge, and how much was charged back": two scopes


def _scoped(text: str, start: int, lexicon: Lexicon, clock: Clock) -> bool:
    """Whether what stands behind the first figure has a period, a member or a split of its own."""
    if any(mention.start >= start for mention in find_periods(text, clock)):
        return True
    later = (mention for mention in names_in(text, lexicon) if mention.start >= start)
    return any(not mention.of("metric") for mention in later)


def _alike(chances: Chances, words: str, found: Sequence[str], lexicon: Lexicon) -> Chances:
    """ "… to how many households, and how many redeemed?": of a count without a noun, counts of what was counted before."""
    if not found or not _BARE.match(words):
        return chances
    schema = lexicon.schema
    same = next((counts for d in lexicon.entities if found[-1] in (counts := counts_of(schema, d))), frozenset())
    kept = {name: chance for name, chance in chances.items() if name in same and name not in found}
    whole = sum(kept.values())
    return {name: chance / whole for name, chance in kept.items()} if whole else chances


def _likeliest(chances: Chances) -> str | None:
    """The metric that is surely meant, or by far the likeliest one: so short a part says little else."""
    (name, chance), (_, next_one) = [*chances.items(), ("", 0.0), ("", 0.0)][:2]
    far = chance >= LIKELY and chance >= FAR * next_one
    return surely(chances) or (name if far else None)


def _named(part: str, lexicon: Lexicon) -> tuple[tuple[str, ...], bool]:
    """The metrics whose names stand in the part, no nouns that may as well be whom it is of; whether it lists them."""
    every = (mention for mention in names_in(part, lexicon) if mention.of("metric") and not mention.of("dimension"))
    names = sorted(every, key=lambda mention: mention.start)
    joined = [_AND.fullmatch(part[one.end : two.start]) for one, two in pairwise(names)]
    return tuple(dict.fromkeys(m.of("metric")[0].name for m in names)), bool(joined) and all(joined)


def _beside(words: str, found: Sequence[str], schema: StoreSchema) -> str | None:
    """What a part means by the figure before it: its share ("what rate is that"), size ("how big"), or sum in money."""
    if not found:
        return None
    last, ratios = schema.metrics[found[-1]], [(name, m) for name, m in schema.metrics.items() if m.is_ratio]
    if _RATE.search(words):
        shares = [(name, m) for name, m in ratios if m.unit == "ratio"]
        both = (name for name, m in shares if {m.numerator, m.denominator} <= {*found})
        return next(both, None) or next((name for name, m in shares if m.numerator == found[-1]), None)
    if _SIZE.search(words):
        return next((name for name, m in ratios if m.denominator == found[-1] and m.unit == "currency"), None)
    if _SUM.search(words) and last.unit == "count":
        return next((name for name in schema.metrics if is_twin(schema, found[-1], name, "currency")), None)
    return None
