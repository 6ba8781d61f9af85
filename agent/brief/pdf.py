"""HTML to PDF by WeasyPrint, which needs the system's Pango. Nothing is fetched: the page has all it shows."""

from __future__ import annotations

from typing import Any, NoReturn

from db.errors import InternalError, SettingsError, ShopOpsError

NEEDS = (
    "Install Pango (Debian and Ubuntu: `apt install libpango-1.0-0 libpangoft2-1.0-0`; macOS: `brew install pango`)."
)


def as_pdf(html: str) -> bytes:
    """A page as a PDF on A4.

    Raises:
        SettingsError: a library of the system is missing. InternalError: the page wants something from elsewhere.
    """
    try:
        from weasyprint import HTML
    except (OSError, ImportError) as error:
        raise SettingsError("A PDF cannot be made here: the system's Pango library is missing.", NEEDS) from error
    try:
        return bytes(HTML(string=html, base_url="about:blank", url_fetcher=_refused).write_pdf())
    except ShopOpsError:
        raise
    except Exception as error:  # WeasyPrint raises whatever its parsers do
        raise InternalError("The PDF could not be laid out.", "The log has the details.") from error


def _refused(url: str, *_: Any, **__: Any) -> NoReturn:
    raise InternalError("The brief wants a file from elsewhere, and that is never fetched.")
