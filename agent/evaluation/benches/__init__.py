"""Benches of the models and detectors: one file each, run by ``shopops bench NAME``; one table of what was measured.

A bench is a module with ``run(setup) -> BenchTable``. It computes everything when it runs; constants are bars only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from db.errors import ShopOpsError

if TYPE_CHECKING:
    from agent.settings import Settings

# name -> its module, and its line in `shopops bench --help`; a new bench is one line here
BENCHES: Mapping[str, tuple[str, str]] = {
    "anomalies": ("agent.evaluation.benches.anomalies", "detectors on NAB's labelled series"),
    "audience": ("agent.evaluation.benches.audience", "lift over the base redemption rate on later campaigns"),
    "causes": ("agent.evaluation.benches.causes", "root cause on labelled incidents"),
    "customer-value": ("agent.evaluation.benches.customer_value", "purchases of CDNOW's customers, 39 weeks ahead"),
    "forecast": ("agent.evaluation.benches.forecast", "daily revenue, 28 days, rolling origin"),
    "fraud": ("agent.evaluation.benches.fraud", "planted fraud and refund abuse, split by time"),
    "intent": ("agent.evaluation.benches.intent", "customers' messages on banking77 and the shop's own intents"),
    "next-basket": ("agent.evaluation.benches.next_basket", "what households buy in the last four weeks"),
    "ranking": ("agent.evaluation.benches.ranking", "nDCG@10 on ml-100k, 75/25"),
    "ratings": ("agent.evaluation.benches.ratings", "RMSE of rating models on ml-100k, 5-fold"),
    "serve": ("agent.evaluation.benches.serve", "start, memory, and twenty operators at once"),
}


class BenchSkipped(ShopOpsError):
    """The data of a bench is not on this machine; the sentence says which, and how to give it."""

    code = "bench_skipped"


@dataclass(frozen=True, slots=True)
class Setup:
    """What a bench may use.

    Attributes:
        data: folder of benchmark data that does not ship (``nab_dev/``, ``rca_dev/``, ``banking77/``,
            ``bitext_intent/``); None where there is none.
        seed: of every split and model. progress: a stage and the fraction done, 0–1.
    """

    settings: Settings
    data: Path | None
    seed: int = 0
    progress: Callable[[str, float], None] = lambda stage, done: None

    def folder(self, name: str) -> Path:
        """A folder of the benchmark data.

        Raises:
            BenchSkipped: it is not there.
        """
        found = self.data / name if self.data else None
        if found is None or not found.is_dir():
            raise BenchSkipped(f"The benchmark data '{name}' is not on this machine.", "Give its folder with --data.")
        return found


@dataclass(frozen=True, slots=True)
class BenchRow:
    """One measured figure. ``bar`` says in words what to reach; ``ok`` None where there is no bar."""

    measured: str
    value: float
    shown: str
    bar: str = ""
    ok: bool | None = None


@dataclass(frozen=True, slots=True)
class BenchTable:
    """What one bench measured, on which data, split and seed."""

    name: str
    data: str
    split: str
    seed: int
    rows: tuple[BenchRow, ...]
    notes: tuple[str, ...] = ()


def bar(measured: str, value: float, limit: float, *, least: bool = True, form: str = "{:.3f}") -> BenchRow:
    """A row with a bar: at least the limit, or with ``least=False`` at most."""
    ok = value >= limit if least else value <= limit
    sign: Literal["≥", "≤"] = "≥" if least else "≤"
    return BenchRow(measured, value, form.format(value), f"{sign} {form.format(limit)}", ok)


def run_bench(name: str, setup: Setup) -> BenchTable:
    """Run one bench by name. Raises KeyError for an unknown one, BenchSkipped where its data is absent."""
    module = import_module(BENCHES[name][0])
    table: BenchTable = module.run(setup)
    return table
