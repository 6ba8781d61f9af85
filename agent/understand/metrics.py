"""Which metric a clause means where its words do not name one ("what did a typical trolley come to").

Two classifiers (:mod:`models.routing`) see the clause without its periods and members: one tells the metric, the other
what kind of figure it is (a count, an amount, a share, so much of each), and their chances are multiplied. They were
trained on the questions of ``prompts/metrics``, on the store's own words for its metrics, and on those example
questions of ``prompts/examples`` whose words name one metric (``agent.evaluation.routing``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from agent.form import CLARIFY, QUERY
from agent.understand.bands import names_in
from agent.understand.dates import Clock, find_periods
from agent.understand.lexicon import LABEL, Lexicon
from agent.understand.meaning import SURE, Chances, Router
from agent.understand.vocabulary import Mention, Term
from db.semantic.schema import Metric, StoreSchema

WEIGHTS, KINDS = "metrics.weights.npz", "metrics.kinds.weights.npz"
NONE = "none"  # the kind of clauses that mean no figure in particular
KIND_POWER = 0.7  # how much the kind of figure says beside the metric; measured there too


def meant_metrics(router: Router, text: str, clock: Clock) -> Chances:
    """The chance of each of the store's metrics, likeliest first; nothing where the clause asks for no figure.

    Args:
        text: the clause, normalised.
        clock: what its dates are read by.
    """
    tools, chances = router.tools.tools, router.chances(text)
    asks = sum(c for name, c in chances.items() if name == QUERY or (name in tools and tools[name].takes("metric")))
    vague = chances.get(CLARIFY, 0.0)
    if asks + vague < SURE:
        return {}
    found = metric_chances(router, text, clock)
    return {name: chance * asks / (asks + vague) for name, chance in found.items()}


def surely(chances: Chances) -> str | None:
    """The metric that is meant, where one surely is."""
    name, chance = next(iter(chances.items()), ("", 0.0))
    return name if chance >= SURE else None


def metric_chances(router: Router, text: str, clock: Clock) -> Chances:
    """The chance of each of the store's metrics, likeliest first; what it does not have keeps its share of 1."""
    lexicon = router.lexicon
    plain = without_names(text, lexicon, clock)
    marked = partial(metric_marks, text, lexicon)
    metrics, kinds = (router.classified(weights, plain, marked) for weights in (WEIGHTS, KINDS))
    known = {name: m for name, m in lexicon.schema.metrics.items() if not m.hidden}
    kind = {name: kind_of(metric) for name, metric in known.items()} | {NONE: NONE}
    raised = {name: chance * kinds.get(kind.get(name, ""), 1.0) ** KIND_POWER for name, chance in metrics.items()}
    whole = sum(raised.values()) or 1.0
    ranked = sorted((name for name in raised if name in known), key=lambda name: -raised[name])
    return {name: raised[name] / whole for name in ranked}


def is_twin(schema: StoreSchema, name: str, other: str, unit: str) -> bool:
    """Whether another metric measures the same rows in this unit: what chargebacks are in money."""
    one, two = schema.metrics[name], schema.metrics[other]
    ratios = one.is_ratio or two.is_ratio
    return not ratios and (two.table, two.where, two.unit) == (one.table, one.where, unit) and not two.hidden


def kind_of(metric: Metric) -> str:
    """What kind of figure it is: a count, an amount, or a ratio of two figures in its unit."""
    return f"{metric.unit} of each" if metric.is_ratio else str(metric.unit)


def without_names(text: str, lexicon: Lexicon, clock: Clock) -> str:
    """The text without periods and members: what is left speaks of the figure alone."""
    spans = [(m.start, m.end) for m in find_periods(text, clock)]
    spans += [(m.start, _noun_of(m, text, lexicon)) for m in names_in(text, lexicon) if _only_member(m.terms)]
    kept = bytearray(b"\x01" * len(text))
    for start, end in spans:
        kept[start:end] = bytes(end - start)
    return " ".join("".join(c if k else " " for c, k in zip(text, kept, strict=True)).split()) or text


def _noun_of(mention: Mention, text: str, lexicon: Lexicon) -> int:
    """Where the noun of a figure begins with which a member's name ends (中文工单, "unmarried customers"); else its end."""
    words = text[mention.start : mention.end]
    inside = lexicon.vocabulary.find(words[1:], bytearray(len(words) - 1))
    nouns = (m for m in inside if m.of("metric") and m.end == len(words) - 1)
    return next((mention.start + 1 + m.start for m in nouns), mention.end)


def _only_member(terms: Sequence[Term]) -> bool:
    return {term.kind for term in terms} == {"member"}


def metric_marks(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """The metrics that words of the text name or hint at, and the dimensions of its splits and members."""
    named = [(mention, term) for mention in names_in(text, lexicon) for term in mention.terms]
    found = [f"{_part(mention, term)}:{term.name}" for mention, term in named if term.kind != "unavailable"]
    hinted = lexicon.hints.find(text, bytearray(len(text)))
    found += [f"hint:{term.name}" for mention in hinted for term in mention.terms]
    found += [f"label:{term.name}" for _, term in named if term.kind == "metric" and term.rank == LABEL]
    return tuple(dict.fromkeys(found))


def _part(mention: Mention, term: Term) -> str:
    if term.kind == "metric":
        return "whom" if mention.of("dimension") else "metric"  # "households": how many, or whose
    return "split" if term.kind == "dimension" else "member"
