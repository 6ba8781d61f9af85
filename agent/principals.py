"""Users as principals: what a signed-in user, or the owner of a schedule, may see and do."""

from __future__ import annotations

from agent.contracts import Principal
from db.state.accounts import OPERATOR, Accounts, User
from db.state.store import State


def principal_of_user(user: User) -> Principal:
    """The principal that a user acts as."""
    return Principal(user.name, user.role, user.row_filters, user.may_see_pii)


def principal_named(state: State, name: str) -> Principal | None:
    """The principal of that name as it is now: the machine's owner, or a user; None where removed or disabled.

    For what runs later in someone's name (schedules, alert rules): with the rights that they have then.
    """
    if name == OPERATOR:
        return Principal()
    user = Accounts(state).find(name)
    return principal_of_user(user) if user and not user.disabled else None
