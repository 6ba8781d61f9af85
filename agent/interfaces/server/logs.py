"""The log of a server: one JSON object a line on standard error, without personal data.

Everything that is logged through the standard library goes the same way, libraries' warnings included. Texts are masked
(e-mail addresses, card and telephone numbers), and a fault is told by its type and its lines of code: its message may
hold what an operator asked.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.stdlib import BoundLogger
from structlog.typing import EventDict, Processor, WrappedLogger

from db.state.masking import mask_personal

FRAMES = 20  # the innermost lines of a fault: more says nothing new


def set_up(stream: TextIO | None = None) -> BoundLogger:
    """Send every log of this process to ``stream`` (standard error) as JSON lines; the server's own logger."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _fault,
                _masked,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    ours = logging.getLogger("shopops")
    ours.handlers.clear()
    ours.propagate = True
    ours.setLevel(logging.INFO)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a full disk must not print a stack trace
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logger: BoundLogger = structlog.stdlib.get_logger("shopops.server")
    return logger


def _fault(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A fault's type and where it happened, instead of its message and its local values."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        kind, _, where = info
        event["fault"] = kind.__name__
        event["at"] = _lines(where)
    return event


def _lines(where: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(where)[-FRAMES:]
    return [f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _module(path: str) -> str:
    """The end of a file's path: enough to find it, and nobody's home folder."""
    return "/".join(path.replace("\\", "/").split("/")[-3:])


def _masked(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _mask(value) for key, value in event.items()}


def _mask(value: Any) -> Any:
    if isinstance(value, str):
        return mask_personal(value)
    if isinstance(value, Mapping):
        return {key: _mask(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(item) for item in value]
    return value
