"""Root cause on labelled incidents: CSV files of ``min, value, cnt`` and dimensions, one row a minute and combination.

``labels.jsonl`` names of each file the minute, and the cause: one combination of members, or a list of them. An
*element* is one combination and counts only where all its dimensions and members are right. F1: micro-averaged over the
elements of each incident's first answer (most have one element). Recall@3: the share of labelled elements that stand in
one of the three best answers. RiskLoc's evaluation counts right, wrong and missed elements in the same way.

The one tuned number, the exponent of the score, is chosen again with each incident left out; that is what counts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from agent.evaluation.benches import BenchRow, BenchSkipped, BenchTable, Setup, bar
from models.causes.cells import RATE_COLUMNS, cells_of
from models.causes.incidents import incident_table
from models.causes.localise import EXPONENT, Localisation, localise_cells

NAME = "causes"
EXPONENTS = (0.2, 0.25, 0.3, EXPONENT, 0.4, 0.5)
F1_BAR, RECALL_BAR = 0.70, 0.90
SURE = 0.8  # confidence from which an answer counts as sure
_MEASURES = ("min", "value", "cnt")

Element = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Incident:
    """One file with its label."""

    path: Path
    moment: int
    cause: frozenset[Element]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of elements: of the first answer right, wrong and missed; found among the three best."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    found: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.right + other.right, self.wrong + other.wrong, self.missed + other.missed, self.found + other.found
        )

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / max(2 * self.right + self.wrong + self.missed, 1)

    @property
    def recall(self) -> float:
        """Of the labelled elements, those in the three best answers."""
        return self.found / max(self.right + self.missed, 1)


def run(setup: Setup) -> BenchTable:
    """Localise every incident of ``rca_dev``.

    Raises:
        BenchSkipped: the data is not on this machine, or has no labels.
    """
    incidents = read_incidents(setup.folder("rca_dev"))
    start = time.perf_counter()
    scores: list[dict[float, Score]] = []
    sure: list[bool] = []
    for number, incident in enumerate(incidents):
        setup.progress("incidents", number / len(incidents))
        found = answers(incident)
        scores.append({exponent: score(of, incident.cause) for exponent, of in found.items()})
        if sum(cause.confidence for cause in found[EXPONENT].answers[0]) >= SURE:
            sure.append(scores[-1][EXPONENT].right > 0)
    seconds = (time.perf_counter() - start) / len(incidents)
    shipped, held_out = _total([s[EXPONENT] for s in scores]), _left_out(scores)
    return BenchTable(
        name=NAME,
        data=f"{len(incidents)} labelled incidents of an online video service (RobustSpot's set)",
        split="exponent of the score chosen with each incident left out; then as shipped",
        seed=setup.seed,
        rows=(
            bar("F1 at one answer, leave-one-out", held_out.f1, F1_BAR),
            bar("recall@3, leave-one-out", held_out.recall, RECALL_BAR),
            bar("F1 at one answer, as shipped", shipped.f1, F1_BAR),
            bar("recall@3, as shipped", shipped.recall, RECALL_BAR),
            BenchRow(f"right where confidence ≥ {SURE}", sum(sure) / max(len(sure), 1), f"{sum(sure)} of {len(sure)}"),
            BenchRow("seconds an incident", seconds, f"{seconds:.2f}"),
        ),
        notes=("Published: RobustSpot F1 .641, recall@3 .853; Adtributor F1 .417.",),
    )


def read_incidents(folder: Path) -> tuple[Incident, ...]:
    """The incidents of a folder. Raises BenchSkipped where it has no labels."""
    labels = folder / "labels.jsonl"
    if not labels.is_file():
        raise BenchSkipped(f"The folder '{folder.name}' has no labels.jsonl.", "Give the folder with its labels.")
    found = []
    for line in labels.read_text(encoding="utf-8").splitlines():
        if line.strip():
            label = json.loads(line)
            causes = label["cause"] if isinstance(label["cause"], list) else [label["cause"]]
            elements = frozenset(frozenset((k, str(v)) for k, v in cause.items()) for cause in causes)
            found.append(Incident(folder / f"{label['case']}.csv", int(label["timestamp"]), elements))
    return tuple(found)


def answers(incident: Incident, exponents: Sequence[float] = EXPONENTS) -> dict[float, Localisation]:
    """What is found in one incident, by the exponent of the score."""
    frame = pd.read_csv(incident.path)
    dimensions = [name for name in frame.columns if name not in _MEASURES]
    table = incident_table(frame, dimensions, incident.moment)
    cells, total = cells_of(table, dimensions), table[list(RATE_COLUMNS)].sum()
    return {exponent: localise_cells(cells, total, exponent=exponent) for exponent in exponents}


def score(found: Localisation, truth: frozenset[Element]) -> Score:
    """Elements right, wrong and missed by the first answer, and found by the three best together."""
    sets = [{frozenset((k, str(v)) for k, v in cause.members) for cause in answer} for answer in found.answers]
    first = sets[0] if sets else set()
    every = set().union(*sets)
    return Score(len(first & truth), len(first - truth), len(truth - first), len(every & truth))


def _left_out(scores: Sequence[dict[float, Score]]) -> Score:
    """Each incident scored with the exponent that serves all the others best (ties: the one nearest to the shipped)."""
    total = Score()
    for left in range(len(scores)):
        others = [s for i, s in enumerate(scores) if i != left]

        def merit(exponent: float, others: Sequence[dict[float, Score]] = others) -> tuple[float, float, float]:
            of = _total([s[exponent] for s in others])
            return of.f1, of.recall, -abs(exponent - EXPONENT)

        total += scores[left][max(EXPONENTS, key=merit)]
    return total


def _total(scores: Sequence[Score]) -> Score:
    return sum(scores, Score())
