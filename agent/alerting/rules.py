"""Hold the rules of a store against its new data: each full period once, as the owner sees the store."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from agent.alerting.messages import broken_message, green_message, red_message, watch_message
from agent.alerting.states import Move, moves
from agent.contracts import Language
from agent.delivery.message import Message
from agent.principals import principal_named
from db.errors import PermissionRefused, ShopOpsError
from db.state.alert_rules import AlertRules, KeptRule, Posted, RuleStep
from db.state.watching import Alert
from tools.alert_rule import AlertRule
from tools.alert_sentences import rule_words
from tools.alert_values import ended, points

if TYPE_CHECKING:
    from agent.contracts import Principal
    from db.engine import Store
    from db.semantic.schema import StoreSchema
    from db.state import State

RINGS = frozenset({"R01", "R07", "R08", "R15"})  # what ties several customers to one device, card or address
log = logging.getLogger("shopops.alerts")


def _now() -> datetime:
    return datetime.now(UTC)


class RuleKeeper:
    """Looks at rules and writes what became of them. Safe for many threads and processes: each step is written once."""

    def __init__(self, state: State, clock: Callable[[], datetime] = _now) -> None:
        self._state, self._clock = state, clock
        self._kept = AlertRules(state.engine)

    def wanted(self) -> dict[str, bool]:
        """The stores that have a rule to look at; whether one of its rules needs the watch."""
        found: dict[str, bool] = {}
        for rule in self._kept.all():
            if rule.enabled:
                found[rule.store] = found.get(rule.store, False) or rule.kind == "risk"
        return found

    def check(self, store: Store, name: str, stopped: Callable[[], bool] = lambda: False) -> int:
        """Look at every rule of a store that is opened; how many alerts were raised or sent."""
        count = 0
        for kept in self._kept.all(name):
            if stopped():
                break
            if kept.enabled:
                count += self._look(kept, store)
        return count

    def _look(self, kept: KeptRule, store: Store) -> int:
        owner = principal_named(self._state, kept.owner)
        if owner is None:
            log.warning("alert %s is not looked at: its owner is gone", kept.number)
            return 0
        try:
            rule = AlertRule.model_validate(kept.definition["rule"])
            if rule.kind == "risk":
                return self._forward(kept, rule, store, owner)
            return self._measure(kept, rule, store, owner)
        except IntegrityError:  # another worker writes the same at this moment
            return 0
        except (ShopOpsError, ValidationError, KeyError) as error:
            if isinstance(error, ShopOpsError) and error.kind == "retryable":
                return 0
            self._broken(kept, error)
            return 0

    def _measure(self, kept: KeptRule, rule: AlertRule, store: Store, owner: Principal) -> int:
        start = date.fromisoformat(str(kept.checked_upto)[:10])
        found = points(rule, store, start, ended(store), owner.row_filters)
        count = 0
        for move in moves(kept.state, found):
            if not self._kept.record(kept, self._step(kept, rule, move, store.schema), self._clock()):
                break  # another worker goes on with it
            kept = replace(kept, state=move.state, checked_upto=move.upto)
            count += move.turned == "red"
        return count

    def _step(self, kept: KeptRule, rule: AlertRule, move: Move, schema: StoreSchema) -> RuleStep:
        if move.point is None or move.turned is None:
            return RuleStep(move.state, move.upto)
        language, row = _language(kept), move.point.period.start.isoformat()
        if move.turned == "green":
            message = green_message(kept.number, rule, move.point, schema, language)
            posted = _posted(kept, f"{row}-green", message)
            return RuleStep(move.state, move.upto, closes=True, messages=posted)
        message = red_message(kept.number, rule, move.point, schema, language)
        return RuleStep(move.state, move.upto, _alert(kept, rule, move, schema), messages=_posted(kept, row, message))

    def _forward(self, kept: KeptRule, rule: AlertRule, store: Store, owner: Principal) -> int:
        """What the watch raised since, to the rule's channels; each alert once."""
        if owner.row_filters:
            raise PermissionRefused("Its owner sees a part of the store only.", "An admin sets risk alerts.")
        last = int(kept.checked_upto or 0)
        raised = self._kept.raised_since(kept.store, last, "risk")
        if not raised:
            return 0
        hits = [alert for alert in raised if _hits(rule, alert)]
        upto = str(raised[-1].number)
        posted: tuple[Posted, ...] = ()
        if hits:
            message = watch_message(hits, kept.store, store.schema.currency, _language(kept))
            posted = _posted(kept, f"watch-{hits[0].number}", message)
        written = self._kept.record(kept, RuleStep("ok", upto, messages=posted), self._clock())
        return len(hits) if written else 0

    def _broken(self, kept: KeptRule, error: Exception) -> None:
        """Say once that a rule cannot be looked at; it is tried again, and goes on where it stopped."""
        log.warning("alert %s cannot be looked at: %s", kept.number, error)
        if kept.state == "broken":
            return
        why = str(error) if isinstance(error, ShopOpsError) else "it was written by another version of ShopOps."
        message = broken_message(kept.number, kept.store, why, _language(kept))
        posted = _posted(kept, f"broken-{self._clock():%Y%m%d%H%M%S}", message)
        self._kept.record(kept, RuleStep("broken", str(kept.checked_upto), closes=True, messages=posted), self._clock())


def _hits(rule: AlertRule, alert: Alert) -> bool:
    ring = RINGS & set(alert.payload.get("reasons", ()))
    return alert.score >= (rule.score or 0) and (bool(ring) or not rule.rings)


def _language(kept: KeptRule) -> Language:
    return "zh" if kept.definition.get("language") == "zh" else "en"


def _posted(kept: KeptRule, what: str, message: Message) -> tuple[Posted, ...]:
    content = message.to_json()
    return tuple(Posted(f"rule-{kept.number}-{what}-{channel}", channel, content) for channel in kept.channels)


def _alert(kept: KeptRule, rule: AlertRule, move: Move, schema: StoreSchema) -> Alert:
    """The row of the list of alerts."""
    point = move.point
    assert point is not None  # noqa: S101 - a move that turned has one
    words, metric = rule_words(rule, schema), schema.metrics[str(rule.metric)]
    payload = {
        "rule": kept.number,
        "words": {"en": words.en, "zh": words.zh},
        "metric": rule.metric,
        "label": {"en": metric.label.en, "zh": metric.label.zh},
        "unit": metric.unit,
        "origin": metric.origin,
        "value": point.value,
        "before": point.before,
        "measure": point.measure,
        "period": {"start": point.period.start.isoformat(), "end": point.period.end.isoformat()},
    }
    start = point.period.start.isoformat()
    return Alert(kept.kind, f"rule {kept.number}", start, start, abs(point.measure or 0.0), payload)
