"""Who asks at a chat service: its user id, by the administrator's map, as a principal of ShopOps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from agent.contracts import Language, Principal
from agent.interfaces.bots import words
from agent.interfaces.bots.shape import Incoming
from agent.principals import principal_named
from db.errors import SignInNeeded
from db.state.accounts import Accounts
from db.state.store import State


def who(state: State, users: Mapping[str, str], incoming: Incoming, *, personal: bool, language: Language) -> Principal:
    """The principal that a service's user acts as, with the rights of this moment.

    Personal data is shown in direct messages only: in a group others would read it who may not see it. With no user in
    ShopOps at all, whoever is not on the map looks at totals: a viewer without personal data.

    Args:
        users: the service's user id -> a user's name, or ``operator``.
        personal: whether direct messages may show personal data.

    Raises:
        SignInNeeded: nobody of ShopOps, or a user who was removed or disabled.
    """
    name = users.get(incoming.user)
    if name is not None:
        principal = principal_named(state, name)
        if principal is None:
            raise SignInNeeded(words.GONE.of(language))
    elif Accounts(state).any():
        raise SignInNeeded(words.UNKNOWN.of(language).format(user=incoming.user))
    else:
        principal = Principal(f"{incoming.source}:{incoming.user}", "viewer", (), may_see_pii=False)
    seen = principal.may_see_pii and personal and incoming.private
    return replace(principal, may_see_pii=seen)
