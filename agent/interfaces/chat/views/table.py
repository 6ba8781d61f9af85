"""An evidence's table: sortable, scrolling within its frame, each cell reachable by its figure, with its downloads."""

from __future__ import annotations

from decimal import Decimal
from html import escape

from agent.interfaces.chat import words
from agent.interfaces.chat.views.figures import cell_id
from agent.interfaces.chat.views.html import attributes, icon
from agent.present.cells import NUMERIC, Cells
from agent.present.charts import shown_rows
from tools.evidence import Column, Evidence, Value

FEW = 12  # rows that are seen at a glance, and need no count


def table_html(evidence: Evidence, cells: Cells, answer_id: str, chart: str = "") -> str:
    """The evidence as a table, under its title and its ``chart``, with its origin and whether rows are missing."""
    language = cells.language
    head = "".join(_head(column, cells) for column in evidence.columns)
    body = "".join(
        "<tr>"
        + "".join(
            _cell(column, value, cells, cell_id(answer_id, evidence.id, number, column.name))
            for column, value in zip(evidence.columns, row, strict=True)
        )
        + "</tr>"
        for number, row in enumerate(evidence.rows)
    )
    title = evidence.title.of(language)
    frame = attributes(class_="so-scroll", tabindex="0", role="group", aria_label=title)
    return (
        f'<figure class="so-evidence"><figcaption><span class="so-caption">{escape(title)}'
        f"{_badge(evidence, cells)}</span>{_downloads(evidence, cells, answer_id)}</figcaption>{chart}"
        f"<div{frame}><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{_notes(evidence, cells)}</figure>"
    )


def _head(column: Column, cells: Cells) -> str:
    label = column.label.of(cells.language)
    sort = words.SORT.of(cells.language).format(column=label)
    side = "so-number" if column.unit in NUMERIC else None
    return (
        f"<th{attributes(scope='col', class_=side, aria_sort='none')}>"
        f'<button type="button"{attributes(class_="so-sort", title=sort)}>{escape(label)}'
        '<i aria-hidden="true"></i></button></th>'
    )


def _cell(column: Column, value: Value, cells: Cells, place: str) -> str:
    side = "so-number" if column.unit in NUMERIC else None
    said = attributes(id=place, class_=side, data_v=sort_key(value))
    return f"<td{said}>{escape(cells.text(column, value))}</td>"


def sort_key(value: Value) -> str:
    """What a cell is sorted by: numbers as numbers, missing ones last."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    return format(Decimal(str(value)), "f") if Decimal(str(value)).is_finite() else ""


def _badge(evidence: Evidence, cells: Cells) -> str:
    if evidence.origin != "simulated":
        return ""
    return f' <span class="so-badge">{escape(words.ORIGIN["simulated"].of(cells.language))}</span>'


def _downloads(evidence: Evidence, cells: Cells, answer_id: str) -> str:
    if not evidence.rows:
        return ""
    links = []
    for ending, label, shown in (("csv", words.DOWNLOAD_CSV, "CSV"), ("xlsx", words.DOWNLOAD_EXCEL, "Excel")):
        said = attributes(
            class_="so-download",
            href=f"chat/answers/{answer_id}/{evidence.id}.{ending}",
            download=f"{answer_id}-{evidence.id}.{ending}",
            title=label.of(cells.language),
        )
        links.append(f"<a{said}>{icon('download')}<span>{shown}</span></a>")
    return f'<span class="so-downloads">{"".join(links)}</span>'


def _notes(evidence: Evidence, cells: Cells) -> str:
    notes, count, language = [], len(evidence.rows), cells.language
    if evidence.truncated:
        notes.append(words.CUT.of(language).format(n=count))
    elif count > FEW:
        notes.append(words.ROWS.of(language).format(n=count))
    if shown_rows(evidence) < count:
        notes.append(words.CHART_CUT.of(language).format(n=shown_rows(evidence), all=count))
    return f'<p class="so-note">{escape(" ".join(notes))}</p>' if notes else ""
