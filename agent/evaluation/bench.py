"""``shopops bench ask``: how long one question takes from start to end, and what it takes of the machine.

Everything is measured when it runs; the only constants are the bars.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from time import perf_counter

from agent.ask import Analyst
from agent.contracts import Answer, Question
from agent.evaluation.grade import Labels, labels_of
from agent.evaluation.opening import open_to_measure
from agent.evaluation.queries import varied_queries
from agent.evaluation.run import Outcome, outcome_of
from agent.evaluation.sets import Case, load_sets
from agent.evaluation.summary import Spread, spread
from agent.settings import Settings
from db.engine import Store

THREADS = 8
COLD_STARTS = 3
COLD_SECONDS = 60
ALONE = 25  # different questions: asked alone for the times, then by threads in turn
VERIFIED = ("revenue last month", "上个月销售额", "orders last month", "上个月订单数")
VERIFIED_ROUNDS = 5
QUERIES = 40
KINDS = frozenset({"lookup", "ranking", "trend", "compare", "share", "filter", "ratio"})
_MAIN = "from agent.interfaces.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Times:
    """Times in ms against a bar on their median. ``lacking`` says why there are none."""

    name: str
    spread: Spread
    bar: float
    lacking: str = ""

    @property
    def ok(self) -> bool:
        """Whether the bar is met."""
        return self.spread.count > 0 and not self.lacking and self.spread.median <= self.bar


@dataclass(frozen=True, slots=True)
class Together:
    """Questions asked by several threads at once.

    ``strayed``: answers that carry another question's id or words, or that miss their own expectation although the same
    question asked alone met it.
    """

    asked: int
    finished: int
    strayed: int
    right: int
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether all were answered and none mixed up."""
        return self.finished == self.asked and not self.strayed


@dataclass(frozen=True, slots=True)
class Bench:
    """One bench. ``memory``: the process's peak of resident memory in bytes, None where the system does not say."""

    model: str
    day: date
    times: tuple[Times, ...]
    together: Together
    memory: int | None


def steps(questions: int) -> int:
    """How often :func:`bench_ask` calls ``step``."""
    return COLD_STARTS + ALONE + len(VERIFIED) * VERIFIED_ROUNDS + QUERIES + questions


def bench_ask(
    settings: Settings, store: str | None, model: str | None, questions: int, day: date, step: Callable[[], None]
) -> Bench:
    """Measure one question from start to end.

    Args:
        questions: how many the threads ask.
        step: called as the work goes on, :func:`steps` times.

    Raises:
        UsageError: the question sets are not there. StoreError, ModelError, SettingsError: as when asking.
    """
    name = store or settings.store
    cases = spread_out([c for c in load_sets(split="dev") if not c.conversation and c.kind in KINDS], ALONE)
    cold = _cold(name, model, step)
    with closing(open_to_measure(settings, store, model)) as analyst:
        labels = labels_of(analyst.store.schema)
        _answer(analyst, cases[0], name)  # loads the model and reads the fixed part of its prompt
        alone = [_graded(analyst, case, name, labels, step) for case in cases]
        verified = _verified(analyst, name, step)
        queries, compiling = _queries(analyst.store, step)
        together = ask_together(analyst, cases, alone, questions, name, labels, step)
    planned = [o for o in alone if o.planner == "model" and o.status == "answered"]
    single = [o.timings["total"] for o in planned if o.calls == 1]
    times = (
        cold,
        Times("plan, by the model", spread([o.timings["plan"] for o in planned]), 2500),
        Times("whole answer, one tool", spread(single), 4000),
        verified,
        Times("semantic query", queries, 150),
        Times("compile", compiling, 5),
    )
    return Bench(model or settings.model, day, times, together, peak_memory())


def spread_out(cases: Sequence[Case], count: int) -> tuple[Case, ...]:
    """``count`` cases, evenly from the first to the last."""
    kept = min(count, len(cases))
    return tuple(cases[i * len(cases) // kept] for i in range(kept))


def ask_together(
    analyst: Analyst,
    cases: Sequence[Case],
    alone: Sequence[Outcome],
    count: int,
    store: str,
    labels: Labels,
    step: Callable[[], None],
) -> Together:
    """Ask the cases in turn, ``count`` questions by :data:`THREADS` threads; ``alone`` is how each did by itself."""

    def one(number: int) -> tuple[Answer, Outcome, bool]:
        place = number % len(cases)
        case = replace(cases[place], id=f"{cases[place].id}#{number}")
        answer = _answer(analyst, case, store)
        outcome = outcome_of(case, answer, labels)
        step()
        own = (answer.id, answer.question) == (case.id, case.question)
        return answer, outcome, not own or (alone[place].right and not outcome.right)

    start = perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(one, range(count)))
    return Together(
        asked=count,
        finished=sum(answer.status not in ("failed", "refused") for answer, _, _ in results),
        strayed=sum(strayed for _, _, strayed in results),
        right=sum(outcome.right for _, outcome, _ in results),
        seconds=perf_counter() - start,
    )


def peak_memory() -> int | None:
    """The peak of this process's resident memory in bytes; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _cold(store: str, model: str | None, step: Callable[[], None]) -> Times:
    """A process started, a verified question answered, the process ended."""
    name, bar = "cold start to a verified answer", 2000.0
    words = [sys.executable, "-c", _MAIN, "ask", VERIFIED[0], "--json", "--store", store]
    words += ["--model", model] if model else []
    found = []
    for _ in range(COLD_STARTS):
        start = perf_counter()
        try:
            done = subprocess.run(words, capture_output=True, timeout=COLD_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return Times(name, spread([]), bar, f"no answer in {COLD_SECONDS} s")
        spent = (perf_counter() - start) * 1000
        step()
        if problem := problem_of(done):
            return Times(name, spread([]), bar, problem)
        found.append(spent)
    return Times(name, spread(found), bar)


def problem_of(done: subprocess.CompletedProcess[bytes]) -> str:
    """Why a process's answer does not count; empty when it does."""
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        return said.splitlines()[-1] if said else f"exit status {done.returncode}"
    answer = json.loads(done.stdout)
    if answer["status"] != "answered" or answer["tokens"]["prompt"]:
        return f"'{VERIFIED[0]}' is no verified question"
    return ""


def _verified(analyst: Analyst, store: str, step: Callable[[], None]) -> Times:
    found, other = [], ""
    for number in range(len(VERIFIED) * VERIFIED_ROUNDS):
        text = VERIFIED[number % len(VERIFIED)]
        answer = analyst.ask(Question(f"verified-{number}", text, store))
        step()
        if answer.status != "answered" or answer.plan is None or answer.plan.source != "verified":
            other = f"'{text}' is no verified question"
        found.append(answer.timings.total)
    return Times("verified question, in process", spread(found), 150, other)


def _queries(store: Store, step: Callable[[], None]) -> tuple[Spread, Spread]:
    """Times of running and of compiling varied queries."""
    running, compiling = [], []
    for query in varied_queries(store.schema, store.data_range, QUERIES):
        start = perf_counter()
        store.render(query)
        compiling.append((perf_counter() - start) * 1000)
        start = perf_counter()
        store.run(query)
        running.append((perf_counter() - start) * 1000)
        step()
    return spread(running), spread(compiling)


def _graded(analyst: Analyst, case: Case, store: str, labels: Labels, step: Callable[[], None]) -> Outcome:
    outcome = outcome_of(case, _answer(analyst, case, store), labels)
    step()
    return outcome


def _answer(analyst: Analyst, case: Case, store: str) -> Answer:
    return analyst.ask(Question(case.id, case.question, store, case.as_of))
