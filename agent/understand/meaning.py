"""Which tool a clause asks for: a classifier's chances, held against what its words settle.

The classifier (:mod:`models.routing`) was trained on the questions of ``prompts/examples``; beside a clause's
meaning and its n-grams it sees what code reads out of it: whose own words stand there, and which kinds of names and
ids. ``agent.evaluation.routing`` trains it.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from agent.contracts import Reading, Understanding
from agent.form import CLARIFY, FEW_METRICS, OUT_OF_SCOPE, QUERY, needs_metric
from agent.understand.asking import ToolWords, named
from agent.understand.bands import names_in
from agent.understand.lexicon import Lexicon
from tools.registry import Tool

if TYPE_CHECKING:
    from models.embedding import TunedEmbedding
    from models.routing import Floats, RoutingModel

WEIGHTS, ENCODER = "examples.weights.npz", "encoder.npz"
SURE = 0.5  # from this chance on a tool is settled; measured in docs/adr/011
CERTAIN = 0.85  # from this chance on it holds against words that speak for something else
ALMOST_SURELY = 0.95  # from this chance on a figure of a time that has a past is one of a time to come
FORESEEN = 0.6  # from this chance on a figure of a month that may be past or to come is one to come
WORDED = 0.25  # from this chance on a tool whose words stand there comes before one at most twice as likely
SAID, SURELY_SAID = 0.6, 0.9  # how surely the handbook must answer; the second where the data lacks what is named
SOME = 0.12  # down to this chance it is offered
MOST = 3  # that are offered at most
REMEMBERED = 2_000  # clauses whose chances are kept: seams are looked for in parts of one question
Chances = Mapping[str, float]


class Router:
    """The chances of a clause. Loads the classifier and the embedding model on first use; safe from any thread.

    Args:
        lexicon: the store's words, whose kinds of names are marks.
        tools: the tools' words.
    """

    def __init__(self, lexicon: Lexicon, tools: ToolWords) -> None:
        self.lexicon, self.tools = lexicon, tools
        self._lock = threading.Lock()
        self._models: dict[str, RoutingModel] = {}
        self._known: dict[tuple[str, str], Chances] = {}
        self._vectors: dict[str, Floats] = {}
        self._encoder: TunedEmbedding | None = None

    def chances(self, text: str) -> Chances:
        """Every tool's chance, and those of clarify and out_of_scope, likeliest first."""
        return self.classified(WEIGHTS, text, lambda: marks(text, self.lexicon, self.tools))

    def classified(self, weights: str, text: str, marked: Callable[[], tuple[str, ...]]) -> Chances:
        """The chances of a clause by the classifier of this file, likeliest first.

        Args:
            marked: gives the marks that this classifier sees; called once a clause.
        """
        with self._lock:
            if (weights, text) not in self._known:
                if len(self._known) >= REMEMBERED:
                    self._known.clear()
                self._known[weights, text] = self._chances(weights, text, marked())
            return self._known[weights, text]

    def tool(self, text: str, least: float = SURE) -> str | None:
        """The tool that a clause asks for by itself with at least this chance, figures left aside."""
        name, chance = next(iter(self.chances(text).items()))
        return name if chance >= least and name in self.tools.tools and name != QUERY else None

    def _chances(self, weights: str, text: str, marked: tuple[str, ...]) -> Chances:
        from models.embedding import TunedEmbedding
        from models.routing import RoutingModel

        if self._encoder is None:
            with as_file(files("prompts") / ENCODER) as path:
                self._encoder = TunedEmbedding(path)
        if weights not in self._models:
            with as_file(files("prompts") / weights) as path:
                self._models[weights] = RoutingModel.load(path)
        if text not in self._vectors:
            if len(self._vectors) >= REMEMBERED:
                self._vectors.clear()
            self._vectors[text] = self._encoder.embed(text)
        return {each.name: each.chance for each in self._models[weights].chances(text, self._vectors[text], marked)}


