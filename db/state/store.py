"""The state of one installation: what was asked, what was thought of the answers, and who did what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import IntegrityError

from db.errors import StoreLocked, UsageError
from db.state import tables
from db.state.audit import FIRST, AuditEntry, ChainReport, check_chain, payload_text, read_key, sealed
from db.state.database import open_engine, reading, writing
from db.state.masking import holds_personal, mask_personal
from db.state.proposals import KeptProposal, Proposals

Rating = Literal["up", "down"]
ATTEMPTS = 10  # writers that raced for one place; SQLite lets one in at a time, so only other databases try again

T = TypeVar("T")


KeptCall = tuple[str, Mapping[str, Any]]
"""One call of a plan: the tool's name and its arguments in JSON form."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One question of a conversation and what became of it.

    ``question`` has its personal data masked. ``position`` counts from 0 within the conversation: only a turn at 0, or
    without a conversation, is sure to have borrowed nothing from a turn before.
    """

    conversation: str | None
    principal: str
    store: str
    position: int
    answer_id: str
    question: str
    language: str
    calls: tuple[KeptCall, ...]
    status: str
    created_at: datetime
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """A thumb up or down on an answer, and why."""

    answer_id: str
    rating: Rating
    why: str
    created_at: datetime


class State:
    """The state database. Safe for many threads, and for several processes on one SQLite file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, State.open(None, Path(folder)) as state:
    ...     state.append_audit("ann", "ask", {"answer": "a1"}, datetime(2017, 12, 1, tzinfo=UTC)).number
    1
    """

    def __init__(self, engine: Engine, folder: Path) -> None:
        """Use :meth:`open`."""
        self._engine = engine
        self._folder = folder
        self._key: bytes | None = None

    @classmethod
    def open(cls, url: str | None, folder: Path) -> Self:
        """Open the database, made or migrated where it must be.

        Args:
            url: any SQLAlchemy URL; None is ``state.sqlite`` in the folder.
            folder: the data folder, in which the key of the audit trail lies.

        Raises:
            StoreError: not to be opened, or written by a newer ShopOps. StoreLocked, StoreDamaged.
        """
        return cls(open_engine(url, folder), folder)

    @property
    def engine(self) -> Engine:
        """For the other parts of the state (accounts, proposals, schedules, outbox), which share this database."""
        return self._engine

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def last_calls(self, conversation: str, principal: str, store: str | None = None) -> tuple[KeptCall, ...]:
        """The calls of the conversation's last answered turn; empty where there is none.

        Args:
            principal: who asks; a conversation of the same name that belongs to another is another conversation.
            store: where given, only turns about this store count.
        """
        t = tables.turns.c
        wanted = [t.conversation == conversation, t.principal == principal, t.status == "answered"]
        if store is not None:
            wanted.append(t.store == store)
        with reading(self._engine) as connection:
            statement = select(t.queries).where(*wanted).order_by(t.position.desc()).limit(1)
            return _calls(connection.execute(statement).scalar() or ())

    def add_turn(
        self,
        *,
        conversation: str | None,
        principal: str,
        store: str,
        answer_id: str,
        question: str,
        language: str,
        calls: Sequence[KeptCall],
        status: str,
        created_at: datetime,
        via: str | None = None,
    ) -> Turn:
        """Store a turn at the end of its conversation, and in the audit trail that it was asked: both or neither.

        Personal data in the question is masked first, and the trail does not hold its words. Calls whose arguments hold
        personal data are not kept, so that a follow-up asks again rather than guesses.

        Raises:
            ValueError: ``created_at`` has no time zone. StoreLocked, StoreError.
        """
        moment = _utc(created_at)
        clean = () if any(_personal(args) for _, args in calls) else tuple(calls)
        masked, tools = mask_personal(question), [tool for tool, _ in calls]
        turn = Turn(conversation, principal, store, 0, answer_id, masked, language, clean, status, created_at, via)
        asked = {"answer": answer_id, "store": store, "status": status, "via": via, "tools": tools}
        row = {name: getattr(turn, name) for name in Turn.__slots__ if name != "calls"}
        row |= {"queries": [{"tool": tool, "args": dict(args)} for tool, args in clean], "created_at": moment}

        def write(connection: Connection) -> int:
            position = _next_position(connection, conversation, principal)
            connection.execute(insert(tables.turns).values(**row | {"position": position}))
            self._append(connection, principal, "ask", payload_text(asked), moment)
            return position

        return replace(turn, position=self._retried(write))

    def add_proposals(self, items: tuple[KeptProposal, ...]) -> None:
        """Keep what waits for a yes: all of it or nothing."""
        Proposals(self._engine).put(items)

    def turn(self, answer_id: str) -> Turn | None:
        """The turn of an answer. It may be another principal's: compare ``principal`` before showing it."""
        with reading(self._engine) as connection:
            t = tables.turns
            statement = select(t).where(t.c.answer_id == answer_id).order_by(t.c.id.desc()).limit(1)
            row = connection.execute(statement).mappings().first()
        if row is None:
            return None
        fields = {name: row[name] for name in Turn.__slots__ if name != "calls"}
        moment = datetime.fromisoformat(row["created_at"])
        return Turn(**fields | {"calls": _calls(row["queries"]), "created_at": moment})

    def add_feedback(self, answer_id: str, rating: Rating, why: str, created_at: datetime) -> Feedback:
        """Store what was thought of an answer; of several the last counts.

        Raises:
            UsageError: no such answer. ValueError: ``created_at`` has no time zone. StoreLocked, StoreError.
        """
        moment, said = _utc(created_at), mask_personal(why)
        if self.turn(answer_id) is None:
            raise UsageError(f"There is no answer '{mask_personal(answer_id)}'.", "Give the id that the answer shows.")
        with writing(self._engine) as connection:
            row = {"answer_id": answer_id, "rating": rating, "why": said, "created_at": moment}
            connection.execute(insert(tables.feedback).values(**row))
        return Feedback(answer_id, rating, said, created_at)

    def feedback(self, answer_id: str) -> Feedback | None:
        """What was last thought of an answer."""
        f = tables.feedback.c
        with reading(self._engine) as connection:
            statement = select(f.answer_id, f.rating, f.why, f.created_at).where(f.answer_id == answer_id)
            row = connection.execute(statement.order_by(f.id.desc()).limit(1)).first()
        return Feedback(row[0], row[1], row[2], datetime.fromisoformat(row[3])) if row else None

    def append_audit(self, who: str, action: str, payload: Mapping[str, Any], created_at: datetime) -> AuditEntry:
        """Append to the audit trail; personal data in the payload is masked. ``who`` is kept: that is its purpose.

        Raises:
            StoreDamaged: the trail has entries, but its key is gone. ValueError, StoreLocked, StoreError.
        """
        moment, said = _utc(created_at), payload_text(payload)

        return self._retried(lambda connection: self._append(connection, who, action, said, moment))

    def audited(
        self,
        who: str,
        action: str,
        payload: Mapping[str, Any],
        created_at: datetime,
        change: Callable[[Connection], T],
    ) -> T:
        """Make a change and append it to the audit trail: both or neither.

        Args:
            change: writes in the transaction that it is given; it is called anew where another writer was first.

        Raises:
            StoreDamaged: as :meth:`append_audit`. ValueError, StoreLocked, StoreError, and what ``change`` raises.
        """
        moment, said = _utc(created_at), payload_text(payload)

        def write(connection: Connection) -> T:
            changed = change(connection)
            self._append(connection, who, action, said, moment)
            return changed

        return self._retried(write)

    def _append(self, connection: Connection, who: str, action: str, said: str, moment: str) -> AuditEntry:
        a = tables.audit.c
        last = connection.execute(select(a.number, a.hash).order_by(a.number.desc()).limit(1)).first()
        number, previous = (last[0] + 1, last[1]) if last else (1, FIRST)
        entry = sealed(self._audit_key(fresh=last is None), number, who, action, said, moment, previous)
        connection.execute(insert(tables.audit).values(**asdict(entry)))
        return entry

    def audit_entries(self) -> Iterator[AuditEntry]:
        """The audit trail, oldest first."""
        with reading(self._engine) as connection:
            for row in connection.execute(select(tables.audit).order_by(tables.audit.c.number)):
                yield AuditEntry(*row)

    def verify_chain(self) -> ChainReport:
        """Whether the audit trail is as it was written. Raises StoreDamaged where its key is gone."""
        entries = tuple(self.audit_entries())
        return check_chain(self._audit_key(fresh=False), entries) if entries else ChainReport(True, 0)

    def _audit_key(self, fresh: bool) -> bytes:
        if self._key is None:
            self._key = read_key(self._folder, fresh)
        return self._key

    def _retried(self, write: Callable[[Connection], T]) -> T:
        for _ in range(ATTEMPTS):
            try:
                with writing(self._engine) as connection:
                    return write(connection)
            except IntegrityError:
                continue
        raise StoreLocked("Too many processes write to the state database at once.", "Try again in a moment.")


def _next_position(connection: Connection, conversation: str | None, principal: str) -> int:
    if conversation is None:
        return 0
    t = tables.turns.c
    newest = select(func.max(t.position)).where(t.conversation == conversation, t.principal == principal)
    last = connection.execute(newest).scalar()
    return 0 if last is None else int(last) + 1


def _calls(stored: Sequence[Any]) -> tuple[KeptCall, ...]:
    """Stored calls; an older version kept bare queries, and what cannot be read is forgotten, not an error."""
    found = []
    for item in stored:
        if isinstance(item, dict):
            named = isinstance(item.get("tool"), str) and isinstance(item.get("args"), dict)
            found.append((item["tool"], item["args"]) if named else ("query_metrics", item))
    return tuple(found)


def _personal(value: Any) -> bool:
    """Whether a text anywhere in a call's arguments is personal data."""
    if isinstance(value, Mapping):
        return any(_personal(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_personal(item) for item in value)
    return isinstance(value, str) and holds_personal(value)


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a stored time needs a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
