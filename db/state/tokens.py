"""What proves who asks: tokens for programs, sessions for browsers. Of both only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, insert, select, update

from db.errors import UsageError
from db.state import tables
from db.state.accounts import OPERATOR, Accounts, User, user_of
from db.state.database import reading, writing
from db.state.store import State

Kind = Literal["api", "session"]
BYTES = 32  # 256 random bits: nothing to guess, so a plain SHA-256 needs neither salt nor slowness
MARKS: dict[Kind, str] = {"api": "so_", "session": "ss_"}  # a leaked token is found by its first letters
IDLE, LONGEST = timedelta(hours=12), timedelta(days=7)  # of a session
TOUCH = timedelta(minutes=1)  # how exactly the last use is known; a write at each request would wait for others
LABEL = 100  # characters


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret."""

    id: int
    user: str
    label: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


def _now() -> datetime:
    return datetime.now(UTC)


class Tokens:
    """The tokens and sessions of one installation's users.

    Args:
        clock: gives the moment by which they are issued and expire.
    """

    def __init__(self, state: State, clock: Callable[[], datetime] = _now) -> None:
        self._state, self._clock = state, clock
        self._accounts = Accounts(state, clock)

    def create(self, name: str, label: str, lasts: timedelta | None, by: str = OPERATOR) -> str:
        """A new token of a user, told this once.

        Args:
            lasts: until it expires; None never.

        Raises:
            UsageError: there is no such user, or the label will not do. StoreLocked, StoreError.
        """
        user, now = self._accounts.get(name), self._clock()
        if not label.strip() or len(label) > LABEL or not label.isprintable():
            raise UsageError(f"A label has 1 to {LABEL} characters.", "Say what the token is for.")
        secret, row = self._issue(user, "api", label.strip(), now + lasts if lasts else None)
        told = {"user": user.name, "label": row["label"], "expires_at": row["expires_at"]}
        self._state.audited(by, "token_create", told, now, lambda c: _insert(c, row))
        return secret

    def list(self, name: str | None = None) -> tuple[Token, ...]:
        """The tokens of a user, or all; expired ones too."""
        t, u = tables.tokens, tables.users
        statement = select(t, u.c.name).join(u, u.c.id == t.c.user).where(t.c.kind == "api").order_by(t.c.id)
        if name is not None:
            statement = statement.where(u.c.id == self._accounts.get(name).id)
        with reading(self._state.engine) as connection:
            return tuple(_token(row) for row in connection.execute(statement))

    def revoke(self, token: int, by: str = OPERATOR) -> Token:
        """Let a token hold no longer, from the next request on.

        Raises:
            UsageError: there is no such token. StoreLocked, StoreError.
        """
        found = next((t for t in self.list() if t.id == token), None)
        if found is None:
            raise UsageError(f"There is no token {token}.", "`shopops token list` shows them.")
        told = {"user": found.user, "label": found.label}
        gone = delete(tables.tokens).where(tables.tokens.c.id == token)
        self._state.audited(by, "token_revoke", told, self._clock(), lambda c: _run(c, gone))
        return found

    def open_session(self, user: User) -> str:
        """Sign a user in; the secret goes into a cookie."""
        now = self._clock()
        secret, row = self._issue(user, "session", "browser", now + LONGEST)
        stale = delete(tables.tokens).where(tables.tokens.c.expires_at < _iso(now), tables.tokens.c.kind == "session")

        def change(connection: Connection) -> None:
            connection.execute(stale)
            _insert(connection, row)

        self._state.audited(user.name, "sign_in", {}, now, change)
        return secret

    def close_session(self, secret: str) -> None:
        """Sign out whoever holds it; nothing where it holds no longer."""
        user = self.user(secret, "session")
        if user is not None:
            gone = delete(tables.tokens).where(tables.tokens.c.hash == _hash(secret))
            self._state.audited(user.name, "sign_out", {}, self._clock(), lambda c: _run(c, gone))

    def user(self, secret: str, kind: Kind) -> User | None:
        """Whose token or session this is; None where it does not hold, or no longer."""
        if not secret.startswith(MARKS[kind]) or len(secret) > 200:
            return None
        now, t, u = self._clock(), tables.tokens, tables.users
        wanted = (t.c.hash == _hash(secret)) & (t.c.kind == kind) & u.c.disabled.is_(False)
        columns = (t.c.id.label("token"), t.c.expires_at, t.c.used_at, t.c.created_at.label("issued_at"))
        with reading(self._state.engine) as connection:
            row = connection.execute(select(u, *columns).join(t, t.c.user == u.c.id).where(wanted)).first()
        if row is None or (row.expires_at and datetime.fromisoformat(row.expires_at) <= now):
            return None
        used = datetime.fromisoformat(row.used_at or row.issued_at)
        if kind == "session" and now - used > IDLE:
            return None
        if row.used_at is None or now - used > TOUCH:
            with writing(self._state.engine) as connection:
                connection.execute(update(t).where(t.c.id == row.token).values(used_at=_iso(now)))
        return user_of(row)

    def _issue(self, user: User, kind: Kind, label: str, expires: datetime | None) -> tuple[str, dict[str, Any]]:
        secret = MARKS[kind] + secrets.token_urlsafe(BYTES)
        now = _iso(self._clock())
        row = {"user": user.id, "kind": kind, "label": label, "hash": _hash(secret), "created_at": now}
        return secret, row | {"expires_at": _iso(expires) if expires else None}


def _insert(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(tables.tokens).values(**row))


def _run(connection: Connection, statement: Any) -> None:
    connection.execute(statement)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _token(row: Row[Any]) -> Token:
    expires, used = (datetime.fromisoformat(text) if text else None for text in (row.expires_at, row.used_at))
    return Token(row.id, row.name, row.label, datetime.fromisoformat(row.created_at), expires, used)
