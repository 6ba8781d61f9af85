"""The chat as an operator meets it. Every test also holds that no request leaves this machine and nothing complains."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Served, Watched

Tab = Callable[..., Watched]


def test_a_question_gets_text_table_chart_and_how_it_was_computed(tab: Tab) -> None:
    page = tab()
    page.ask("Which five departments brought in the most revenue in 2017?")
    expect(page.last.locator(".so-text")).to_contain_text("GROCERY ($2,316,393.89)")
    first = page.last.locator("tbody tr").first
    assert first.locator("td").all_inner_texts() == ["Grocery", "$2,316,393.89", "50.4%"]
    expect(page.last.locator(".so-chart rect")).to_have_count(5)
    how = page.last.locator(".so-how")
    expect(how.locator("pre").last).to_be_hidden()
    how.locator("summary").click()
    expect(how).to_contain_text("JOIN products AS p")
    expect(how).to_contain_text("Sum of sales values")
    expect(how).to_contain_text("recorded data")
    expect(how).to_contain_text("plan 1,800 ms")


def test_stages_show_at_once_and_the_text_as_it_comes(tab: Tab) -> None:
    page = tab()
    page.ask("please tell it slowly")
    expect(page.last.locator(".so-working")).to_be_visible()
    expect(page.last.locator(".so-writing")).to_have_text("The first sentence.")
    expect(page.last.locator(".so-working")).to_have_text("Writing…")
    expect(page.last.locator(".so-answer")).to_contain_text("The first sentence. The second.")
    expect(page.last.locator(".so-writing, .so-working")).to_have_count(0)


def test_a_figure_opens_the_cell_it_came_from(tab: Tab) -> None:
    page = tab()
    page.ask("top departments")
    page.last.locator(".so-figure", has_text="$322,858.82").click()
    hit = page.last.locator(".so-hit")
    expect(hit).to_have_text("$322,858.82")
    expect(hit).to_be_focused()
    assert hit.locator("..").locator("td").first.inner_text() == "Produce"
    expect(page.page.locator(".so-told")).to_have_text("Produce · Revenue: $322,858.82")
    page.last.locator(".so-figure", has_text="50.4%").click()
    expect(page.last.locator(".so-hit")).to_have_text("50.4%")
    page.page.keyboard.press("Escape")
    expect(page.last.locator(".so-figure", has_text="50.4%")).to_be_focused()


def test_a_table_is_sorted_by_its_head(tab: Tab) -> None:
    page = tab()
    page.ask("top departments")
    names = page.last.locator("tbody td:first-child")
    page.last.get_by_role("button", name="Department").click()
    assert names.all_inner_texts() == ["Drugstore & general merchandise", "Fuel", "Grocery", "Meat", "Produce"]
    page.last.get_by_role("button", name="Revenue", exact=True).click()
    assert names.first.inner_text() == "Grocery"
    page.last.get_by_role("button", name="Revenue", exact=True).click()
    assert names.first.inner_text() == "Fuel"
    expect(page.last.locator("th").nth(1)).to_have_attribute("aria-sort", "ascending")
    page.last.locator(".so-figure", has_text="$322,858.82").click()
    expect(page.last.locator(".so-hit")).to_have_text("$322,858.82")


def test_a_chart_tells_its_values_and_opens_cells(tab: Tab) -> None:
    page = tab()
    page.ask("revenue of each department by month")
    chart = page.last.locator(".so-chart")
    expect(chart.locator("path.so-line")).to_have_count(2)
    chart.focus()
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("ArrowRight")
    expect(chart.locator(".so-tip")).to_contain_text("2017-11")
    expect(chart.locator(".so-tip")).to_contain_text("$399,321.44")
    page.page.keyboard.press("Enter")
    expect(page.last.locator(".so-hit")).to_have_text("$399,321.44")
    chart.get_by_role("button", name="Meat").click()
    expect(chart.locator("path.so-line")).to_have_count(1)


def test_a_suggestion_asks_within_the_same_conversation(tab: Tab, served: Served) -> None:
    page = tab()
    page.ask("top departments, please")
    page.page.get_by_role("button", name="and by month?").click()
    expect(page.last).to_contain_text("Continuing: ['top departments, please']")
    first, second = served.analyst.asked[-2:]
    assert first.conversation == second.conversation
    assert second.text == "and by month?"
    assert second.via == "chat"


def test_a_clarifying_option_asks_the_plain_question(tab: Tab, served: Served) -> None:
    page = tab()
    page.ask("how busy were we last month?")
    expect(page.last).to_contain_text("Which figure do you mean?")
    page.page.get_by_role("button", name="Orders", exact=True).click()
    expect(page.last).to_contain_text("Orders last month: 13,224.")
    assert served.analyst.asked[-1].text == "units or orders: orders"


def test_stop_cancels_and_the_next_question_is_answered(tab: Tab) -> None:
    page = tab()
    page.ask("please wait")
    expect(page.last.locator(".so-working")).to_contain_text("Planning…")
    expect(page.page.locator("#ask")).to_be_hidden()
    page.page.locator("#stop").click()
    expect(page.last).to_contain_text("Stopped. Ask again when you are ready.")
    expect(page.page.locator("#ask")).to_be_visible()
    page.ask("please wait again")
    expect(page.last.locator(".so-working")).to_contain_text("Planning…")
    page.page.locator("#question").press("Escape")
    expect(page.last).to_contain_text("Stopped.")
    page.ask("top departments")
    expect(page.last.locator("tbody tr")).to_have_count(5)


def test_two_tabs_do_not_mix(tab: Tab, served: Served) -> None:
    one, two = tab(), tab()
    one.ask("wait for me")
    expect(one.last.locator(".so-working")).to_be_visible()
    two.ask("top departments")  # answered while the first tab waits
    expect(two.last.locator("tbody tr")).to_have_count(5)
    two.ask("and by brand?")
    expect(two.last).to_contain_text("Continuing: ['top departments']")
    expect(one.page.locator(".so-question")).to_have_count(1)
    one.page.locator("#stop").click()
    expect(one.last).to_contain_text("Stopped.")
    conversations = {question.text: question.conversation for question in served.analyst.asked}
    assert conversations["wait for me"] != conversations["and by brand?"]


def test_a_new_conversation_forgets(tab: Tab) -> None:
    page = tab()
    page.ask("top departments")
    expect(page.last.locator("tbody tr")).to_have_count(5)
    page.page.get_by_role("button", name="New conversation").click()
    expect(page.page.locator(".so-question")).to_have_count(0)
    page.ask("and by store?")
    expect(page.last).to_contain_text("Continuing: []")


def test_text_from_data_never_runs_nor_fetches(tab: Tab) -> None:
    page = tab()
    page.ask('nasty <img src=x onerror="window.hacked=1"> ![x](http://203.0.113.7/q.png)')
    expect(page.last.locator("td").first).to_contain_text("<img src=x onerror=")
    expect(page.last.locator(".so-text")).to_contain_text("<script>window.hacked=1</script>")
    page.last.locator(".so-chart svg").hover(position={"x": 250, "y": 12})
    expect(page.last.locator(".so-tip")).to_contain_text("<img")
    assert page.page.evaluate("window.hacked") is None
    assert page.page.locator(".so-turns img, .so-turns script, .so-turns a:not(.so-download)").count() == 0
    page.page.reload()
    expect(page.last.locator(".so-text")).to_contain_text("<script>window.hacked=1</script>")
    assert page.page.evaluate("window.hacked") is None


def test_a_fault_is_one_sentence_without_its_detail(tab: Tab) -> None:
    page = tab()
    page.ask("something broken")
    expect(page.last).to_contain_text("Something went wrong in ShopOps")
    assert "secret" not in page.page.content()
    page.ask("top departments")
    expect(page.last.locator("tbody tr")).to_have_count(5)


def test_an_empty_question_asks_nobody(tab: Tab, served: Served) -> None:
    page = tab()
    before = len(served.analyst.asked)
    page.ask("   ")
    expect(page.page.get_by_text("Type a question first.")).to_be_visible()
    assert len(served.analyst.asked) == before


def test_enter_that_confirms_chinese_input_asks_nothing(tab: Tab, served: Served) -> None:
    page = tab()
    before = len(served.analyst.asked)
    page.page.locator("#question").fill("销售额")
    page.page.evaluate(
        "document.querySelector('#question').dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    page.page.keyboard.press("Shift+Enter")
    assert page.page.locator(".so-turn").count() == 0
    assert len(served.analyst.asked) == before


def test_chinese_in_the_dark(tab: Tab) -> None:
    page = tab(locale="zh-CN", color_scheme="dark")
    expect(page.page.locator("#ask")).to_have_attribute("aria-label", "提问")
    page.page.get_by_role("button", name="上个月的销售额是多少").click()
    expect(page.last.locator("th")).to_have_text(["月份", "销售额"])
    expect(page.last.locator(".so-badge")).to_have_text("模拟数据")
    expect(page.last.locator("summary")).to_have_text("计算方式")
    expect(page.last.locator(".so-figure")).to_have_count(3)
    background = page.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", background)[:3]) < 64


def test_the_language_and_the_theme_are_switched_and_kept(tab: Tab) -> None:
    page = tab(color_scheme="light")
    page.ask("top departments")
    expect(page.last.locator("tbody tr")).to_have_count(5)
    page.page.locator("#language").select_option("zh")
    expect(page.page.locator("#ask")).to_have_attribute("aria-label", "提问")
    expect(page.last.locator("tbody tr")).to_have_count(5)  # the conversation is still there
    page.page.get_by_role("button", name="浅色或深色").click()
    expect(page.page.locator("body")).to_have_class(re.compile("dark"))
    page.page.reload()
    expect(page.page.locator("#ask")).to_have_attribute("aria-label", "提问")
    expect(page.page.locator("body")).to_have_class(re.compile("dark"))
    assert page.page.evaluate("document.documentElement.lang") == "zh"


def test_a_phone_shows_all_without_scrolling_sideways(tab: Tab) -> None:
    page = tab(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page.ask("top departments")
    expect(page.last.locator(".so-chart rect")).to_have_count(5)
    box = page.last.locator(".so-scroll").bounding_box()
    assert box is not None
    assert box["width"] >= 300
    assert box["x"] + box["width"] <= 390
    for name in ("dashboard", "briefs", "data", "review", "chat"):
        page.page.locator(f"[data-tab={name}]").tap()
        expect(page.page.locator(f"#panel-{name}")).to_be_visible()
        expect(page.page.locator(".so-skeleton")).to_have_count(0)
        assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    page.page.get_by_role("button", name="Menu").tap()
    expect(page.page.locator(".so-past").first).to_be_visible()
    page.page.get_by_role("button", name="Close").tap()
    expect(page.page.locator(".so-side")).to_be_hidden()


def test_a_tab_that_closes_stops_its_question(tab: Tab, served: Served) -> None:
    page, other = tab(), tab()
    served.analyst.left.clear()
    page.ask("wait until I leave")
    expect(page.last.locator(".so-working")).to_contain_text("Planning…")
    page.page.close()
    assert served.analyst.left.wait(20)
    other.ask("top departments")
    expect(other.last.locator("tbody tr")).to_have_count(5)


def test_nothing_is_offered_as_an_api_nor_under_another_name(tab: Tab, served: Served) -> None:
    page = tab()
    info = page.page.request.get(f"{served.url}/gradio_api/info").json()
    assert info == {"named_endpoints": {}, "unnamed_endpoints": {}}
    answer = page.page.request.get(served.url, headers={"Host": "shop.example"})
    assert answer.status == 400
    assert "default-src 'self'" in page.page.request.get(served.url).headers["content-security-policy"]
