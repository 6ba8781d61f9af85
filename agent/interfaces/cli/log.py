"""Where the details of a fault go: a file, and never the operator's screen."""

from __future__ import annotations

import logging
import logging.handlers
import sys
from pathlib import Path

KEPT_BYTES = 1_000_000  # some hundred tracebacks, twice
FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def log_to_file(path: Path) -> None:
    """Send warnings and faults of ShopOps to ``path``, and nothing to the screen."""
    logger = logging.getLogger("shopops")
    logger.propagate = False
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=KEPT_BYTES, backupCount=1, encoding="utf-8", delay=True
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.raiseExceptions = False  # a full disk must not print a stack trace
    logger.addHandler(handler)


def log_exception() -> Path | None:
    """Write the exception that is being handled to the log; where that is, None where it cannot be written."""
    path = _path()
    log_to_file(path)
    before = path.stat().st_size if path.exists() else 0
    logging.getLogger("shopops.cli").error("unexpected", exc_info=sys.exc_info())
    return path if path.exists() and path.stat().st_size != before else None


def _path() -> Path:
    from agent.settings import Settings, load_settings
    from db.errors import ShopOpsError

    try:
        return load_settings().log_file
    except ShopOpsError:
        return Settings().log_file
