"""What everyone must be able to do and read: by keyboard alone, in both themes, without motion, without jumps."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watched

Tab = Callable[..., Watched]
# Contrast of every visible text against what lies behind it, as WCAG 2.2 (1.4.3) computes it.
CONTRAST = """() => {
  const colour = (text) => { const p = text.match(/[\\d.]+/g).map(Number); return text.startsWith('color(')
    ? [p[0] * 255, p[1] * 255, p[2] * 255, p[3] ?? 1] : [p[0], p[1], p[2], p[3] ?? 1]; };
  const light = (c) => { const f = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
  const over = (top, low) => [0, 1, 2].map((i) => top[i] * top[3] + low[i] * (1 - top[3])).concat(1);
  const behind = (el) => { const layers = [];
    for (let e = el; e; e = e.parentElement) { const c = colour(getComputedStyle(e).backgroundColor);
      if (c[3] > 0) layers.push(c); if (c[3] === 1) break; }
    return layers.reverse().reduce((low, top) => over(top, low), [255, 255, 255, 1]); };
  const found = [];
  for (const el of document.querySelectorAll('#shopops *')) {
    const own = Array.from(el.childNodes).some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !el.getClientRects().length || el.closest('[aria-hidden=true]:not(svg), [hidden], .so-told')) continue;
    const style = getComputedStyle(el), svg = el instanceof SVGElement;
    if (style.visibility === 'hidden' || style.opacity === '0') continue;
    const text = colour(svg ? style.fill : style.color), ground = behind(svg ? el.closest('div') : el);
    const [a, b] = [light(over(text, ground)), light(ground)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push([el.className.baseVal ?? el.className, el.textContent.slice(0, 30), ratio.toFixed(2)]);
  }
  return JSON.stringify(found);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(tab: Tab, theme: str) -> None:
    page = tab(color_scheme=theme, viewport={"width": 1440, "height": 900})
    assert json.loads(page.page.evaluate(CONTRAST)) == []
    page.ask("上个季度的销售额")
    expect(page.last.locator(".so-badge")).to_be_visible()
    for asked in ("revenue of each department by month", "tell me when the refund rate passes 5%", "top departments"):
        page.ask(asked)
        expect(page.last.locator(".so-answer")).to_be_visible()
    page.last.locator("summary").click()
    page.last.locator(".so-figure").first.click()
    page.last.get_by_role("button", name="Something is wrong").click()
    page.last.get_by_role("button", name="Too slow").click()
    assert json.loads(page.page.evaluate(CONTRAST)) == []
    for name in ("dashboard", "briefs", "data", "review"):
        page.page.locator(f"[data-tab={name}]").click()
        expect(page.page.locator(f"#panel-{name} h1")).to_be_visible()
        assert json.loads(page.page.evaluate(CONTRAST)) == [], name


def _focused(page: Any) -> str:
    return str(
        page.evaluate(
            "(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent || '').trim()"
        )
    )


def test_all_of_it_by_keyboard_alone(tab: Tab) -> None:
    watched = tab(viewport={"width": 1440, "height": 900})
    page, keys = watched.page, watched.page.keyboard
    expect(page.locator("#question")).to_be_focused()
    keys.type("top departments")
    keys.press("Enter")
    expect(watched.last.locator("tbody tr")).to_have_count(5)

    def tab_to(name: str, back: bool = False, most: int = 60) -> None:
        for _ in range(most):
            if _focused(page) == name or _focused(page).startswith(f"{name}."):
                return
            keys.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"'{name}' is not reached: {_focused(page)}")

    page.locator("#question").focus()
    tab_to("$322,858.82", back=True)
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"  # the focus is seen
    keys.press("Enter")
    expect(watched.last.locator(".so-hit")).to_have_text("$322,858.82")
    keys.press("Escape")
    tab_to("Revenue")
    keys.press("Enter")
    expect(watched.last.locator("th").nth(1)).to_have_attribute("aria-sort", "descending")
    tab_to("How this was computed")
    keys.press("Enter")
    expect(watched.last.locator(".so-how dl")).to_be_visible()
    tab_to("Good answer")
    keys.press("Enter")
    expect(watched.last.locator(".so-thanks")).not_to_be_empty()
    tab_to("and by month?")
    keys.press("Enter")
    expect(watched.last).to_contain_text("Continuing:")
    tab_to("Dashboard", back=True)
    keys.press("Enter")
    expect(page.locator("#panel-dashboard .so-kpi").first).to_be_visible()


def test_nothing_moves_for_those_who_want_no_motion(tab: Tab) -> None:
    page = tab(reduced_motion="reduce")
    page.ask("wait for it")
    expect(page.last.locator(".so-dot")).to_be_visible()
    assert page.page.evaluate("getComputedStyle(document.querySelector('.so-dot')).animationName") == "none"
    page.page.locator("#stop").click()
    expect(page.last).to_contain_text("Stopped.")


def test_what_is_read_does_not_jump(tab: Tab) -> None:
    page = tab(viewport={"width": 1440, "height": 900})
    page.page.evaluate(
        "() => { window.shifts = 0; new PerformanceObserver((list) => { for (const e of list.getEntries())"
        " if (!e.hadRecentInput) window.shifts += e.value; }).observe({type: 'layout-shift', buffered: false}); }"
    )
    page.ask("top departments")
    expect(page.last.locator(".so-chart rect")).to_have_count(5)
    page.ask("revenue of each department by month")
    expect(page.last.locator("path.so-line")).to_have_count(2)
    page.page.locator("[data-tab=dashboard]").click()
    expect(page.page.locator("#panel-dashboard .so-kpi").first).to_be_visible()
    page.page.wait_for_timeout(300)
    assert page.page.evaluate("window.shifts") < 0.1  # "good" is up to 0.1 by the Web Vitals