def marks(text: str, lexicon: Lexicon, tools: ToolWords) -> tuple[str, ...]:
    """What code reads out of a clause for the classifier: tools' words, ids and amounts, kinds of the store's names."""
    mentions = names_in(text, lexicon)
    asked, things = tools.read(text, [(m.start, m.end) for m in mentions]), named(text, lexicon)
    inside = tools.read(text)
    found = [f"asks:{name}" for name in asked.sure] + [f"hints:{name}" for name in asked.maybe]
    found += [f"inside:{name}" for name in inside.sure if name not in asked.sure]  # the policy in 退货政策
    found += [f"id:{kind}" for kind in things.ids]
    said = {"budget": things.budget, "them": things.them, "count": things.limit}
    found += [name for name, value in said.items() if value]
    terms = [term for mention in mentions for term in mention.terms]
    kinds: set[str] = {term.kind for term in terms}
    kinds |= {"campaign" for term in terms if term.kind == "member" and term.name == lexicon.campaign}
    if lexicon.hints.find(text, bytearray(len(text))):
        kinds.add("weak")
    if "metric" not in kinds:
        found.append("no metric")
    return (*found, *(f"name:{kind}" for kind in sorted(kinds)))


@dataclass(frozen=True, slots=True)
class Said:
    """What else the words of a clause say of the tools that may answer it.

    Attributes:
        past: it speaks of a time, and not of one to come; or it shows how a figure went, or compares two periods.
        ahead: its period is one that comes soon.
        parted: it is split by what is no single customer or product.
        clear: every word of it was read, and none points beyond a figure.
        counted: it is split by what only a figure is (weekdays, hours, causes), and asks for no cause itself.
        dated: words name its figure, and a period.
        differs: it asks why two periods that it names differ.
        near: its period may as well be one that begins within some weeks.
    """

    past: bool = False
    ahead: bool = False
    parted: bool = False
    clear: bool = False
    counted: bool = False
    dated: bool = False
    differs: bool = False
    near: bool = False


def settled(reading: Reading, chances: Chances, tools: Mapping[str, Tool], said: Said = Said()) -> Reading:
    """One clause with what may answer it: the surely right one alone, or the likeliest to choose from."""
    first = reading.ask.words[:1]
    about = reading.metrics or (first and chances.get(first[0], 0.0) >= SURE)  # an order is about something
    if first and first[0] in tools and first[0] in chances and about and _ordered(tools[first[0]], said, reading.text):
        return replace(reading, ask=replace(reading.ask, open=first))
    shares: dict[str, float] = defaultdict(float)
    for name, chance in chances.items():
        if became := _possible(name, chance, reading, tools, said):
            shares[became] += chance
    whole = sum(shares.values())
    if not whole:
        return reading
    ranked = sorted(shares, key=lambda name: -shares[name])
    if shares[ranked[0]] < CERTAIN * whole and ranked[0] not in reading.ask.words:
        near = max(WORDED * whole, shares[ranked[0]] / 2)
        ranked.sort(key=lambda name: not (name in reading.ask.words and shares[name] >= near))
    if shares[ranked[0]] >= SURE * whole or ranked[0] in reading.ask.words:
        ranked = ranked[:1]
    may = tuple(name for name in ranked[:MOST] if shares[name] >= SOME * whole)
    return replace(reading, ask=replace(reading.ask, open=may))


def _ordered(tool: Tool, said: Said, text: str) -> bool:
    """Whether an order in a tool's own words stands, for it only proposes; what is past has no alert but by a limit."""
    if not tool.writes or not (said.past and tool.takes("metric")):
        return tool.writes
    return _limited(tool, text)


def _limited(tool: Tool, text: str) -> bool:
    """Whether a limit is said ("below 300")."""
    return tool.settles is not None and bool(tool.settles(text).get("number"))


