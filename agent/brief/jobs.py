"""Run the tools that a brief needs, two at a time: what fails is told in a sentence, and the rest stands."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from agent.contracts import Call, Plan
from agent.execute import CALLS_AT_ONCE, Desk, execute
from agent.policy import check_policy
from db.errors import AnalysisError, Cancelled, PermissionRefused, RoleMissing, ShopOpsError, StoreTimeout
from db.semantic.schema import StoreSchema, Text
from tools.evidence import Cell, Evidence, Fact
from tools.registry import tool

log = logging.getLogger("shopops.brief")


@dataclass(frozen=True, slots=True)
class Job:
    """A plan of its own: one call, or several of which later ones take what earlier ones found."""

    name: str
    calls: tuple[Call, ...]
    said: Text  # what is being done, for the progress line


@dataclass(frozen=True, slots=True)
class Found:
    """What a job gave. ``tables`` are in the tools' order; the first of each call is its main one."""

    tables: tuple[Evidence, ...]
    facts: tuple[Fact, ...]

    def table(self, place: int) -> Evidence:
        """A table by its place."""
        return self.tables[place]


@dataclass(frozen=True, slots=True)
class Absent:
    """Why a job gave nothing, in one sentence."""

    why: Text


Findings = Mapping[str, Found | Absent]


def run_jobs(
    jobs: Sequence[Job], desk: Desk, begin: int, report: Callable[[Text, int], None]
) -> dict[str, Found | Absent]:
    """Run jobs side by side; ``begin`` is the number of the first one's evidence, so that ids differ in the brief.

    Raises:
        Cancelled: the operator stopped it.
    """

    def one(place: int, job: Job) -> Found | Absent:
        report(job.said, 0)
        found = _run(job, desk, begin + place)
        report(job.said, 1)
        return found

    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        futures = {job.name: pool.submit(one, place, job) for place, job in enumerate(jobs)}
        try:
            return {name: future.result() for name, future in futures.items()}
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)  # those that run see the cancel event themselves
            raise


def _run(job: Job, desk: Desk, number: int) -> Found | Absent:
    schema = desk.store.schema
    plan = Plan("run", job.calls, source="code")
    try:
        lacking = [role for call in job.calls for role in tool(call.tool).lacks(schema)]
        if lacking:
            return Absent(_no_role(schema, lacking[0]))
        check_policy(plan, desk.principal, schema)
        executed = execute(plan, desk)
    except Cancelled:
        raise
    except ShopOpsError as error:
        log.info("brief: %s: %s", job.name, error.code)
        return Absent(_why(error))
    except Exception:
        log.exception("brief: %s failed", job.name)
        return Absent(
            Text(
                en="Something went wrong here in ShopOps; the log has the details.",
                zh="此处 ShopOps 内部出错，详情见日志。",
            )
        )
    return _renumbered(Found(executed.evidence, executed.facts), number, len(job.calls))


def _no_role(schema: StoreSchema, role: str) -> Text:
    names = {
        "payments": Text(en="payments", zh="支付"),
        "refunds": Text(en="refunds", zh="退款"),
        "sales": Text(en="sales", zh="销售"),
        "products": Text(en="products", zh="商品"),
        "mailings": Text(en="mailings", zh="活动触达"),
    }
    name = names.get(role, Text(en=role, zh=role))
    return Text(en=f"This store has no data on {name.en}.", zh=f"本店没有{name.zh}数据。")


def _why(error: ShopOpsError) -> Text:
    """The error's sentence, and in Chinese what kind of thing it was: errors are worded in English only."""
    if isinstance(error, RoleMissing):
        zh = "本店没有这项分析所需的数据。"
    elif isinstance(error, AnalysisError):
        zh = "现有数据不足以支撑这项分析。"
    elif isinstance(error, StoreTimeout):
        zh = "查询超时，已停止。"
    elif isinstance(error, PermissionRefused):
        zh = "您的权限不包括这部分数据。"
    else:
        zh = "这项分析本次无法完成。"
    return Text(en=error.message, zh=zh)


def _renumbered(found: Found, number: int, calls: int) -> Found:
    """Evidence ids that are this job's alone: ``e1b`` of its first call becomes ``e12b``, of its second ``e13b``…"""

    def renamed(name: str) -> str:
        digits = name[1:].rstrip("abcdefghijklmnopqrstuvwxyz")
        first = number * 10 + int(digits) if calls > 1 else number * 10
        return f"e{first}{name[1 + len(digits) :]}"

    def cell(old: Cell) -> Cell:
        return replace(old, evidence=renamed(old.evidence))

    tables = tuple(
        replace(e, id=renamed(e.id), chart=replace(e.chart, evidence=renamed(e.chart.evidence)) if e.chart else None)
        for e in found.tables
    )
    facts = tuple(replace(f, cells=tuple(cell(c) for c in f.cells)) for f in found.facts)
    return Found(tables, facts)
