"""What stays: conversations, thumbs, tables as files, the answer to a proposal. And what another run still knows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
from playwright.sync_api import expect

from tests.browser.analyst import FORMULA, NASTY
from tests.browser.conftest import Served, Tabs, Watched, serve

Tab = Callable[..., Watched]


def test_a_conversation_survives_a_restart_and_can_be_deleted(browser: Any, tmp_path: Path) -> None:
    with serve(tmp_path) as first:
        tabs = Tabs(browser, first.url)
        page = tabs.ready()
        page.ask("top departments of ann@example.com")
        expect(page.last.locator("tbody tr")).to_have_count(5)
        page.page.get_by_role("button", name="and by month?").click()
        expect(page.last).to_contain_text("Continuing: ['top departments of ann@example.com']")
        tabs.close()
    with serve(tmp_path) as second:
        tabs = Tabs(browser, second.url)
        page = tabs.ready()
        past = page.page.locator(".so-past")
        expect(past).to_have_text(["top departments of [email]"])
        past.click()
        expect(page.page.locator(".so-question")).to_have_text(["top departments of [email]", "and by month?"])
        expect(page.page.locator(".so-turn").first.locator("tbody tr")).to_have_count(5)
        page.page.locator(".so-turn").first.locator(".so-figure", has_text="$308,575.33").click()
        expect(page.page.locator(".so-hit")).to_have_text("$308,575.33")
        page.ask("and by brand?")  # goes on with the same conversation
        expect(page.last).to_contain_text("Continuing:")
        assert len({q.conversation for q in second.analyst.asked}) == 1
        page.page.reload()
        expect(page.page.locator(".so-question")).to_have_count(3)
        page.page.get_by_role("button", name="Delete “top departments of [email]”").click()
        expect(page.page.get_by_text("Delete this conversation for good?")).to_be_visible()
        page.page.get_by_role("button", name="Delete “top departments of [email]”").click()
        expect(past).to_have_count(0)
        expect(page.page.locator(".so-question")).to_have_count(0)
        tabs.close()


def _download(page: Watched, name: str) -> bytes:
    with page.page.expect_download() as started:
        page.last.get_by_title(name).click()
    return Path(started.value.path()).read_bytes()


def test_a_table_comes_as_csv_and_excel_without_formulas(tab: Tab) -> None:
    page = tab()
    page.ask("nasty")
    expect(page.last.locator("tbody tr")).to_have_count(3)
    text = _download(page, "Download this table as CSV").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["Department", "Revenue", "Share of revenue"]
    assert [row[0] for row in rows[1:]] == [NASTY, "MEAT", f"'{FORMULA}"]
    assert [float(row[1]) for row in rows[1:]] == [1.0, -2.0, 3.0]
    book = openpyxl.load_workbook(io.BytesIO(_download(page, "Download this table as an Excel file")))
    cells = list(book.worksheets[0].iter_rows(min_row=2))
    assert [cell.data_type for cell in cells[2]] == ["s", "n", "n"]
    assert [row[1].value for row in cells] == [1, -2, 3]
    assert "formula" not in {cell.data_type for row in cells for cell in row}


def test_thumbs_wait_for_a_review_and_say_why(tab: Tab, served: Served) -> None:
    page = tab()
    page.ask("which departments sold best last month?")
    expect(page.last.locator("tbody tr")).to_have_count(5)
    page.last.get_by_role("button", name="Good answer").click()
    expect(page.last.locator(".so-thanks")).to_contain_text("An administrator reviews it")
    page.ask("another question about departments")
    page.last.get_by_role("button", name="Something is wrong").click()
    page.last.get_by_role("button", name="Wrong period").click()
    page.last.get_by_label("More, if you like").fill("December, not November")
    page.last.get_by_role("button", name="Send").click()
    expect(page.last.locator(".so-thanks")).to_have_text("Thank you; noted.")
    kept = served.service.state.feedback(served.analyst.asked[-1].id)
    assert kept is not None
    assert (kept.rating, kept.why) == ("down", "Wrong period; December, not November")
    page.page.locator("[data-tab=review]").click()
    panel = page.page.locator("#panel-review")
    expect(panel.locator("li", has_text="another question about departments")).to_contain_text("December, not November")
    waiting = panel.locator("li", has_text="which departments sold best last month?")
    expect(waiting).to_contain_text('"revenue"')
    waiting.get_by_role("button", name="Accept").click()
    expect(panel.locator("li", has_text="which departments sold best last month?")).to_have_count(0)


def test_a_proposal_is_done_after_a_yes_and_only_then(tab: Tab, served: Served) -> None:
    page = tab()
    page.ask("tell me when the refund rate passes 5%")
    proposal = page.last.locator(".so-proposal")
    expect(proposal).to_contain_text("Tell you when the refund rate passes 5%.")
    proposal.get_by_role("button", name="No").click()
    expect(proposal).to_contain_text("Nothing was done.")
    page.ask("tell me when the refund rate passes 5%, again")
    proposal = page.last.locator(".so-proposal")
    proposal.get_by_role("button", name="Yes, do it").click()
    expect(proposal.locator("button")).to_have_count(0)
    entries = [entry.action for entry in served.service.state.audit_entries()]
    assert entries[-3:] == ["decline", "ask", "confirm"]