def _possible(name: str, chance: float, reading: Reading, tools: Mapping[str, Tool], said: Said) -> str | None:
    """What a kind comes to once the clause's words are looked at; None where they rule it out.

    A figure that no word names is asked back. A named one is not, nor is it beyond us when every word is read.
    """
    figure = QUERY if reading.metrics or 0 < len(reading.metric_options) <= FEW_METRICS else None
    if figure and said.ahead:  # "tomorrow's orders?"
        figure = next((each for each, tool in tools.items() if tool.takes("horizon")), QUERY)
    if name in (QUERY, CLARIFY):
        return figure or CLARIFY
    if name == OUT_OF_SCOPE and said.dated and reading.metrics and not reading.unavailable and chance < CERTAIN:
        return None  # a figure of a time, in whatever other words
    if name == OUT_OF_SCOPE:
        return OUT_OF_SCOPE if reading.unread or reading.unavailable else figure or CLARIFY
    tool = tools.get(name)
    if tool is None or tool.reads_message:
        return None
    if said.differs and tool.takes("metric") and not tool.takes("compare"):  # "q4 is far off q3, what happened?"
        return next((each for each, other in tools.items() if each != QUERY and other.takes("compare")), name)
    if tool.writes:  # in none of its words: a limit was said, or a figure was surely not meant
        meant = chance >= CERTAIN or (chance >= SURE and _limited(tool, reading.text))
        return name if meant and _ordered(tool, said, reading.text) else figure
    ranks = bool(reading.metrics and reading.order_by and reading.limit)  # "top 3 departments by discount"
    odd = not tool.takes("compare") and chance >= CERTAIN  # "any refund reason that shot up out of nowhere"
    bounded = bool(reading.having and reading.group_by)  # "stores where aov fell more than 10 %"
    tallied = (said.counted and not odd) or bounded or reading.keep is not None
    if tallied and figure and tool.takes("metric"):  # "money refunded, broken down by reason"
        return figure
    surely = chance >= CERTAIN and not tool.takes("metric")  # "the 4 products that go best with bananas"
    if (
        said.clear and (ranks or tool.takes("horizon")) and not surely
    ):  # "the day with the lowest revenue" is no odd one
        return figure
    against = _lacks(tool, reading) or reading.inherited or said.clear or (ranks and said.parted)
    against = (against and chance < CERTAIN) or _may_be_past(tool, said, chance)
    if against and name not in (*reading.ask.words, *reading.ask.hints):
        return figure
    named = reading.filters or reading.group_by  # "why was deli so weak?" is about its revenue
    if (
        needs_metric(tool) and not figure and (reading.unavailable or (reading.unread and not named))
    ):  # "forecast the weather"
        return OUT_OF_SCOPE
    return figure if (tool.takes("horizon") and said.past) or (said.parted and not tool.takes("dimensions")) else name


_SCORED = re.compile(
    r"\bwhat(?:'s| is| was| are) (?:our|the) (?:\w+ ){1,3}(?:score|rating|rate|percentage)\b|得分|评分|打几分", re.ASCII
)


def _may_be_past(tool: Tool, said: Said, chance: float) -> bool:
    """Whether a figure of a time without a year may as well be of one that is over ("revenue in april and may")."""
    return tool.takes("horizon") and said.dated and chance < (FORESEEN if said.near else ALMOST_SURELY)


def _lacks(tool: Tool, reading: Reading) -> bool:
    """Whether the clause names what the data lacks; the handbook's rules may speak of it, where no figure is meant."""
    ruled = not (tool.takes("filters") or reading.time or reading.group_by or _SCORED.search(reading.text))
    return bool(reading.unavailable) and not ruled


def _settled(reading: Reading) -> bool:
    """Whether a clause is to be answered, asked back or refused whatever the handbook says."""
    may = reading.ask.open
    rule = bool(reading.unavailable) and not (reading.time or reading.group_by)  # of what the data lacks
    return may[:1] == (CLARIFY,) or (len(may) == 1 and not (may == (OUT_OF_SCOPE,) and rule))


def by_handbook(understanding: Understanding, answers: Callable[[str], float]) -> Understanding:
    """The understanding with clauses that name no figure and surely ask for no tool, but that the handbook answers.

    What the store's data lacks ("do we match competitors' prices?") may still be one of its rules.

    Args:
        answers: how surely (0–1) the handbook says what a clause asks.
    """
    readings = tuple(
        replace(r, ask=replace(r.ask, open=("search_knowledge",)))
        if (r.unread or r.filters or r.unavailable)
        and not (r.metrics or _settled(r) or r.ambiguities or r.inherited)
        and answers(r.text) >= (SAID if not r.unavailable else SURELY_SAID)
        else r
        for r in understanding.readings
    )
    return replace(understanding, readings=readings)
