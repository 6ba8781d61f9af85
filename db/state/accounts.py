"""Who may sign in: users with their rights. Their tokens and sessions are in :mod:`db.state.tokens`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from db.errors import UsageError
from db.semantic.query import Filter
from db.state import passwords, tables
from db.state.database import reading
from db.state.store import State

Role = Literal["viewer", "analyst", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "analyst", "admin")
OPERATOR = "operator"  # the machine's owner at the command line; nobody else can be called so
_NAME = re.compile(r"[\w][\w.@+-]{0,63}")  # no colon: names with one are those of bots ("slack:U123")


@dataclass(frozen=True, slots=True)
class User:
    """Who may sign in, and what they may see and do. ``row_filters`` are laid under everything that they ask."""

    id: int
    name: str
    role: Role
    row_filters: tuple[Filter, ...]
    may_see_pii: bool
    disabled: bool
    has_password: bool
    created_at: datetime


def _now() -> datetime:
    return datetime.now(UTC)


class Accounts:
    """The users of one installation. Every change is in the audit trail, with who made it.

    Args:
        clock: gives the moment of each change.
    """

    def __init__(self, state: State, clock: Callable[[], datetime] = _now) -> None:
        self._state, self._clock = state, clock

    def any(self) -> bool:
        """Whether there is a user at all; without one, this machine's owner is the only one to ask."""
        with reading(self._state.engine) as connection:
            return connection.execute(select(tables.users.c.id).limit(1)).first() is not None

    def find(self, name: str) -> User | None:
        """The user of that name, disabled or not."""
        try:
            known = user_name(name)
        except UsageError:
            return None
        with reading(self._state.engine) as connection:
            row = connection.execute(select(tables.users).where(tables.users.c.name == known)).first()
        return user_of(row) if row else None

    def all(self) -> tuple[User, ...]:
        """Every user, by name."""
        with reading(self._state.engine) as connection:
            rows = connection.execute(select(tables.users).order_by(tables.users.c.name)).all()
        return tuple(user_of(row) for row in rows)

    def add(
        self,
        name: str,
        role: Role,
        password: str | None = None,
        row_filters: Sequence[Filter] = (),
        may_see_pii: bool = False,
        by: str = OPERATOR,
    ) -> User:
        """Add a user; without a password they come in with a token only.

        Raises:
            UsageError: the name is taken or no name, or the password will not do. StoreLocked, StoreError.
        """
        known, now = user_name(name), self._clock()
        if password is not None:
            passwords.check_password(password, known)
        row = {
            "name": known,
            "password": passwords.hashed(password) if password is not None else None,
            "role": role,
            "row_filters": [f.model_dump(mode="json", exclude_defaults=True) for f in row_filters],
            "may_see_pii": may_see_pii,
            "disabled": False,
            "created_at": now.astimezone(UTC).isoformat(timespec="microseconds"),
        }

        def change(connection: Connection) -> None:
            if connection.execute(select(tables.users.c.id).where(tables.users.c.name == known)).first():
                raise UsageError(f"There is a user '{known}' already.", "Choose another name.")
            connection.execute(insert(tables.users).values(**row))

        told = {name: row[name] for name in ("role", "row_filters", "may_see_pii")}
        self._state.audited(by, "user_add", {"user": known, **told}, now, change)
        return self.get(known)

    def set_password(self, name: str, password: str, by: str = OPERATOR) -> None:
        """Give a user another password; who is signed in under the old one is signed out.

        Raises:
            UsageError: there is no such user, or the password will not do. StoreLocked, StoreError.
        """
        user = self.get(name)
        passwords.check_password(password, user.name)
        self._update(user, "user_password", {}, by, sign_out=True, password=passwords.hashed(password))

    def set_rights(
        self,
        name: str,
        role: Role | None = None,
        row_filters: Sequence[Filter] | None = None,
        may_see_pii: bool | None = None,
        by: str = OPERATOR,
    ) -> User:
        """Change what a user may see and do; it holds from their next question on.

        Raises:
            UsageError: there is no such user. StoreLocked, StoreError.
        """
        changed: dict[str, Any] = {}
        if role is not None:
            changed["role"] = role
        if row_filters is not None:
            changed["row_filters"] = [f.model_dump(mode="json", exclude_defaults=True) for f in row_filters]
        if may_see_pii is not None:
            changed["may_see_pii"] = may_see_pii
        user = self.get(name)
        if changed:
            self._update(user, "user_rights", changed, by, **changed)
        return self.get(name)

    def disable(self, name: str, disabled: bool = True, by: str = OPERATOR) -> None:
        """Let a user in no longer, or again. Their sessions end; their tokens do not hold while they are disabled.

        Raises:
            UsageError: there is no such user. StoreLocked, StoreError.
        """
        self._update(self.get(name), "user_disable" if disabled else "user_enable", {}, by, True, disabled=disabled)

    def remove(self, name: str, by: str = OPERATOR) -> None:
        """Forget a user with tokens, conversations, answers and open proposals; what they scheduled stops.

        Whoever gets the name later inherits nothing. The audit trail keeps what was done.

        Raises:
            UsageError: there is no such user. StoreLocked, StoreError.
        """
        user = self.get(name)

        def change(connection: Connection) -> None:
            connection.execute(delete(tables.tokens).where(tables.tokens.c.user == user.id))
            for table in (tables.turns, tables.answers, tables.proposals, tables.briefs):
                connection.execute(delete(table).where(table.c.principal == user.name))
            for table in (tables.schedules, tables.alert_rules):
                connection.execute(update(table).where(table.c.owner == user.name).values(enabled=False))
            connection.execute(delete(tables.users).where(tables.users.c.id == user.id))

        self._state.audited(by, "user_remove", {"user": user.name}, self._clock(), change)

    def check(self, name: str, password: str) -> User | None:
        """The user whose password this is; None, after the same time, where it is nobody's or the user is disabled."""
        try:
            where: ColumnElement[bool] = tables.users.c.name == user_name(name)
        except UsageError:
            where = tables.users.c.id < 0
        with reading(self._state.engine) as connection:
            row = connection.execute(select(tables.users).where(where)).first()
        right = passwords.matches(row.password if row else None, password)
        if not right or row is None or row.disabled:
            return None
        user = user_of(row)
        if passwords.outdated(row.password):
            self._update(user, "user_rehash", {}, user.name, password=passwords.hashed(password))
        return user

    def get(self, name: str) -> User:
        """As :meth:`find`; raises UsageError where there is none."""
        user = self.find(name)
        if user is None:
            raise UsageError("There is no user of that name.", "`shopops user list` shows them.")
        return user

    def _update(
        self, user: User, action: str, told: dict[str, Any], by: str, sign_out: bool = False, **values: Any
    ) -> None:
        def change(connection: Connection) -> None:
            connection.execute(update(tables.users).where(tables.users.c.id == user.id).values(**values))
            if sign_out:
                sessions = (tables.tokens.c.user == user.id) & (tables.tokens.c.kind == "session")
                connection.execute(delete(tables.tokens).where(sessions))

        self._state.audited(by, action, {"user": user.name, **told}, self._clock(), change)


def user_name(name: str) -> str:
    """A name in the one form that it is kept in. Raises UsageError where it cannot be one."""
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    if not _NAME.fullmatch(plain):
        raise UsageError("A user's name has 1 to 64 letters, digits and . @ + - _", "For example: li.wei")
    if plain == OPERATOR:
        raise UsageError(f"'{OPERATOR}' is the machine's owner.", "Choose another name.")
    return plain


def user_of(row: Row[Any]) -> User:
    """A row of the table as a user."""
    return User(
        row.id,
        row.name,
        row.role,
        tuple(Filter.model_validate(f) for f in row.row_filters),
        bool(row.may_see_pii),
        bool(row.disabled),
        row.password is not None,
        datetime.fromisoformat(row.created_at),
    )
