"""Charts and files of a post, ready to be sent."""

from __future__ import annotations

import logging
from pathlib import Path

from agent.delivery.files import MOST_BYTES, File
from agent.interfaces.bots.shape import Chart
from agent.present import pictures
from db.errors import InternalError

CHARTS = 3  # of one answer; its tables show the same figures
log = logging.getLogger("shopops.bots")


def drawn(charts: tuple[Chart, ...]) -> list[File]:
    """The charts as pictures with their titles. One that cannot be drawn is left out: its table is there."""
    found = []
    for number, chart in enumerate(charts[:CHARTS], 1):
        try:
            picture = pictures.png(chart.spec, chart.title)
        except InternalError:
            log.exception("a chart was not drawn")
            continue
        found.append(File(f"chart-{number}.png", "image/png", picture, chart.title))
    return found


def read(paths: tuple[Path, ...]) -> list[File]:
    """The files, without what is gone or too large to send."""
    kept = (path for path in paths if path.is_file() and path.stat().st_size <= MOST_BYTES)
    return [File(path.name, "application/octet-stream", path.read_bytes()) for path in kept]
