"""How a rule moves from one full period to the next: told once when it turns red, once when it is green again.

ok  --holds-->  red   an alert is opened, and told
red --clear-->  ok    it is resolved, and told
otherwise nothing is told. Between the limit and a twentieth of it back (hysteresis) a red rule stays red.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tools.alert_values import Point


@dataclass(frozen=True, slots=True)
class Move:
    """One or more periods that were looked at, up to ``upto``; ``turned``: what is to be told of the last of them."""

    state: str
    upto: str
    point: Point | None = None
    turned: Literal["red", "green"] | None = None


def moves(state: str, points: Sequence[Point]) -> list[Move]:
    """The rule's way through periods, oldest first; quiet ones are one move with the next."""
    found: list[Move] = []
    for point in points:
        upto = point.period.end.isoformat()
        if state != "red" and point.holds:
            state = "red"
            found.append(Move(state, upto, point, "red"))
        elif state == "red" and point.clear:
            state = "ok"
            found.append(Move(state, upto, point, "green"))
        else:
            state = "red" if state == "red" else "ok"
            quiet = Move(state, upto)
            if found and found[-1].turned is None:
                found[-1] = quiet
            else:
                found.append(quiet)
    return found
