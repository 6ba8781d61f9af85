"""Which tools a brief asks, and with what: first the figures of the weeks, then what those leave to be explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from agent.brief.contracts import Kpi
from agent.brief.jobs import Job
from agent.brief.layout import Layout
from agent.brief.usual import WEEKS, YEAR
from agent.brief.week import WEEK, monday
from agent.contracts import Call
from db.engine import Store
from db.semantic.query import Interval
from db.semantic.roles import entity_dimension
from db.semantic.schema import StoreSchema, Text

PER_QUERY = 6  # metrics that one query takes
EXPLAINED = 3  # figures that are explained: the main one, and those outside what is usual
AUDIENCE_LISTED = 500  # customers about to leave whose pseudonyms are kept, to see later who came back


@dataclass(frozen=True, slots=True)
class Frame:
    """The store and the periods of one brief."""

    store: Store
    week: Interval
    layout: Layout

    @property
    def schema(self) -> StoreSchema:
        """The store's YAML."""
        return self.store.schema

    @property
    def before(self) -> Interval:
        """The week before."""
        return Interval(start=self.week.start - WEEK, end=self.week.start)

    @property
    def after(self) -> Interval:
        """The week that is forecast."""
        return Interval(start=self.week.end, end=self.week.end + WEEK)

    @property
    def first_week(self) -> date:
        """The first full week that is looked at: far enough back for limits against last year."""
        whole = monday(self.store.data_start + timedelta(days=6))
        return max(whole, self.week.start - (YEAR + WEEKS + 1) * WEEK)

    @property
    def recent(self) -> Interval:
        """The weeks that weekdays and departments are judged by, with this one."""
        return Interval(start=max(self.first_week, self.week.start - WEEKS * WEEK), end=self.week.end)

    @property
    def kpis(self) -> tuple[str, ...]:
        """The figures of the strip that this store measures; its first ones where it measures none of them."""
        known = tuple(name for name in self.layout.kpis if name in self.schema.metrics and self._dated(name))
        return known or tuple(m.name for m in self.schema.offered() if self._dated(m.name))[:4]

    def _dated(self, name: str) -> bool:
        return all(self.schema.time_of(part) for part in self.schema.parts(name)) and self.can_split(name, "week")

    def can_split(self, metric: str, dimension: str) -> bool:
        """Whether there is such a dimension, and the metric can be split by it."""
        return dimension in self.schema.dimensions and self.schema.can_split(metric, dimension)

    @property
    def weekday(self) -> str | None:
        """The dimension of the days of the week."""
        return next((name for name, d in self.schema.dimensions.items() if d.grain == "weekday"), None)

    @property
    def department(self) -> str | None:
        """The coarsest split of goods: of the columns that the role of products declares, the first that is there."""
        role = self.schema.roles.get("products")
        if role is None:
            return None
        for field in ("department", "category", "type", "brand"):
            column = f"{role.table}.{role.columns.get(field)}"
            found = next((n for n, d in self.schema.dimensions.items() if column in d.columns), None)
            if found is not None and self.can_split(self.kpis[0], found):
                return found
        return None

    @property
    def product(self) -> str | None:
        """The dimension whose members are single products."""
        found = entity_dimension(self.schema, "product")
        return found if found is not None and self.can_split(self.kpis[0], found) else None

    @property
    def campaign(self) -> str | None:
        """The dimension whose members are campaigns."""
        return entity_dimension(self.schema, "campaign") if "campaigns" in self.schema.roles else None


def days(period: Interval) -> dict[str, str]:
    """A period as a tool's argument."""
    return period.model_dump(mode="json")


def figures(frame: Frame) -> list[Job]:
    """The figures of every week, and of every day of the recent ones: what the strip is made of."""
    whole = days(Interval(start=frame.first_week, end=frame.week.end))
    said = Text(en="reading the weeks", zh="读取各周数据")
    jobs = [Job(f"weeks{i}", (_query(chunk, whole, "week"),), said) for i, chunk in enumerate(_chunks(frame.kpis))]
    summed = [name for name in frame.kpis if frame.schema.metric(name).additive][:PER_QUERY]
    if summed and frame.can_split(summed[0], "date"):
        jobs.append(
            Job("days", (_query(summed, days(frame.recent), "date"),), Text(en="reading the days", zh="读取每日数据"))
        )
    return jobs


def open_days(frame: Frame, shut: Sequence[date]) -> list[Job]:
    """The same weeks without the weekdays on which this one was shut, so that like is held against like."""
    limit = _without(frame, shut)
    if not limit:
        return []
    whole, said = (
        days(Interval(start=frame.first_week, end=frame.week.end)),
        Text(en="reading open days", zh="读取营业日数据"),
    )
    return [
        Job(f"open{i}", (_query(chunk, whole, "week", limit),), said) for i, chunk in enumerate(_chunks(frame.kpis))
    ]


def _without(frame: Frame, shut: Sequence[date]) -> list[dict[str, Any]]:
    if not shut or frame.weekday is None:
        return []
    return [{"dimension": frame.weekday, "op": "not_in", "values": sorted({day.isoweekday() for day in shut})}]


