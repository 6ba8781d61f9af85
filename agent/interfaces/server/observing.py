"""Telemetry as the settings want it: figures always, traces where an address is set."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from agent.interfaces.server.logs import set_up
from agent.service import Service
from agent.settings import Settings
from agent.telemetry import Telemetry
from db.errors import ShopOpsError
from db.state.database import reading
from db.state.tables import alerts, deliveries

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

TRACE_SECONDS = 5.0  # until an export that hangs is given up; spans wait in a queue of 2,048 meanwhile
log = logging.getLogger("shopops.server")


@contextmanager
def telemetry(settings: Settings) -> Iterator[Telemetry]:
    """The telemetry of a server; what is left of its traces is sent at the end."""
    logger = set_up()
    if settings.otlp_endpoint is None:
        yield Telemetry(log=logger)
        return
    provider = _provider(settings.otlp_endpoint)
    try:
        yield Telemetry(provider.get_tracer("shopops"), logger)
    finally:
        provider.shutdown()


def _provider(endpoint: str) -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": "shopops"}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint, timeout=TRACE_SECONDS)))
    return provider


class StateFigures(Collector):
    """How many deliveries wait or are dead, and how many alerts are open: read when Prometheus asks."""

    def __init__(self, service: Service) -> None:
        self._engine = service.state.engine

    def describe(self) -> Iterable[Metric]:
        """Nothing is read when it is registered."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The figures; none where the state cannot be read, which readiness tells."""
        waiting = GaugeMetricFamily("shopops_deliveries", "Messages in the outbox.", labels=["status"])
        open_ = GaugeMetricFamily("shopops_alerts_open", "Alerts that nobody has closed.", labels=["store"])
        try:
            with reading(self._engine) as connection:
                d, a = deliveries.c, alerts.c
                by_status = select(d.status, func.count()).group_by(d.status)
                found = dict(map(tuple, connection.execute(by_status)))
                by_store = select(a.store, func.count()).where(a.status == "open").group_by(a.store)
                stores = connection.execute(by_store).all()
        except ShopOpsError:
            log.exception("the state's figures cannot be read")
            return ()
        for status in ("pending", "sent", "dead"):
            waiting.add_metric([status], found.get(status, 0))
        for store, count in stores:
            open_.add_metric([store], count)
        return (waiting, open_)
