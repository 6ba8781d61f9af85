"""Pseudonyms: customers leave a tool under made-up names, and get their own back on the screen of those who may see.

Evidence and facts reach prompts, logs and stored conversations; a customer's id must not. ``People`` gives each id a
name of letters only (so that it is no figure), the same within one installation, and knows the way back for the ids
that it has named in this answer.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from collections.abc import Mapping

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: no word comes out by chance
LENGTH = 6  # 64 million names; two ids of one answer that meet are told apart by a longer name
# no \b: in "顾客C-BCDFGH" the character before it is a letter too
PSEUDONYM = re.compile(r"(?<![A-Za-z0-9-])C-[BCDFGHJ-NP-TV-XZ]{6,}(?![A-Za-z0-9])")


class People:
    """Pseudonyms of one answer; may be used from several threads.

    Args:
        key: secret of the installation; without one, names are the same everywhere and could be guessed.

    >>> people = People(b"k")
    >>> name = people.name(718)
    >>> bool(PSEUDONYM.fullmatch(name)), people.name("718") == name, people.real(name)
    (True, True, '718')
    """

    def __init__(self, key: bytes = b"shopops") -> None:
        self._key = key
        self._names: dict[str, str] = {}
        self._real: dict[str, str] = {}
        self._lock = threading.Lock()

    def name(self, customer: object) -> str:
        """The pseudonym of a customer's id."""
        text = str(customer)
        with self._lock:
            if text not in self._names:
                length = LENGTH
                while self._real.get(found := self._made(text, length), text) != text:
                    length += 1
                self._names[text], self._real[found] = found, text
            return self._names[text]

    def real(self, name: str) -> str:
        """The id behind a pseudonym of this answer; the name itself where there is none."""
        return self._real.get(name, name)

    def relink(self, text: str) -> str:
        """A text with every pseudonym of this answer replaced by the id."""
        return PSEUDONYM.sub(lambda match: self.real(match[0]), text)

    @property
    def links(self) -> Mapping[str, str]:
        """Pseudonym → id."""
        return dict(self._real)

    def _made(self, text: str, length: int) -> str:
        digest = int.from_bytes(hmac.new(self._key, text.encode(), hashlib.sha256).digest())
        letters = []
        for _ in range(length):
            digest, index = divmod(digest, len(_LETTERS))
            letters.append(_LETTERS[index])
        return "C-" + "".join(letters)
