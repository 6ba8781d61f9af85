"""What a clause splits its figures by: the dimensions it names, steps of time, and members shown side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.understand import roles
from agent.understand.lexicon import Lexicon
from agent.understand.limiting import counts_by_orders
from agent.understand.modifiers import Modifiers
from agent.understand.names import Names
from agent.understand.ordering import OrderReader
from agent.understand.patterns import MEMBER
from agent.understand.periods import AskedPeriods, trend_grain
from agent.understand.text import EN_NUMBER, ZH_NUMBER
from db.semantic.query import Interval, SemanticQuery
from db.semantic.roles import entity_dimension, in_role

MAX_SPLITS = 2
_DAYS = re.compile(r"\bdays\b|日子|哪些天|[几多]少?天", re.ASCII)
_COMPARED = re.compile(r"\bcompar\w+|\bvs\b|\bversus\b|\bagainst\b|\bthan\b|比[一起较比]|对比|谁|哪[个家边]", re.ASCII)
_AGAINST = re.compile(
    r"\b(?:stack up|compar\w+|versus|vs|against|rest of|the others?|everything else|all other|or)\b|\beach\b|还是|比|跟.{1,8}差|其他|其余|别的|各[是有多]|分别",
    re.ASCII,
)
_WHO = re.compile(r"\bwho(?:se)?\b|\b(?:people|persons?|folks) (?:who|that)\b|谁|个人(?!均)|哪[些位几]个?人", re.ASCII)
_WHAT = re.compile(
    r"^(?:so |and )?what\b|\bwhat (?:do|does|did|sells?|sold|are|is)\b|什么|啥(?!时候)|哪些东西", re.ASCII
)
_SO_MANY = re.compile(
    rf"(?:\b(?:top|the|which|what|best|worst|our)|^) ?{EN_NUMBER} (?:[a-z-]+ ){{0,2}}{MEMBER}", re.ASCII
)
_APART = re.compile(r"分别|各自|[几每各][档层]|\beach (?:band|bracket|group)\b|\bband by band\b", re.ASCII)
_PIECES = re.compile(rf"{ZH_NUMBER}(?:款|种商品|个单品|个商品|样)")
_BOUGHT = re.compile(
    r"\bwhat (?:do|does|did|have|has) .{1,60}?\b(?:buy|bought|purchased?)\b|买了?(?:些|点)?(?:什么|啥)(?!时候)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Splits:
    """Dimensions.

    Attributes:
        named: that the figures are split by.
        loose: that words may mean, left to choose from.
        listed: the one that only stands for "A and B".
    """

    named: tuple[str, ...]
    loose: tuple[str, ...]
    listed: str | None = None


@dataclass(frozen=True, slots=True)
class SplitReader:
    """Settles the splits of one clause, once its names, modifiers and order are read.

    Attributes:
        data: the data's range.
        meant: the dimension that the clause's wording surely splits by, where one is.
    """

    lexicon: Lexicon
    names: Names
    words: Modifiers
    order: OrderReader
    data: Interval
    meant: Callable[[], str | None]

    def read(self, asked: AskedPeriods, last: SemanticQuery | None, metrics: tuple[str, ...]) -> Splits:
        """The splits; a follow-up that names none keeps those of the query before."""
        names, words = self.names, self.words
        splits = list(dict.fromkeys(name for _, name in sorted(names.splits)))
        loose = [name for _, name in names.loose if name not in splits]
        filtered = {term.name for _, term, negative in names.members if not negative}
        in_time = self._in_time(asked)
        spread = words.ranked or words.share or words.change or words.thresholds or names.counted
        if loose and not (splits or in_time) and spread:
            splits, loose = [loose[0]], loose[1:]
        if words.count and not metrics and names.counted:
            splits = splits or names.counted
        by_orders = any(counts_by_orders(name, self.lexicon.schema) for name in metrics)  # "bought twice or more"
        if names.counted and words.thresholds and names.counted[0] not in splits and not by_orders:
            splits.append(names.counted[0])
        if words.thresholds and not (splits or in_time) and _DAYS.search(names.masked):
            in_time = [self.lexicon.time_splits["day"]]  # "days with more than 500 orders"
        splits += [t for t in in_time if t not in splits]
        one = entity_dimension(self.lexicon.schema, "customer")
        bare = not (splits or loose or last) and words.ranked
        if bare and words.limit and (sold := self._goods_counted()):
            splits = [sold]
        elif bare and not self._set_beside() and metrics and one and _WHO.search(names.masked):
            splits = [one]  # "who spent the most?"
        elif (bare and _WHAT.search(names.masked)) or (not (splits or loose or last) and _BOUGHT.search(names.masked)):
            shown = self.lexicon.schema.default_split
            able = shown and all(self.lexicon.schema.can_split(metric, shown) for metric in metrics)
            splits = [shown] if shown and able and shown not in filtered else []
        if len(splits) == 2 and words.ranked and splits[0] == self.order.ranked_split(tuple(splits)):
            splits.reverse()  # "top 3 categories in each department": rows read by department
        splits, listed = self._side_by_side([*splits, *self._bands_apart(splits)])
        if not last and (not splits or (words.whenever and splits == in_time)):
            splits = self._by_wording(metrics, bool(asked.baseline or asked.also)) or splits
        if last and not splits:
            splits = [g for g in last.group_by if g not in filtered]
        rest = (n for n in loose if n not in splits and n not in filtered)
        return Splits(tuple(splits[:MAX_SPLITS]), tuple(rest), listed)

    def _by_wording(self, metrics: tuple[str, ...], compared: bool) -> list[str]:
        """The split that no word names, where the one metric is recorded by it.

        A member of it is a condition, but not where it is set against the others (周末单子多还是平时单子多), and no
        period against another (``compared``).
        """
        name = self.meant() if len(metrics) == 1 else None  # of several, "how much each" asks for each of them
        if name not in self.lexicon.schema.dimensions or not self.lexicon.schema.can_split(metrics[0], name):
            return []
        declared = self.lexicon.schema.dimensions
        named = {term.name for _, term, _ in self.names.members}
        if name in named:
            beside = any(declared[other].table == declared[name].table for other in named - {name})
            without = any(term.name == name and negative for _, term, negative in self.names.members)  # 除了杂货，其他…
            if compared or beside or without or not _AGAINST.search(self.names.masked):
                return []
            self.names.members[:] = [member for member in self.names.members if member[1].name != name]
        return [name]

    def _set_beside(self) -> bool:
        """Whether two members of one dimension are named ("who sold more, store 367 or 406?")."""
        kept = [term.name for term in self.names.kept]
        return len(set(kept)) < len(kept)

    def _bands_apart(self, splits: Sequence[str]) -> list[str]:
        """The dimension of a bound whose bands are asked for one by one (收入10万以上的几档…分别多少)."""
        bands = {
            m.start: {t.name for t in m.of("member")} for m, _, no in self.names.members if not no and len(m.terms) > 1
        }
        named = [name for names in bands.values() for name in names if name not in splits]
        return named[:1] if _APART.search(self.names.masked) and len(splits) < MAX_SPLITS else []

    def _goods_counted(self) -> str | None:
        """The products, where so many of the goods that are named are ranked ("the ten beers that sold most", 最贵的三款)."""
        schema = self.lexicon.schema
        product = entity_dimension(schema, "product")
        named = any(in_role(schema, term.name, "products") for term in self.names.kept)
        counted = _PIECES.search(self.names.masked) or (named and _SO_MANY.search(self.names.masked))
        return product if counted else None

    def _in_time(self, asked: AskedPeriods) -> list[str]:
        """Steps of time that words name, or that a trend goes by."""
        words, grains = self.words, list(self.words.grains)
        if asked.split and asked.split not in grains:
            grains.append(asked.split)
        if not grains and (words.trend or words.running):
            grains.append(trend_grain(asked.asked.interval if asked.asked else None, self.data))
        return [self.lexicon.time_splits[g] for g in grains if g in self.lexicon.time_splits]

    def _side_by_side(self, splits: list[str]) -> tuple[list[str], str | None]:
        """Several members of one dimension are shown side by side, unless they are asked for together."""
        if roles.together(self.names.masked):
            return splits, None
        listed = None
        positive: dict[str, dict[int, set[object]]] = {}
        for mention, term, negative in self.names.members:
            if not negative:
                numbered = self.lexicon.schema.dimensions[term.name].value == "int"
                key = hash(term.value) if numbered else mention.start  # "stores 367 and 406" is one mention of two
                positive.setdefault(term.name, {}).setdefault(key, set()).add(term.value)
        for dimension, mentioned in positive.items():
            places = {frozenset(values) for values in mentioned.values()}
            if len(places) > 1 and dimension not in splits and len(splits) < MAX_SPLITS:
                splits = [dimension, *splits]
                apart = self.words.each or self.words.share or _COMPARED.search(self.names.masked)
                listed = None if apart else dimension
        return splits, listed
