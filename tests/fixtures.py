"""Fixtures that every test may use; add shared ones here."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test reach this machine only: a connection to anywhere else fails at once and says where it went."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            pytest.fail(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def default_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drop the machine owner's ``SHOPOPS_*`` settings, all but where models and stores lie."""
    for name in [name for name in os.environ if name.startswith("SHOPOPS_") and not name.endswith("_DIR")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def journey_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo store, simulated tables included, but the largest, which no metric reads (6 s)."""
    import duckdb

    from db.sources import journey

    folder = tmp_path_factory.mktemp("journey")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journey, "_TABLES", {name: s for name, s in journey._TABLES.items() if name != "promotions"})
        patch.setattr(journey, "TOTALS", {name: t for name, t in journey.TOTALS.items() if name != "promotions"})
        journey.load_journey(folder / "stores" / "journey.duckdb", lambda *_: None)
    with duckdb.connect(str(folder / "stores" / "journey.duckdb")) as store:
        store.execute("CREATE TABLE promotions (product_id BIGINT, store_id BIGINT, week BIGINT)")
    return folder
