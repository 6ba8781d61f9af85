"""A yes to an alert: keep the rule. Its last full period is looked at first, so what holds now is told at once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent.contracts import Principal
from agent.delivery.names import check_channels
from agent.doing.work import Done, Work
from db.errors import PermissionRefused
from db.semantic.schema import Text
from db.state.alert_rules import AlertRules, KeptRule, add_on
from db.state.proposals import KeptProposal
from tools.alert_periods import begins_at
from tools.alert_rule import AlertRule
from tools.alert_values import ended

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from agent.service import Service


def prepare(service: Service, kept: KeptProposal, principal: Principal, now: datetime) -> Work:
    """Check the rule against the store as it is now.

    Raises:
        UnknownMetric, UnknownDimension: the store no longer has what it names. UsageError: nor the settings a channel.
        PermissionRefused: a risk rule of someone who sees a part of the store.
    """
    return rule_work(service, kept.store, kept.payload, principal, now)


def rule_work(service: Service, store: str, payload: Any, principal: Principal, now: datetime) -> Work:
    """As :func:`prepare`, for a payload that an administrator typed."""
    rule = AlertRule.model_validate(payload["rule"])
    channels = tuple(payload["channels"])
    check_channels(channels, service.settings)
    opened = service.analyst(store).store
    if rule.metric:
        opened.schema.metric(rule.metric)
    for item in rule.filters:
        opened.schema.dimension(item.dimension)
    if rule.kind == "risk":
        if principal.row_filters:
            raise PermissionRefused("You see a part of this store only, and risk looks at all of it.", "Ask an admin.")
        upto = str(AlertRules(service.state.engine).newest_alert(store))
    else:
        upto = begins_at(ended(opened), rule.per).isoformat()
    definition = {"rule": rule.model_dump(mode="json", exclude_defaults=True), "language": payload["language"]}
    fresh = KeptRule(store, principal.name, rule.kind, definition, channels, upto)

    def write(connection: Connection) -> Done:
        number = add_on(connection, fresh, now)
        return Done(
            Text(
                en=f"Alert {number} is set. It is looked at now, and whenever new data has come in.",
                zh=f"预警{number}已设置，现在及每当有新数据时检查。",
            )
        )

    return Work(write)
