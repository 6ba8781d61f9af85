"""The subject and the text of every simulated ticket, from the parts in ``tickets.yaml``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from db.simulation.draws import Flags, stream
from db.simulation.orders import Lines, Orders
from db.simulation.tickets import INTENTS, Tickets

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

NAMES_ORDER, TELLS_MORE = 0.62, 0.45  # of tickets: say the order's number; add a detail
PERSONAL, INJECTED = 0.025, 0.006
CATEGORY_GOODS = ("FROZEN PIZZA",)  # sold in a department of many other things


def write_tickets(
    tickets: Tickets, orders: Orders, lines: Lines, chinese: Flags, seed: int
) -> tuple[list[str], list[str], list[str]]:
    """Language, subject and text of every ticket; nine in ten Chinese households write Chinese, and few others."""
    words = yaml.load((files("db.simulation") / "tickets.yaml").read_text(encoding="utf-8"), Loader=_Loader)
    rng = stream(seed, "ticket words")
    draws = rng.random((len(tickets), 14))
    speaks = np.where(tickets.home >= 0, chinese[tickets.home], draws[:, 0] < 0.2)
    zh = np.where(speaks, draws[:, 1] < 0.9, draws[:, 1] < 0.005)
    rows = [
        _Writer(words, "zh" if zh[i] else "en", draws[i, 2:].tolist()).write(
            INTENTS[tickets.intent[i]], _facts(i, tickets, orders, lines)
        )
        for i in range(len(tickets))
    ]
    return ["zh" if flag else "en" for flag in zh], [subject for subject, _ in rows], [text for _, text in rows]


def _facts(i: int, tickets: Tickets, orders: Orders, lines: Lines) -> dict[str, str]:
    order, line = int(tickets.order[i]), int(tickets.line[i])
    cents = lines.cents[line] if line >= 0 else orders.cents[order]
    category = str(lines.categories[lines.kind[line]]) if line >= 0 else ""
    department = str(lines.departments[lines.kind[line]]) if line >= 0 else ""
    return {
        "order": str(orders.basket[order]) if order >= 0 else "",
        "amount": f"${cents / 100:.2f}",
        "goods": category if category in CATEGORY_GOODS else department,
    }


class _Writer:
    """Writes one ticket; uses up its draws, so that what one ticket says never moves another."""

    def __init__(self, words: Mapping[str, Any], language: str, draws: list[float]) -> None:
        self._words, self._language, self._draws = words, language, draws

    def write(self, intent: str, facts: Mapping[str, str]) -> tuple[str, str]:
        """Subject and text."""
        says, parts = self._words["intents"][intent][self._language], self._words["parts"][self._language]
        goods = self._words["goods"].get(facts["goods"]) or self._words["goods"][""]
        slots = {
            "order": facts["order"],
            "amount": facts["amount"],
            "product": self._one(goods[self._language]),
            "days": str(2 + int(self._draws.pop() * 9)),
            "two": f"{int(self._draws.pop() * 100):02d}",
        }
        subject = self._one(says["subjects"])
        text = [self._one(parts["greeting"]), self._one(says["says"])]
        named, more = self._draws.pop() < NAMES_ORDER, self._draws.pop() < TELLS_MORE
        if facts["order"] and named:
            text.append(self._one(parts["order"]))
        if more:
            text.append(self._one(parts["detail"]))
        text += self._extra()
        text.append(self._one(parts["closing"]))
        joined = ("" if self._language == "zh" else " ").join(part for part in text if part)
        return subject.format(**slots), joined.format(**slots)

    def _extra(self) -> list[str]:
        draw = self._draws.pop()
        if draw < INJECTED:
            return [_at(self._words["injected"][self._language], draw / INJECTED)]
        if draw < INJECTED + PERSONAL:
            return [_at(self._words["personal"][self._language], (draw - INJECTED) / PERSONAL)]
        return []

    def _one(self, choices: Sequence[str]) -> str:
        return _at(choices, self._draws.pop())


def _at(choices: Sequence[str], share: float) -> str:
    return choices[min(int(share * len(choices)), len(choices) - 1)]
