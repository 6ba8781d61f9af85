"""Who may do what: the plan is held against the asker before anything runs."""

from __future__ import annotations

from agent.contracts import Plan, Principal
from db.errors import PermissionRefused, QueryError
from db.semantic.schema import StoreSchema
from tools.registry import tool

_MAY_WRITE_SQL = frozenset({"analyst", "admin"})
_MAY_ACT = frozenset({"analyst", "admin"})


def check_acting(principal: Principal) -> None:
    """Refuse what changes or sends something (alerts, schedules, exports) to those who may only look.

    Raises:
        PermissionRefused: a viewer.
    """
    if principal.role not in _MAY_ACT:
        raise PermissionRefused("Your role may look, but not change or send anything.", "Ask an analyst to do it.")


def check_policy(plan: Plan, principal: Principal, schema: StoreSchema) -> None:
    """Refuse what the principal may not do or see.

    Raises:
        QueryError: a single customer in a tool that would name them in its sentences.
        PermissionRefused: SQL by a viewer, or a split by personal data without the right to see it.
    """
    for call in plan.calls:
        if call.tool == "run_sql" and principal.role not in _MAY_WRITE_SQL:
            raise PermissionRefused("Your role may not run SQL.", "Ask in words, or ask an analyst.")
        if tool(call.tool).writes:
            check_acting(principal)
        touched = [
            *call.args.get("group_by", ()),
            *call.args.get("dimensions", ()),
            *(f["dimension"] for f in call.args.get("filters", ())),
        ]
        if call.tool != "query_metrics" and any(schema.dimensions[name].pii != "none" for name in touched):
            raise QueryError(
                f"{call.tool} looks at the whole or at groups, not at single customers.",
                "Ask for the customer's figures, or for the customer's portrait.",
            )
        for name in touched:
            if schema.dimensions[name].pii == "personal" and not principal.may_see_pii:
                raise PermissionRefused(
                    f"You may not see {schema.dimensions[name].label.en}.", "Ask for a total instead."
                )
