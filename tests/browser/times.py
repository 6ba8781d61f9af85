"""How much the chat adds to an answer, in Chromium: ``python -m tests.browser.times [--runs 30]``.

A scripted analyst answers at once, so everything between Enter and the painted answer is the interface's own time.
Times are taken in the page by its own clock: from the key's event to the frame in which the element was painted (two
animation frames later), so that network, queue, rendering and layout are all in it. "In place" is without the frames.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS, serve

WATCH = """() => { window.took = {}; const box = document.querySelector('#question');
  box.addEventListener('keydown', () => { window.began = performance.now(); window.took = {}; }, {capture: true});
  const seen = (name, selector) => { const found = document.querySelector(selector);
    if (found && !(name in window.took)) { window.took[name] = -1;
      window.took[name + ' in place'] = performance.now() - window.began;
      const done = () => { window.took[name] = performance.now() - window.began; };
      requestAnimationFrame(() => requestAnimationFrame(done)); } };
  new MutationObserver(() => { seen('progress', '.so-turn:last-child .so-working');
    seen('answer', '.so-turn:last-child .so-answer'); }).observe(document.body, {childList: true, subtree: true,
    characterData: true}); }"""


def measure(page: Any, runs: int) -> dict[str, list[float]]:
    """Milliseconds of each run, by what was waited for."""
    names = ("progress in place", "progress", "answer in place", "answer")
    found: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(runs):
        page.get_by_role("button", name="New conversation").click()
        page.locator("#question").fill("top departments")
        page.locator("#question").press("Enter")
        page.wait_for_function("window.took.answer > 0")
        page.wait_for_timeout(150)
        took = page.evaluate("window.took")
        for name, times in found.items():
            if took.get(name, -1) > 0:
                times.append(took[name])
    return found


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=FLAGS)
        page = browser.new_page(locale="en-US", viewport={"width": 1440, "height": 900})
        page.goto(served.url)
        page.locator("#question").wait_for()
        page.evaluate(WATCH)
        measure(page, 3)
        for name, times in measure(page, options.runs).items():
            ordered = sorted(times)
            if ordered:
                worst = ordered[max(0, round(0.95 * len(ordered)) - 1)]
                print(f"{name:17} median {statistics.median(ordered):6.1f} ms  95 % {worst:6.1f} ms  n {len(ordered)}")
        browser.close()


if __name__ == "__main__":
    main()