def analyses(frame: Frame, kpis: Sequence[Kpi], shut: Sequence[date]) -> list[Job]:
    """The slower questions, the slowest first. Of the figures, the main one and those outside are explained."""
    layout, main = frame.layout, frame.kpis[0]
    now = days(frame.week)
    jobs = []
    if layout.wants("outlook") or layout.actions:
        call = Call("forecast", {"metric": main, "horizon": days(frame.after), "grain": "day"})
        jobs.append(Job("forecast", (call,), Text(en="forecasting next week", zh="预测下周")))
    if layout.wants("customers"):
        call = Call("segment_customers", {"method": "movement", "time": now})
        jobs.append(Job("movement", (call,), Text(en="following the segments", zh="跟踪客群变化")))
    if layout.wants("unusual"):
        jobs.append(
            Job(
                "unusual",
                (Call("detect_anomalies", {"time": now}),),
                Text(en="looking for unusual days", zh="查找异常"),
            )
        )
    if layout.wants("risk") or layout.actions:
        jobs.append(
            Job(
                "risk",
                (Call("check_risk", {"time": now, "limit": 100}),),
                Text(en="checking payments and refunds", zh="检查支付与退款"),
            )
        )
    for name in _explained(frame, kpis):
        call = Call("explain_change", {"metric": name, "time": now, "compare": days(frame.before)})
        jobs.append(Job(f"why {name}", (call,), Text(en="explaining what moved", zh="解释变化原因")))
    if layout.actions:
        jobs += _chances()
    return jobs + _goods(frame, _without(frame, shut)) + _campaigns(frame)


def _chances() -> list[Job]:
    """Who is leaving, and whom a mailing would pay to reach: what the actions are weighed by."""
    leaving: dict[str, Any] = {"focus": "leaving", "limit": AUDIENCE_LISTED}
    return [
        Job("leaving", (Call("segment_customers", leaving),), Text(en="finding who is leaving", zh="查找流失风险客户")),
        Job("audience", (Call("find_audience", {}),), Text(en="weighing a mailing", zh="评估活动受众")),
    ]


def _goods(frame: Frame, limit: Sequence[Mapping[str, Any]]) -> list[Job]:
    main, now, before = frame.kpis[0], days(frame.week), days(frame.before)
    jobs = []
    if frame.department:
        said = Text(en="comparing departments", zh="对比各部门")
        query: dict[str, Any] = {"metrics": [main], "group_by": [frame.department, "week"], "time": days(frame.recent)}
        jobs.append(Job("departments", (Call("query_metrics", query),), said))
        if limit:
            like = query | {"filters": [dict(f) for f in limit]}
            jobs.append(Job("departments open", (Call("query_metrics", like),), said))
    if frame.product and frame.layout.wants("products"):
        for way in ("asc", "desc"):
            query = {"metrics": [main], "group_by": [frame.product], "time": now, "compare": before}
            query |= {"order": {"by": "change", "direction": way}, "limit": frame.layout.rows}
            said = Text(en="comparing products", zh="对比商品")
            jobs.append(Job(f"products {way}", (Call("query_metrics", query),), said))
    return jobs


def _campaigns(frame: Frame) -> list[Job]:
    if not (frame.campaign and frame.layout.wants("campaigns")):
        return []
    said, name, jobs = Text(en="reading campaigns", zh="读取营销活动"), frame.campaign, []
    used = [m for m in ("coupon_redemptions", "redeeming_customers") if m in frame.schema.metrics]
    if used and all(frame.can_split(m, name) for m in used):
        query = {"metrics": used, "group_by": [name], "time": days(frame.week), "compare": days(frame.before)}
        jobs.append(Job("redemptions", (Call("query_metrics", query),), said))
    reached = [m for m in ("campaign_reach", "campaign_redeemers", "redemption_rate") if m in frame.schema.metrics]
    if reached and all(frame.can_split(m, name) for m in reached):
        past = Interval(start=frame.store.data_start, end=frame.week.end)
        jobs.append(
            Job(
                "campaigns",
                (Call("query_metrics", {"metrics": reached, "group_by": [name], "time": days(past)}),),
                said,
            )
        )
    return jobs


def _explained(frame: Frame, kpis: Sequence[Kpi]) -> list[str]:
    outside = [k.metric for k in kpis if k.verdict in ("low", "high") and k.previous is not None]
    outside = [name for name in outside if not _factor(frame, name)]
    return list(dict.fromkeys([frame.kpis[0], *sorted(outside, key=lambda n: not _bad(n, kpis))]))[:EXPLAINED]


def _factor(frame: Frame, name: str) -> bool:
    """Whether a figure is a part of what makes up the main one, so that explaining that one explains it too."""
    schema, main = frame.schema, frame.schema.metric(frame.kpis[0])
    same = {part.table for part in schema.parts(name)} == {main.table}
    return same and schema.metric(name).unit in ("count", "currency", "number")


def _bad(name: str, kpis: Sequence[Kpi]) -> bool:
    return next(k.bad for k in kpis if k.metric == name)


def _query(
    metrics: Sequence[str], time: Mapping[str, Any], split: str, limit: Sequence[Mapping[str, Any]] = ()
) -> Call:
    asked = {"metrics": list(metrics), "group_by": [split], "time": dict(time), "filters": [dict(f) for f in limit]}
    return Call("query_metrics", asked)


def _chunks(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[i : i + PER_QUERY] for i in range(0, len(names), PER_QUERY)]
