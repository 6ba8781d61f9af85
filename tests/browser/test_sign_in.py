"""Signing in by keyboard in a real browser, under the headers that all pages have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tests.serving
from agent.interfaces.web import guarded
from db.state.accounts import Accounts
from tests.serving import application, served, service_in

PASSWORD = "correct horse battery"


@pytest.mark.parametrize(("locale", "title"), [("en-US", "Sign in"), ("zh-CN", "登录")])
def test_by_keyboard(browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str, title: str) -> None:
    monkeypatch.setattr(tests.serving, "application", lambda service: guarded(application(service)))
    with service_in(tmp_path) as service:
        Accounts(service.state).add("ann", "viewer", PASSWORD)
        with served(service) as url:
            context = browser.new_context(locale=locale)
            page = context.new_page()
            page.goto(f"{url}/signin?next=/api/v1/me")
            assert page.title() == f"{title} · ShopOps"
            for password in ("wrong password", PASSWORD):
                if page.locator("#name").input_value() == "":
                    page.keyboard.type("ann")
                    page.keyboard.press("Tab")
                page.keyboard.type(password)  # the cursor is there after a wrong one
                page.keyboard.press("Enter")
                if password != PASSWORD:
                    assert page.locator("#said").inner_text()
            page.wait_for_url("**/api/v1/me")
            page.get_by_text('"name":"ann"').wait_for()
            cookie = context.cookies()[0]
            assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
            context.close()
