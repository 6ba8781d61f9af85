"""What a clause measures: the metrics that its words name, hint at or imply, and those left to choose from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.understand.asking import ToolMentions
from agent.understand.dates import PeriodMention
from agent.understand.leftovers import unread_words
from agent.understand.lexicon import Lexicon
from agent.understand.limiting import counts_by_orders
from agent.understand.meaning import CERTAIN, SURE, Chances
from agent.understand.metrics import is_twin, surely
from agent.understand.modifiers import Modifiers
from agent.understand.names import Names
from agent.understand.patterns import DIMENSION, ENTITY, MEMBER, METRIC
from agent.understand.side_by_side import SideBySide
from agent.understand.vocabulary import Mention
from db.semantic.query import SemanticQuery
from db.semantic.roles import counts_of, entity_dimension, in_role

_MADE = re.compile(  # a cause, and no money made
    r"\b(?:what|which|who|it|that) (?:has |have )?ma[dk]es?\b"
    r"(?=.* (?:differ\w*|chang\w+|drop|fall|rise|jump|climb|dip|swing|go|come|look|so|such)\b)",
    re.ASCII,
)
LIKELY_OVER = 0.1  # from this chance on a ratio is meant where its whole is named as a whole
_WHOLE = re.compile(
    rf"占(?:了|总|全部|整个|整体|我们|的)*{METRIC}"
    rf"|\b(?:out of |of )?(?:every|each) (?:hundred|100|ten|10|thousand) {METRIC}|每(?:一)?[百千十](?:个|单|笔|张)?{METRIC}"
    rf"|\b(?:share|percent(?:age)?|part|proportion|fraction|slice|chunk) of (?:our |the |total |all |overall )*{METRIC}"
)
TIED = 0.6  # of the likeliest metric's chance, from which on one that is named is taken instead
NEAR_ONE = 0.95  # from this chance on the wording tells more than the words that name a part or a whole
FAINT = 0.005  # from this chance on a part of what was just counted is meant by "how many of them …"
OFFERED = 0.05  # from this chance on a metric comes first where one is asked back
_COMPARED = re.compile(r"\bcompar\w+|\bvs\b|\bversus\b|\bagainst\b|\bthan\b|[跟和与比].{1,8}比|对比|相比", re.ASCII)
_RATED = re.compile(
    r"\b(?:as (?:a )?(?:percent\w*|share|rate)|in percent|percent(?:age)? of|what (?:percent\w*|share|part))\b"
    r"|占比|的比例",
    re.ASCII,
)
_PART_IS = re.compile(
    rf"\b(?:percent(?:age)?|share|part|proportion|fraction|how many) of (?:our |the |all )*[{METRIC}{ENTITY}]·* (?:are|were|is|was|come from|came from) (?:\w+ )?{MEMBER}"
    rf"|[{METRIC}{ENTITY}]·*[里中]?有?(?:多少|百分之几|几成|多大比例)的?是{MEMBER}",
    re.ASCII,
)
_PART_OF = re.compile(rf"{METRIC}·*占[^{METRIC}]{{0,6}}{METRIC}")  # 用券的单子占他们订单的几成
_PARTS_OF = r"(?:share|slice|cut|chunk|part|portion|piece|bit|percent\w*|proportion|fraction|much)"
_MEMBER_PART = re.compile(
    rf"{MEMBER}·*[^,，Ⓜ]{{0,8}}占|{MEMBER}·*'s? {_PARTS_OF} of"
    rf"|\b{_PARTS_OF} of [^,?]{{0,30}}?\b(?:was|is|were|are|from|(?:falls?|fell) on|belongs? to|(?:is |was )?down to|with) (?:the |our )?(?:\w+ )?{MEMBER}",
    re.ASCII,
)
_BY_FIGURE = re.compile(
    rf"(?:\b(?:ranked|sorted|measured|counted) by|[按论]|\b(?:top|best|bottom|worst|biggest|largest) [^,;?!]*[{DIMENSION}{ENTITY}]·*,? by) ?(?:the )?[{METRIC}{ENTITY}]"
)
_KINDS_OF = re.compile(
    rf"\bhow many (?:different|distinct|kinds of|sorts of|types of) {MEMBER}|[多几]少?种(?:不同的)?{MEMBER}|{MEMBER}·*[^,，]{{0,6}}有?(?:多少|几)种",
    re.ASCII,
)
_TIMES = re.compile(r"\d ?(?:times|trips)\b|[\d一二两三四五六七八九十]\s?[次回趟]", re.ASCII)
_PIECES = re.compile(r"(?:多少|几)[笔单]|[笔单]数")
_MONEY = re.compile(
    r"\b(?:(?:most|least|how much|more|less|refund|that|the) money|amounts?|in dollars|dollar (?:amount|value)s?)\b|, dollars[?.! ]*$|\bby (?:dollars|money|amount|value)\b|按金额"
    r"|\b(?:above|over|under|below|than|exceeds?|hits?|pass(?:es)?|reach(?:es)?) (?:\$ ?\d|\d[\d,.]*k? ?(?:dollars|bucks|usd)\b)"
    r"|(?:超过?|高于|低于|大于|小于|不到|达到)\d[\d,.]*[万千]?(?:美[元金]|刀|块|元)",
    re.ASCII,
)
_AMOUNT = re.compile(r"\bamounts?\b|\bmoney\b|\bdollars\b|总额|金额|多少钱", re.ASCII)
_OF_THEM = re.compile(r"(?:and |n |, )*how many of (?:them|these|those)\b|其中", re.ASCII)
_HOW_MANY = re.compile(r"\bhow many\b|\bnumber of\b|(?:多少|几)[笔单次张个]", re.ASCII)
_GIVEN = re.compile(
    r"\b(?:giv(?:e|en|ing)|gave|hand(?:ed|ing)?|pa(?:y|id|ying)) (?:\w+ )?(?:back|out)\b|\bbill\b|\b(?:set|put)(?:ting)? (?:\w+ )?(?:aside|by|away)\b",
    re.ASCII,
)
_GOES_ON = re.compile(  # "how does that split by reason", 按支付方式拆开看呢: of the figure before
    r"\bhow (?:do|does|did|is|was|are|were) (?:it|that|this|they|those|these)\b"
    r"|\b(?:it|that|this) (?:happens?|splits?|breaks? down|changed?)\b"
    r"|\bwhat(?:'s| is| was| were) (?:it|that|this|the|that (?:figure|number|rate)|the (?:rate|figure|number|total|amount|average))(?: (?:figure|number|rate|total|amount))?(?= (?:in|for|on|over|across|last|the|at|during|before|then)\b|[?.! ]*$)"
    r"|\bhow many (?:there were|were there|was (?:it|that))\b"
    r"|\bhow (?:many|much) (?:did|do|have|will|should|can) (?:we|i|it|they) (?:have|get|see|do|expect|reckon with|plan for)\b(?! (?:back|off|in (?:sales|refunds)))"
    r"|\bwhat did (?:we|it|they) (?:do|get|see|have) (?!in |about |with )|^按.{1,12}(?:拆|分|列|看)|[天周月年日号度](?:是|有|来了?|进来了?)多少[?呢]*$",
    re.ASCII,
)
_BOTH = re.compile(  # "chargebacks: how many and how much"
    r"\bhow (?:many|much)\b.{0,12}?\b(?:and|&) how (?:many|much)\b|\bhow (?:many times|often)\b.*\b(?:and|&) (?:for )?how (?:much|many dollars)\b"
    r"|\b(?:number|count)s? and (?:the )?(?:amount|value|sum)s?\b|\b(?:amount|value|sum)s? and (?:the )?(?:number|count)s?\b"
    r"|(?:多少|几)[笔单]?[、，, 和与及]{1,2}多少钱|多少钱[、，, 和与及]{1,2}(?:多少|几)[笔单]"
    r"|[笔单]数[、和与及]金额|金额[、和与及][笔单]数",
    re.ASCII,
)


def _holds(whole: str | None, part: str | None) -> bool:
    """Whether one expression is a sum that holds the other ("before any discounts, what did sales come to")."""
    return bool(whole and part) and str(part).rstrip(")") + " +" in str(whole)


def goes_on(text: str) -> bool:
    """Whether a part only asks for the figure of the part before in another way ("what was it in May?")."""
    return bool(_GOES_ON.search(text))


def counts_times(text: str, words: Modifiers) -> bool:
    """Whether a bound of the text is a number of times ("at least 20 times", 5次以上)."""
    return any(_TIMES.search(text[t.start : t.end + len(" times")]) for t in words.thresholds)


@dataclass(frozen=True, slots=True)
class MetricReader:
    """Settles what one clause measures, once its names and modifiers are read.

    Attributes:
        taken: the characters already understood; weak words that are used are marked in it.
        meant: how likely its wording means each metric, by :mod:`agent.understand.metrics`.
        listed: the figures that it asks for in turn, by :mod:`agent.understand.listing`.
    """

    text: str
    taken: bytearray
    lexicon: Lexicon
    names: Names
    words: Modifiers
    asked: ToolMentions
    periods: Sequence[PeriodMention]
    meant: Chances
    listed: tuple[str, ...] = ()

    def read(self, last: SemanticQuery | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The metrics that are settled, and those that are left to choose from."""
        metrics, options = self._read(last)
        counted = {self.lexicon.counters.get(name) for _, name in self.names.splits}
        counted |= {n for _, name in self.names.splits for n in counts_of(self.lexicon.schema, name)}
        if self.words.ranked and len(metrics) == 1 and metrics[0] in counted:  # each product is one product
            others = (n for n, chance in self.meant.items() if n not in counted and chance >= LIKELY_OVER)
            return (next(others, None) or self._hinted(uncounted=True) or self.default,), ()
        return metrics, options

    def _read(self, last: SemanticQuery | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        names = self.names
        if last and (followed := self._followed(last)):
            return followed, ()
        if settled := self._counted():
            return settled, ()
        if names.metrics or names.metric_options:
            return self._named()
        if names.unavailable:
            return (), ()
        likeliest, chance = next(iter(self.meant.items()), ("", 0.0))
        if (inside := self._inside_asks()) and (inside == likeliest or chance < CERTAIN):
            return (inside,), ()
        hinted = self._hinted()
        counted = _HOW_MANY.search(self.text)  # "and forecast them" says nothing of its own
        own = not last or hinted or counted or unread_words(self.text, self.taken)
        if own and (meant := self._meant()):
            return self._pieces((meant,)), ()
        if hinted:
            return (hinted,), ()
        if last:
            return (last.metrics if self._split_alike(last.metrics) else self._counting() or last.metrics), ()
        if (self.words.count and names.counted) or (self.words.share and (names.members or names.splits)):
            return (self.default,), ()
        compared = len(self.periods) > 1 and (self.words.compare or _COMPARED.search(self.text))
        if compared and names.members:  # "beer: how did q4 compare to q1"
            return (self.default,), ()
        if (self.words.ranked or self.words.change or self.words.thresholds) and (
            names.splits or names.loose or self.words.grains
        ):
            return (self.default,), ()
        likely = {name: chance for name, chance in self.meant.items() if chance >= OFFERED}
        others = (name for name, m in self.lexicon.schema.metrics.items() if not m.hidden and name not in likely)
        return (), (*likely, *others)

    def _followed(self, last: SemanticQuery) -> tuple[str, ...]:
        """The figure of the part before where it is asked for in another way, or a part of it ("how many of them …")."""
        part = self._part_of(last)
        return last.metrics if self._goes_on(last) else (part,) if part else ()

    def _goes_on(self, last: SemanticQuery) -> bool:
        """Whether it asks for the figure of the part before: "how does that split by reason", "how much of all sales is it"."""
        if {*self.names.metrics} <= {*self.lexicon.counters.values()}:  # "what's that figure across all customers"
            return goes_on(self.text) and self._split_alike(last.metrics)
        shared = last.filters and self.words.share and not self.names.members
        return bool(shared) and tuple(self.names.metrics) == last.metrics

    def _counted(self) -> tuple[str, ...]:
        """Figures that are asked for in turn, what a bound is of, or of how many kinds goods are."""
        by_orders = all(counts_by_orders(name, self.lexicon.schema) for name in self.listed)
        if self.listed and (by_orders or not self.words.thresholds) and self._split_alike(self.listed):
            return self.listed
        meant, twice = surely(self.meant), all(t.low in (1, 2) for t in self.words.thresholds)
        if meant and self.words.thresholds and twice and counts_by_orders(meant, self.lexicon.schema):
            return (meant,)  # "bought twice or more, how many": what the figure means
        if bounded := self._bounded():
            return bounded
        product = self.lexicon.counters.get(entity_dimension(self.lexicon.schema, "product") or "")
        goods = any(in_role(self.lexicon.schema, term.name, "products") for term in self.names.kept)
        return (product,) if product and goods and _KINDS_OF.search(self.names.masked) else ()

    def _named(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The metrics that words name, unless the wording surely means another one."""
        by = len(self.names.metrics) == 1 and _BY_FIGURE.search(self.names.masked)
        if by and self._split_alike(self.names.metrics):  # 按件数: by what the rest is measured
            return tuple(self.names.metrics), ()
        if _PART_IS.search(self.names.masked):  # "what percent of customers are homeowners"
            return tuple(self.names.metrics), tuple(self.names.metric_options)
        if self._member_part():
            return tuple(self.names.metrics), tuple(self.names.metric_options)
        if over := self._over_whole():
            return (over,), ()
        if self._places_counted():
            return tuple(self.names.metrics), ()
        whom = frozenset(self.lexicon.counters.values())
        listed = SideBySide(self.text, self.lexicon.schema, self.names, self.meant, whom).read()
        if not listed and (meant := self._meant()) and not self._holds_against(meant):
            return self._pieces((meant,)), ()
        named = self._reachable(listed or self._parts_dropped(self.names.metrics))
        return self._parted(self._pieces(named)), tuple(self.names.metric_options)

    def _narrower(self, meant: str) -> bool:
        """Whether the one metric that is named is a part of the meant one: 自有品牌…销售额 is no sales of all brands."""
        known, named = self.lexicon.schema.metrics, self.names.metrics
        if len(named) != 1 or named[0] == meant:
            return False
        part, whole = known[named[0]], known[meant]
        upper = known.get(whole.numerator or "")
        parted = self.words.share and self.names.kept and not _PART_OF.search(self.names.masked)
        sure = self.meant.get(meant, 0.0) >= NEAR_ONE  # "of the paid clicks, how many turned into an order"
        if parted and whole.denominator == named[0] and upper and not sure:
            return True  # 牛肉占大盘几个点: the share of what is named, and of no other part
        return bool(part.where and not whole.where and (part.table, part.expr) == (whole.table, whole.expr))

    def _member_part(self) -> bool:
        """Whether a member's part of the one figure that is named is asked for: 果蔬部占总销售额的比例 is no rate."""
        known, named = self.lexicon.schema.metrics, self.names.metrics
        plain = len(named) == 1 and not known[named[0]].is_ratio
        likeliest = surely(self.meant)
        over = likeliest and known[likeliest].denominator in named and self.meant[likeliest] >= NEAR_ONE
        if over and not known[known[likeliest or ""].numerator or ""].where:
            return False  # "what percentage of visits from search leave after a page"
        return plain and bool(self.names.kept) and bool(_MEMBER_PART.search(self.names.masked))

    def _holds_against(self, meant: str) -> bool:
        """Whether the words that name another figure than the one that is meant are to be taken at their word."""
        named = self.names.metrics[0] if len(self.names.metrics) == 1 else meant
        tied = named != meant and self.meant.get(named, 0.0) >= TIED * self.meant.get(meant, 1.0)
        return tied or self._narrower(meant) or self._said_in_full(meant)

    def _said_in_full(self, meant: str) -> bool:
        """Whether words of more than one name the twin of what is meant: "refund money" is no number of refunds."""
        schema, named = self.lexicon.schema, self.names.metrics
        sales = schema.roles.get("sales")
        apart = len(named) == 1 and schema.metrics[named[0]].unit != schema.metrics[meant].unit
        if _AMOUNT.search(self.text) and schema.metrics[meant].unit == "currency":
            return False  # 支付成功的总金额
        if not (apart and is_twin(schema, named[0], meant, schema.metrics[meant].unit)):
            return False
        if sales and schema.metrics[meant].table == sales.table:  # where much else is counted and summed
            return False
        found = self.lexicon.vocabulary.find(self.text, bytearray(len(self.text)))
        return any(m.tokens > 1 and any(t.name == named[0] for t in m.of("metric")) for m in found)

    def _meant(self) -> str | None:
        """The metric that is surely meant; of customers that are bounded one by one, none that only counts them."""
        meant = self._unlimited(self._recorded(surely(self.meant)))
        one = entity_dimension(self.lexicon.schema, "customer")
        if not (meant and one and self.words.thresholds and any(name == one for _, name in self.names.splits)):
            return meant
        counts = counts_of(self.lexicon.schema, one)
        return next((name for name in self.meant if name not in counts), None) if meant in counts else meant

    def _part_of(self, last: SemanticQuery) -> str | None:
        """ "How many visits, and how many of them ordered?": of what was counted, the likeliest part of it."""
        known, whole = self.lexicon.schema.metrics, self.lexicon.schema.metrics[last.metrics[0]]
        if not _OF_THEM.match(self.text) or whole.unit != "count":
            return None
        parts = (n for n, chance in self.meant.items() if chance >= FAINT and known[n].table == whole.table)
        return next((n for n in parts if known[n].unit == "count" and known[n].where and n not in last.metrics), None)

    def _counting(self) -> tuple[str, ...]:
        """ "… and how many damage reports came in?": what counts that of which the members are, and nothing before does."""
        schema = self.lexicon.schema
        tables = {schema.dimensions[term.name].table for term in self.names.kept}
        counts = (n for n, m in schema.metrics.items() if m.table in tables and m.unit == "count" and not m.where)
        found = next((name for name in counts if self._split_alike((name,))), None)
        return (found,) if found and len(tables) == 1 else ()

    def _recorded(self, meant: str | None) -> str | None:
        """ "How many privacy requests came in": where the likeliest is not recorded by that, the likeliest that is."""
        if meant is None or self._split_alike((meant,)):
            return meant
        likely = (name for name, chance in self.meant.items() if chance >= LIKELY_OVER)
        return next((name for name in likely if self._split_alike((name,))), meant)

    def _unlimited(self, meant: str | None) -> str | None:
        """The figure of all that is split or set side by side: "sales by brand" is not the sales of one brand."""
        known, dimensions = self.lexicon.schema.metrics, self.lexicon.schema.dimensions
        limit = known[meant].where if meant else None
        if not limit:
            return meant
        asked = [name for _, name in self.names.splits]
        asked += [t.name for t in self.names.kept if sum(t.name == other.name for other in self.names.kept) > 1]
        shown = any(limit.startswith(f"{dimensions[n].table}.{dimensions[n].column} = '") for n in asked)
        whole = (
            n
            for n, m in known.items()
            if (m.table, m.expr, m.where) == (known[meant or ""].table, known[meant or ""].expr, None)
        )
        return next(whole, meant) if shown else meant

    def _places_counted(self) -> bool:
        """ "How many stores rang up a single sale": where shops are counted, whatever they did is no figure of its own."""
        counted = [name for name in self.names.counted if name not in self.lexicon.entities]
        return bool(counted) and self.names.metrics == [self.lexicon.counters.get(counted[0])]

    def _bounded(self) -> tuple[str, ...]:
        """What a bound is of: times of coming; or, where stores are counted ("how many sold more than 1,000"), not them."""
        if times := self._times():
            return (times,)
        if not (self.words.thresholds and self.names.counted):
            return ()
        counter = self.lexicon.counters.get(self.names.counted[0])
        named = tuple(n for n in self.names.metrics if n != counter)
        return named or (self._hinted(uncounted=True) or self.default,)

    def _times(self) -> str | None:
        """ "Customers who ordered more than ten times": orders are what a number of times counts."""
        sales = self.lexicon.schema.roles.get("sales")
        if not sales or not counts_times(self.text, self.words):
            return None
        counted = f"count(distinct {sales.table}.{sales.columns.get('order')})"
        return next((n for n, m in self.lexicon.schema.metrics.items() if m.expr == counted and not m.where), None)

    def _inside_asks(self) -> str | None:
        """The metric that stands inside a tool's own words ("sales forecast", 销售预测)."""
        spans = self.asked.spans
        for mention in self.lexicon.vocabulary.find(self.text, bytearray(len(self.text))) if spans else ():
            terms = mention.of("metric")
            if terms and any(start <= mention.start < end for start, end in spans):
                return terms[0].name
        return None

    def _parts_dropped(self, metrics: list[str]) -> tuple[str, ...]:
        """ "private label share of revenue" names one ratio: what it is a share of is not asked for beside it."""
        known = self.lexicon.schema.metrics
        named_of = self.words.share or re.search(r"of (?:our |the |total |all )*Ⓜ", self.names.masked)
        whole = {known[n].denominator for n in metrics if known[n].is_ratio and named_of}
        whole |= {n for n in metrics for m in metrics if n != m and _holds(known[m].expr, known[n].expr)}
        return tuple(n for n in metrics if n not in whole)

    def _over_whole(self) -> str | None:
        """退出去的钱占销售额百分之几: where the named metric is what something is a share of, the likeliest ratio over it."""
        named, known = self.names.metrics, self.lexicon.schema.metrics
        if not (self.words.share and _WHOLE.search(self.names.masked)):
            return None
        if len(named) == 2:
            ratios = (n for n, m in known.items() if m.unit == "ratio" and not m.hidden)
            return next((n for n in ratios if {known[n].numerator, known[n].denominator} == {*named}), None)
        if len(named) != 1:
            return None
        least = (
            SURE if self.names.members else LIKELY_OVER
        )  # "what percent of customers are homeowners": a part of them
        over = (n for n, chance in self.meant.items() if chance >= least and known[n].denominator == named[0])
        return next(over, None)

    def _split_alike(self, metrics: Sequence[str]) -> bool:
        """Whether all of them are recorded by what the clause names."""
        wanted = {term.name for _, term, _ in self.names.members} | {name for _, name in self.names.splits}
        return all(self.lexicon.schema.can_split(name, d) for name in metrics for d in wanted)

    def _reachable(self, metrics: tuple[str, ...]) -> tuple[str, ...]:
        """ "customers mailed by campaign 18": where the named metric is not recorded by that, one hinted at may be."""
        wanted = {term.name for _, term, _ in self.names.members} | {name for _, name in self.names.splits}
        schema = self.lexicon.schema
        reaching = tuple(name for name in metrics if all(schema.can_split(name, d) for d in wanted))
        if reaching or len(metrics) != 1:  # "how many households did campaign 18 reach": its reach, not all households
            return reaching or metrics
        for mention in self.lexicon.hints.find(self.text, bytearray(len(self.text))):
            for term in mention.terms:
                if all(schema.can_split(term.name, d) for d in wanted):
                    self._take(mention)
                    return (term.name,)
        return metrics

    def _parted(self, metrics: tuple[str, ...]) -> tuple[str, ...]:
        """ "Repeat customers as a percentage": the rate of which the one count that is named is the upper part."""
        known = self.lexicon.schema.metrics
        whole = self.names.splits or self.names.members or self.names.loose
        if len(metrics) != 1 or whole or not (self.words.share and _RATED.search(self.text)):
            return metrics
        rates = (n for n, m in known.items() if m.numerator == metrics[0] and m.unit == "ratio" and not m.hidden)
        return (next(rates, metrics[0]),)

    def _pieces(self, metrics: tuple[str, ...]) -> tuple[str, ...]:
        """退款…各有多少笔 counts what is measured in money elsewhere, "the most money in refunds" the other way."""
        known = self.lexicon.schema.metrics
        wanted = {"currency": ("count", _PIECES), "count": ("currency", _MONEY)}
        if len(metrics) != 1 or known[metrics[0]].unit not in wanted:
            return metrics
        named, (unit, words) = known[metrics[0]], wanted[known[metrics[0]].unit]
        both = _BOTH.search(self.text)
        sure = self.meant.get(metrics[0], 0.0) >= CERTAIN  # "a voucher took something off the bill" is of coupons
        if both:
            twin = next((n for n in known if is_twin(self.lexicon.schema, metrics[0], n, unit)), None)
            return tuple(sorted((*metrics, twin), key=list(known).index)) if twin else metrics
        of_same = [
            n for n, m in known.items() if m.table == named.table and m.unit == unit and not (m.hidden or m.where)
        ]
        if sure:
            of_same = [n for n in of_same if is_twin(self.lexicon.schema, metrics[0], n, unit)]
        counted = self.words.count or _HOW_MANY.search(self.text)  # the names of some figures hold the "how many"
        given = unit == "currency" and not counted and _GIVEN.search(self.text)
        meant = words.search(self.text) or given
        return tuple(of_same[:1]) if of_same and meant else metrics

    @property
    def default(self) -> str:
        """The metric that is meant where none is named: the store's first."""
        return next(iter(self.lexicon.schema.metrics))

    def _hinted(self, uncounted: bool = False) -> str | None:
        """A weak word ("sold", "busy") where nothing names the metric; counting picks the counted one."""
        caused = [match.span() for match in _MADE.finditer(self.text)]
        for mention in self.lexicon.hints.find(self.text, bytearray(len(self.text))):
            self._take(mention)
            if any(start <= mention.start < end for start, end in caused):
                continue
            schema = self.lexicon.schema
            wanted = {term.name for _, term, _ in self.names.members} | {name for _, name in self.names.splits}
            reaching = [t.name for t in mention.terms if all(schema.can_split(t.name, d) for d in wanted)]
            if not reaching:
                continue
            units = {name: schema.metrics[name].unit for name in reaching}
            counting = self.words.count and not self.names.counted and not uncounted
            fitting = [n for n, u in units.items() if (u == "count") == counting]
            return (fitting or list(units))[0]
        return None

    def _take(self, mention: Mention) -> None:
        self.taken[mention.start : mention.end] = b"\x01" * (mention.end - mention.start)
