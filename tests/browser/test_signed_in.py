"""With users: nobody gets in without signing in, and nobody sees another's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from db.semantic.query import Filter
from db.state.accounts import Accounts
from tests.browser.conftest import Served, Tabs, Watched, serve

PASSWORD = "a long enough phrase 7"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The chat with three users."""
    with serve(tmp_path_factory.mktemp("users")) as running:
        accounts = Accounts(running.service.state)
        accounts.add("ann", "admin", PASSWORD)
        accounts.add("bob", "analyst", PASSWORD)
        meat = Filter(dimension="department", op="in", values=("MEAT",))
        accounts.add("eve", "viewer", PASSWORD, [meat])
        yield running


@pytest.fixture
def tabs(browser: Any, shared: Served) -> Iterator[Tabs]:
    opened = Tabs(browser, shared.url)
    yield opened
    opened.close()


def sign_in(tabs: Tabs, name: str) -> Watched:
    page = tabs()
    page.page.locator("input[name=name]").fill(name)
    page.page.locator("input[name=password]").fill(PASSWORD)
    page.page.locator("input[name=password]").press("Enter")
    page.page.locator("#question").wait_for()
    return page


def test_signing_in_and_out(tabs: Tabs, shared: Served) -> None:
    page = tabs()
    expect(page.page.locator("input[name=password]")).to_be_visible()
    assert page.page.url.startswith(f"{shared.url}/signin")
    for path in ("/chat/frame", "/config", "/gradio_api/info", "/chat/answers/x/e1.csv"):
        assert page.page.request.get(shared.url + path).status == 401, path
    joined = page.page.request.post(
        f"{shared.url}/gradio_api/queue/join", data={"fn_index": 0, "data": [], "session_hash": "a"}
    )
    assert joined.status == 401
    page = sign_in(tabs, "ann")
    expect(page.page.locator(".so-user")).to_contain_text("ann")
    page.ask("top departments")
    expect(page.last.locator("tbody tr")).to_have_count(5)
    assert shared.analyst.asked[-1].principal.name == "ann"
    page.page.get_by_role("button", name="Sign out").click()
    expect(page.page.locator("input[name=password]")).to_be_visible()


def test_two_users_at_once_do_not_see_each_other(tabs: Tabs, shared: Served) -> None:
    ann, bob = sign_in(tabs, "ann"), sign_in(tabs, "bob")
    ann.ask("wait, the secret of ann")
    expect(ann.last.locator(".so-working")).to_contain_text("Planning…")
    bob.ask("top departments of bob")
    expect(bob.last.locator("tbody tr")).to_have_count(5)
    ann.page.locator("#stop").click()
    expect(ann.last).to_contain_text("Stopped.")
    ann.ask("top departments of ann")
    expect(ann.last.locator("tbody tr")).to_have_count(5)
    expect(bob.page.locator(".so-past")).to_have_text(["top departments of bob"])
    bob.page.reload()
    expect(bob.page.locator(".so-past")).to_have_text(["top departments of bob"])
    mine = shared.analyst.asked[-1]
    assert mine.principal.name == "ann"
    ours = {"x-shopops": "1"}
    for action, sent in (
        ("open", {"id": mine.conversation}),
        ("delete", {"id": mine.conversation}),
        ("thumb", {"id": mine.id, "up": True}),
        ("review", {}),
        ("decide", {"id": mine.id, "accept": True}),
    ):
        reply = bob.page.request.post(f"{shared.url}/chat/do/{action}", data=sent, headers=ours)
        assert reply.status == 404, action
    assert bob.page.request.get(f"{shared.url}/chat/answers/{mine.id}/e1.csv").status == 404
    assert ann.page.request.get(f"{shared.url}/chat/answers/{mine.id}/e1.csv").status == 200
    bob.page.locator("[data-tab=dashboard]").click()
    expect(bob.page.locator("#panel-dashboard")).to_contain_text("Administrators see failed deliveries.")
    expect(bob.page.locator("[data-tab=review]")).to_have_count(0)


def test_who_sees_a_part_of_the_shop_sees_no_whole(tabs: Tabs) -> None:
    page = sign_in(tabs, "eve")
    page.page.locator("[data-tab=dashboard]").click()
    panel = page.page.locator("#panel-dashboard")
    expect(panel.locator(".so-kpi b").first).to_have_text("$101.20")  # a tenth of what the others see
    expect(panel).to_contain_text("your view is limited")
    page.page.locator("[data-tab=data]").click()
    expect(page.page.locator("#panel-data")).to_contain_text("your view is limited")
