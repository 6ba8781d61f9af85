"""A folder of Markdown files as passages: a paragraph, a list or a table each, with the place it is cited by."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from db.errors import KnowledgeError
from db.knowledge.markdown import Block, blocks, front_matter
from db.knowledge.text import Language, clean, language_of

EXAMPLE = Path(__file__).parent / "handbook"
ENDINGS = (".md", ".markdown")
MAX_FILES = 500
MAX_FILE_BYTES = 1_000_000  # a page of 100,000 words; what is larger is no page of a handbook
MAX_PASSAGE = 700  # characters; about 180 English or 500 Chinese tokens, within the embedding's 512
_STAFF = re.compile(r"\s*\{staff\}\s*$", re.IGNORECASE)
MAX_HEADING = 120  # characters of a heading or title that a citation shows


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of the handbook.

    Attributes:
        file: its path inside the handbook, with slashes. title: of the file. heading: the headings above it.
        number: of the paragraph under its heading, from 1. parts: its sentences, list items or table rows, cleaned.
        staff: not for customers: ``audience: staff`` in the file's front matter, or ``{staff}`` behind its heading.
    """

    file: str
    title: str
    heading: str
    number: int
    parts: tuple[str, ...]
    language: Language
    staff: bool = False

    @property
    def text(self) -> str:
        """The whole passage."""
        return ("" if self.language == "zh" else " ").join(self.parts)

    @property
    def context(self) -> str:
        """What is embedded and searched: title and heading say what a short paragraph is about."""
        return f"{self.title}. {self.heading}. {self.text}"

    @property
    def key(self) -> str:
        """Hash of :attr:`context`: the same words have the same embedding, wherever they stand."""
        return sha256(self.context.encode()).hexdigest()[:20]


def read_handbook(folder: Path | None = None) -> tuple[Passage, ...]:
    """All passages of a handbook, in the order of its files; the example that ships, without a folder.

    Raises:
        KnowledgeError: no such folder, nothing to read in it, a file that is not UTF-8 text or too large.
    """
    root = folder or EXAMPLE
    found = tuple(p for path in _files(root) for p in read_file(path, path.relative_to(root).as_posix()))
    if not found:
        raise KnowledgeError(
            f"The handbook folder '{root.name}' holds no text in Markdown.", "Put your policies there as .md files."
        )
    return found


def read_file(path: Path, name: str) -> tuple[Passage, ...]:
    """The passages of one file.

    Raises:
        KnowledgeError: naming the file.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise KnowledgeError(f"The handbook file '{name}' is larger than 1 MB.", "Split it into pages.")
        content = path.read_bytes()
    except OSError as error:
        raise KnowledgeError(f"The handbook file '{name}' cannot be read.", "Check its permissions.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KnowledgeError(
            f"The handbook file '{name}' is not UTF-8 text (at byte {error.start:,}).", "Save it as UTF-8."
        ) from error
    if "\0" in text:
        raise KnowledgeError(f"The handbook file '{name}' is not a text file.", "Save it as UTF-8 Markdown.")
    return tuple(passages(text, name))


def passages(text: str, name: str) -> Iterator[Passage]:
    """The passages of a file's Markdown; ``name`` stands in for a title that it does not have."""
    about, body = front_matter(text)
    title, internal = about.get("title", ""), about.get("audience", "").casefold() == "staff"
    headings: dict[int, str] = {}
    number = 0
    for block in blocks(body):
        if block.kind == "heading":
            headings = {depth: h for depth, h in headings.items() if depth < block.level}
            headings[block.level] = block.parts[0][:MAX_HEADING]
            number = 0
            continue
        number += 1
        page = title or _shown(headings.get(1, "")) or clean(Path(name).stem.replace("-", " ").replace("_", " "))
        path = [h for depth, h in sorted(headings.items()) if depth > 1] or list(headings.values()) or [page]
        staff = internal or any(_STAFF.search(h) for h in headings.values())
        heading = " › ".join(map(_shown, path))
        for parts in _fitting(block):
            yield Passage(name, page[:MAX_HEADING], heading, number, parts, language_of("".join(parts)), staff)


def _shown(heading: str) -> str:
    return _STAFF.sub("", heading)


def _fitting(block: Block) -> Iterator[tuple[str, ...]]:
    """The block's parts in groups of at most MAX_PASSAGE characters; a longer part is a group of its own, cut."""
    group: list[str] = []
    for part in block.parts:
        if group and sum(map(len, group)) + len(part) > MAX_PASSAGE:
            yield tuple(group)
            group = []
        group.append(part if len(part) <= MAX_PASSAGE else f"{part[:MAX_PASSAGE]}…")
    yield tuple(group)


def _files(root: Path) -> list[Path]:
    """Markdown files below a folder, sorted; hidden ones and links that lead out of it are left alone."""
    if not root.is_dir():
        raise KnowledgeError(f"There is no handbook folder '{root.name}'.", "Check the folder's name.")
    inside = root.resolve()
    found: list[Path] = []
    for where, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        pages = (Path(where, n) for n in sorted(names) if not n.startswith(".") and n.lower().endswith(ENDINGS))
        found += [path for path in pages if path.resolve().is_relative_to(inside)]
        if len(found) > MAX_FILES:
            raise KnowledgeError(f"The handbook has more than {MAX_FILES} files.", "Name a smaller folder.")
    return found
