"""The audit trail's chain: each entry carries an HMAC over itself and the entry before it.

What was changed, taken out of the middle or put in another order shows. What was cut off the end does not, for nothing
after it remembers it; and whoever holds the key can forge a chain, so the key is not kept in the database.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.errors import StoreDamaged, StoreError
from db.state.masking import mask_personal

FIRST = "0" * 64  # the "hash before" of the first entry
KEY_FILE = "audit.key"
KEY_BYTES = 32  # as long as the SHA-256 that it keys (RFC 2104, section 3)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done. ``number`` counts from 1; ``created_at`` is ISO 8601 in UTC; ``payload`` is JSON."""

    number: int
    who: str
    action: str
    payload: str
    created_at: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Whether the trail is whole; ``broken_at`` is the number of the first entry that is not what was written."""

    whole: bool
    entries: int
    broken_at: int | None = None
    why: str = ""


def sealed(key: bytes, number: int, who: str, action: str, payload: str, created_at: str, previous: str) -> AuditEntry:
    """An entry with its hash."""
    said = json.dumps([number, who, action, payload, created_at, previous], ensure_ascii=False, separators=(",", ":"))
    digest = hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
    return AuditEntry(number, who, action, payload, created_at, previous, digest)


def check_chain(key: bytes, entries: Iterable[AuditEntry]) -> ChainReport:
    """Walk the entries in the order of their numbers and stop at the first that does not hold."""
    count, previous = 0, FIRST
    for entry in entries:
        count += 1
        if entry.number != count:
            return ChainReport(False, count - 1, count, f"Entry {count} is missing.")
        if entry.previous != previous:
            return ChainReport(False, count, count, f"Entry {count} does not follow entry {count - 1}.")
        expected = sealed(key, count, entry.who, entry.action, entry.payload, entry.created_at, previous)
        if not hmac.compare_digest(expected.hash.encode(), entry.hash.encode()):
            return ChainReport(False, count, count, f"Entry {count} was changed.")
        previous = entry.hash
    return ChainReport(True, count)


def payload_text(payload: Mapping[str, Any]) -> str:
    """A payload as canonical JSON, personal data masked in every text of it."""
    return json.dumps(_masked(payload), ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_personal(value)
    if isinstance(value, Mapping):
        return {mask_personal(str(key)): _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value


def read_key(folder: Path, fresh: bool) -> bytes:
    """The chain's key, from a file that only its owner may read.

    Args:
        fresh: the trail is empty, so that a missing key may be made.

    Raises:
        StoreDamaged: the key is lost or cut short, while the trail has entries. StoreError: it cannot be read.
    """
    path = folder / KEY_FILE
    try:
        if fresh and not path.exists():
            _make_key(path)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError as error:
        raise StoreDamaged("The audit trail's key is gone.", f"Put {KEY_FILE} back into the data folder.") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise StoreDamaged("The audit trail's key is not a key.", f"Put the right {KEY_FILE} back.") from error
    except OSError as error:
        raise StoreError("The audit trail's key cannot be read.", f"Check the permissions of {KEY_FILE}.") from error
    if len(key) != KEY_BYTES:
        raise StoreDamaged("The audit trail's key was cut short.", f"Put the right {KEY_FILE} back.")
    return key


def _make_key(path: Path) -> None:
    """Written whole under another name, then linked: of two processes one wins, and neither reads half a key."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass  # the other process was first: its key is the key
    finally:
        draft.unlink(missing_ok=True)
