"""Small pieces of HTML, each escaping what it is given."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

# Line icons of 24 units, drawn with the text's own colour. Ours, so that nothing is fetched.
_PATHS = {
    "chat": "M4 5h16v11H9l-5 4z",
    "dashboard": "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
    "briefs": "M6 3h9l4 4v14H6zM14 3v5h5M9 13h7M9 17h7",
    "data": "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6"
    "M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3",
    "review": "M4 12l5 5L20 6",
    "plus": "M12 5v14M5 12h14",
    "menu": "M4 6h16M4 12h16M4 18h16",
    "close": "M6 6l12 12M18 6L6 18",
    "send": "M12 19V5M6 11l6-6 6 6",
    "stop": "M7 7h10v10H7z",
    "up": "M7 11v9H4v-9zM7 11l4-8c1.7 0 2.5 1.2 2.2 2.8L12.7 9H19c1 0 1.7.9 1.5 1.9l-1.5 7.5c-.2.9-1 1.6-2 1.6H7",
    "down": "M17 13V4h3v9zM17 13l-4 8c-1.7 0-2.5-1.2-2.2-2.8l.5-3.2H5c-1 0-1.7-.9-1.5-1.9L5 5.6C5.2 4.7 6 4 7 4h10",
    "copy": "M9 9h11v11H9zM15 9V4H4v11h5",
    "download": "M12 4v11M7 11l5 5 5-5M5 20h14",
    "theme": "M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z",
    "trash": "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
    "out": "M14 4h5v16h-5M4 12h10M10 8l4 4-4 4",
}


def icon(name: str) -> str:
    """An icon, hidden from screen readers: what it stands for is said by its button."""
    hidden = 'viewBox="0 0 24 24" aria-hidden="true" focusable="false"'
    return f'<svg class="so-icon" {hidden}><path d="{_PATHS[name]}"/></svg>'


def attributes(**values: object) -> str:
    """Attributes with their values escaped; ``_`` in a name is ``-``, ``None`` and ``False`` leave it out.

    >>> attributes(data_id='a"b', hidden=True, title=None)
    ' data-id="a&quot;b" hidden'
    """
    said = []
    for name, value in values.items():
        if value is None or value is False:
            continue
        shown = name.rstrip("_").replace("_", "-")
        said.append(f" {shown}" if value is True else f' {shown}="{escape(str(value), quote=True)}"')
    return "".join(said)


def button(label: str, *, icon_name: str = "", class_: str = "so-button", quiet: bool = False, **more: object) -> str:
    """A button; ``quiet`` shows the icon only and says the label to screen readers and on hover."""
    if quiet:
        more = {"aria_label": label, "title": label, **more}
    shown = (icon(icon_name) if icon_name else "") + ("" if quiet else f"<span>{escape(label)}</span>")
    return f'<button type="button"{attributes(class_=class_, **more)}>{shown}</button>'


def joined(pieces: Iterable[str]) -> str:
    """Pieces of HTML, one behind the other."""
    return "".join(pieces)
