"""Passwords: what one must be, and Argon2id (RFC 9106), with unknown users taking as long as known ones."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from db.errors import UsageError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200  # characters; NIST SP 800-63B asks for length, and for no rules of composition
# One check takes 64 MiB (the second choice of RFC 9106, section 4): two at once bound what sign-ins can take.
_AT_ONCE = threading.BoundedSemaphore(2)


def check_password(password: str, name: str) -> None:
    """Refuse a password that is too short, too long, or the user's name.

    Raises:
        UsageError: what is wrong with it.
    """
    plain = _normal(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise UsageError(f"A password has {SHORTEST} to {LONGEST} characters.", "Four words are a good one.")
    if not plain.isprintable():
        raise UsageError("A password has no control characters.", "Type it again.")
    if len(set(plain)) < 4 or plain.casefold().replace(name, "").strip() == "":
        raise UsageError("This password is too easy to guess.", "Four words are a good one.")


def hashed(password: str) -> str:
    """The password as Argon2id, in its own text form."""
    with _AT_ONCE:
        return _hasher().hash(_normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether it is the password. Takes as long where there is none to compare with."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > 4 * LONGEST:  # nobody's password, and not worth the work
        password, stored = "", None
    with _AT_ONCE:
        nobody = _nobody()  # made at the first check, whoever's it is
        try:
            _hasher().verify(stored or nobody, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def outdated(stored: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _hasher().check_needs_rehash(stored)


def _normal(password: str) -> str:
    """One form for what looks the same, whatever keyboard typed it."""
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password is compared with but in vain."""
    return _hasher().hash("nobody's password")
