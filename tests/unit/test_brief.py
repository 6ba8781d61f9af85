"""The weekly brief over a small shop: what it says, in which form, and what happens when something is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from agent.brief import Brief, Order, brief_message, write_brief, write_briefs
from agent.brief.page import markdown
from agent.brief.week import parse_week
from agent.delivery.message import Message
from agent.interfaces.cli import cli
from db.errors import AsOfError, Cancelled, SettingsError, UsageError
from db.state.briefs import Briefs
from tests.brief_shop import ANN, FIRST, Corner, cancelled
from tests.brief_text import page_text, pool_of, sentences, unescaped, ungrounded

LIGHT = "kpis: [revenue, orders, customers, aov]\nactions: 0\nsections:\n" + "".join(
    f"  - name: {name}\n" for name in ("claims", "moved", "departments", "products")
)
MONDAY = FIRST + timedelta(weeks=69)
QUIET = FIRST + timedelta(weeks=66)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Brief, ...]:
    """The whole brief of a steady week in both languages and all formats."""
    folder = tmp_path_factory.mktemp("corner")
    with Corner(folder) as service:
        return write_briefs(service, Order(week=QUIET, languages=("en", "zh"), model=False))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop's database, to be copied."""
    folder = tmp_path_factory.mktemp("shop")
    with Corner(folder) as service:
        assert service.end == FIRST + timedelta(weeks=70)
    return folder


@pytest.fixture
def folder(shop: Path, tmp_path: Path) -> Path:
    """A data folder with the shop and the sections that are quick."""
    shutil.copy(shop / "corner.sqlite", tmp_path)
    own = tmp_path / "brief" / "corner"
    own.mkdir(parents=True)
    (own / "sections.yaml").write_text(LIGHT, encoding="utf-8")
    return tmp_path


def _text(brief: Brief, kind: str = "md") -> str:
    return brief.files[kind].read_text("utf-8")  # type: ignore[index]


@pytest.mark.timeout(240)
@pytest.mark.slow
def test_a_quiet_week_says_that_nothing_is_unusual(made: tuple[Brief, ...]) -> None:
    english, chinese = (_text(brief) for brief in made)
    assert all(kpi.verdict == "usual" for kpi in made[0].analysis.kpis)
    assert "within its usual range" in made[0].analysis.headline.text.en
    assert "Nothing unusual in any of the" in english
    assert "Every department of some size is within what is usual for it." in english
    assert "项主要指标均无异常" in chinese
    assert "处于正常区间" in chinese


@pytest.mark.timeout(240)
def test_a_store_without_payments_and_campaigns_says_so_in_one_sentence(made: tuple[Brief, ...]) -> None:
    english, chinese = (_text(brief) for brief in made)
    assert "Not available this week: This store has no data on payments." in english
    assert "Not available this week: This store does not record it." in english
    assert "本周无法提供：本店没有支付数据。" in chinese
    assert "## Next week" in english  # the rest stands


@pytest.mark.timeout(240)
def test_last_year_is_compared_where_there_is_one(made: tuple[Brief, ...]) -> None:
    revenue = made[0].analysis.kpis[0]
    assert revenue.last_year is not None
    assert "| Last year |" in _text(made[0])
    assert "同比" in _text(made[1], "html")
    assert not any("last year" in note.en for note in made[0].analysis.notes)


@pytest.mark.timeout(240)
def test_every_number_of_every_form_resolves_to_a_fact_or_a_cell(made: tuple[Brief, ...]) -> None:
    for brief in made:
        pool = pool_of(brief.analysis)
        assert ungrounded(unescaped(_text(brief)), pool) == []
        assert ungrounded(page_text(_text(brief, "html")), pool) == []
        assert ungrounded(brief.summary, pool) == []
        assert ungrounded(page_text(brief.mail), pool) == []
        assert ungrounded(brief.through_line, pool) == []
        assert ungrounded("Revenue was $123,456.78, 37.77% more.", pool) != []  # the net is not too wide


@pytest.mark.timeout(240)
def test_every_sentence_of_the_details_is_a_facts_own(made: tuple[Brief, ...]) -> None:
    for brief in made:
        known = sentences(brief.analysis, brief.language)
        details = unescaped(_text(brief)).split("\n## ")[3:-1]  # behind the actions and the claims, before the method
        lines = [line for part in details for line in part.split("\n")[1:] if line and not line.startswith("|")]
        ours = ("Not available this week", "本周无法提供", "The change is within", "变化在正常波动")
        assert [x for x in lines if x not in known and not x.startswith(ours)] == []
        assert len(lines) > 5


@pytest.mark.timeout(240)
def test_nothing_is_said_twice(made: tuple[Brief, ...]) -> None:
    for brief in made:
        text = unescaped(_text(brief))
        assert [s for s in sentences(brief.analysis, brief.language) if len(s) > 20 and text.count(s) > 1] == []


@pytest.mark.timeout(240)
def test_the_page_is_one_file_that_fetches_and_runs_nothing(made: tuple[Brief, ...]) -> None:
    for brief in made:
        page = _text(brief, "html")
        assert not re.search(r"<script|<link|<iframe|<img|@import|url\((?!#)|\bon\w+=", page)
        assert "default-src 'none'" in page
        assert page.count("<svg") > 5
        assert len(re.findall(r'\bid="[^"]+"', page)) == len(set(re.findall(r'\bid="[^"]+"', page)))
    assert '<html lang="zh-CN">' in _text(made[1], "html")


@pytest.mark.timeout(240)
def test_the_pdf_holds_the_key_figures(made: tuple[Brief, ...]) -> None:
    for brief in made:
        pages = PdfReader(BytesIO(brief.files["pdf"].read_bytes())).pages
        first = re.sub(r"\s+", " ", pages[0].extract_text())
        shown = re.findall(r'<div class="now">([^<]+)</div>', _text(brief, "html"))
        assert len(shown) == len(brief.analysis.kpis)
        assert all(figure in first for figure in shown)
        assert len(pages) >= 2


def test_names_of_the_data_are_inert_in_every_form(folder: Path) -> None:
    """A template's own words, markup, a script and a link in names of members are shown and do nothing."""
    with Corner(folder) as service:
        brief = write_briefs(service, Order(model=False))[0]
    text, page = _text(brief), _text(brief, "html")
    assert "49" not in re.findall(r"\d+", text.replace("$", " "))
    assert "{{7\\*7}}\\<script\\>" in text
    assert "{{7*7}}&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page + brief.mail
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "://" not in brief.summary
    assert "<a " not in page + brief.mail


def test_what_markdown_would_read_is_written_as_it_stands() -> None:
    assert markdown("[x](http://e) **b** `c` <i> a|b") == r"\[x\](http\://e) \*\*b\*\* \`c\` \<i\> a\|b"
    assert markdown("a\u202eb\x00") == "a b "


@pytest.mark.timeout(240)
def test_a_claim_is_held_against_the_next_weeks_data(made: tuple[Brief, ...]) -> None:
    """The forecast of one week is checked in the brief of the next: a usual week hits, another one misses."""
    claim = made[0].analysis.claims[0]
    data, after = made[0].files["md"].parents[3], QUIET + timedelta(weeks=1)
    with _light(data) as service:
        brief = write_briefs(service, Order(week=after, formats=("md",), languages=("en", "zh"), model=False))
    revenue = float(brief[0].analysis.kpis[0].now)  # type: ignore[arg-type]
    assert (claim.kind, claim.period.start) == ("forecast", after)
    assert claim.low is not None
    assert claim.high is not None
    verdict = "hit" if claim.low <= revenue <= claim.high else "missed"
    section = _text(brief[0])
    assert f"Last week's brief expected revenue of ${claim.expected:,.0f} in 2024-W03" in section
    assert f"It came to ${revenue:,.0f}: {verdict}" in section
    assert "上周周报预计" in _text(brief[1])


@contextmanager
def _light(folder: Path) -> Iterator[Corner]:
    """The shop of a folder with the sections that are quick, for as long as it is open."""
    own = folder / "brief" / "corner"
    own.mkdir(parents=True)
    (own / "sections.yaml").write_text(LIGHT, encoding="utf-8")
    try:
        with Corner(folder) as service:
            yield service
    finally:
        shutil.rmtree(folder / "brief")


def test_a_claim_that_was_wrong_is_told_as_missed(folder: Path) -> None:
    with Corner(folder) as service:
        first = write_briefs(service, Order(week=MONDAY - timedelta(weeks=1), formats=("md",), model=False))[0]
        kept = Briefs(service.state.engine)
        old = kept.get(first.number, "operator")
        assert old is not None
        claim = {
            "id": "c1", "kind": "forecast", "text": {"en": "revenue of $9,000 in X", "zh": "X销售额为$9,000"},
            "metric": "revenue", "unit": "currency", "low": 8900.0, "high": 9100.0, "expected": 9000.0, "filters": [],
            "period": {"start": str(MONDAY), "end": str(MONDAY + timedelta(weeks=1))}, "members": [],
        }  # fmt: skip
        kept.put(replace(old, content={**old.content, "claims": [claim]}))
        brief = write_briefs(service, Order(week=MONDAY, formats=("md",), languages=("en", "zh"), model=False))
    assert "expected revenue of $9,000 in X ($8,900 to $9,100)" in _text(brief[0])
    assert "missed, it is lower" in _text(brief[0])
    assert "未命中，实际更低" in _text(brief[1])


def test_written_again_it_replaces_and_another_user_has_their_own(folder: Path) -> None:
    with Corner(folder) as service:
        first = write_brief(service, formats=("md",), model=False)
        again = write_brief(service, formats=("md",), model=False)
        hers = write_brief(service, formats=("md",), principal=ANN, model=False)
        kept = Briefs(service.state.engine)
        assert [b.id for b in kept.of("corner", "operator")] == [again.number]
        assert first.number == again.number
        assert kept.get(again.number, "ann") is None
        assert kept.get(hers.number, "ann") is not None
        assert hers.files["md"].parent != again.files["md"].parent
        assert hers.files["md"].is_relative_to(folder)
        assert [e.action for e in service.state.audit_entries()] == ["write_brief"] * 3


def test_stopped_it_leaves_nothing(folder: Path) -> None:
    with Corner(folder) as service, pytest.raises(Cancelled):
        write_briefs(service, Order(model=False), cancel=cancelled())
    assert not list(folder.rglob("*.md"))
    assert not list(folder.rglob("*.part"))


def test_a_full_disk_leaves_the_brief_that_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Corner(folder) as service:
        before = _text(write_brief(service, formats=("md",), model=False))

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(Exception, match="No space left"):
            write_brief(service, formats=("md",), model=False)
    assert [path.read_text("utf-8") for path in folder.rglob("*.md")] == [before]
    assert not list(folder.rglob("*.part"))


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("# {{ title }}\n{% for k in kpis %}\n", "brief.md.j2, line 2: Unexpected end of template"),
        ("a\nb\n{{ nothing.here }}\n", "brief.md.j2, line 3: 'nothing' is undefined"),
        ("{{ ''.__class__.__mro__ }}", "brief.md.j2, line 1: access to attribute '__class__'"),
        ("{{ kpis.append(1) }}", "brief.md.j2, line 1: access to attribute 'append'"),
    ],
)
def test_a_broken_template_is_told_by_file_and_line_and_nothing_is_written(
    folder: Path, template: str, words: str
) -> None:
    (folder / "brief" / "corner" / "brief.md.j2").write_text(template, encoding="utf-8")
    with Corner(folder) as service, pytest.raises(SettingsError) as error:
        write_brief(service, formats=("md",), model=False)
    assert words in str(error.value)
    assert not list(folder.rglob("*.md"))


def test_an_operators_template_and_sections_are_used(folder: Path) -> None:
    own = folder / "brief" / "corner"
    (own / "brief.md.j2").write_text("OURS {{ headline }} {% for s in sections %}[{{ s.title }}]{% endfor %}", "utf-8")
    (own / "sections.yaml").write_text(
        "kpis: [orders]\nactions: 0\nsections:\n  - {name: moved, title: {en: Why, zh: 为什么}}\n", "utf-8"
    )
    with Corner(folder) as service:
        brief = write_brief(service, formats=("md",), model=False)
    assert re.fullmatch(r"OURS Orders (rose|fell|held) .* \[Why\]", _text(brief))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kpis: [revenue]\nsections:\n  - name: gossip\n", "line 3: there is no section 'gossip'"),
        ("kpis: [revenue]\nsecti: [}\n", "line 2: it is not YAML"),
        ("kpis: [revenue]\nrows: many\nsections: []\n", "line 2: 'rows'"),
    ],
)
def test_broken_sections_are_told_by_line(folder: Path, text: str, words: str) -> None:
    (folder / "brief" / "corner" / "sections.yaml").write_text(text, encoding="utf-8")
    with Corner(folder) as service, pytest.raises(SettingsError, match=re.escape(words)):
        write_brief(service, formats=("md",), model=False)


def test_weeks_are_named_as_people_do_and_must_be_whole(folder: Path) -> None:
    assert parse_week("2024-W05") == parse_week("2024-02-04") == date(2024, 1, 29)
    for wrong in ("2024-W60", "yesterday", "2024-13-01"):
        with pytest.raises(UsageError):
            parse_week(wrong)
    with Corner(folder) as service:
        with pytest.raises(AsOfError, match="not whole within the store's data"):
            write_brief(service, week=MONDAY + timedelta(weeks=1), model=False)
        early = write_brief(service, as_of=MONDAY + timedelta(days=3), formats=("md",), model=False)
    assert early.analysis.week.end == MONDAY


def test_a_week_with_a_shut_day_is_held_against_like_weeks(tmp_path: Path) -> None:
    own = tmp_path / "brief" / "corner"
    own.mkdir(parents=True)
    (own / "sections.yaml").write_text(LIGHT, encoding="utf-8")
    shut = MONDAY + timedelta(days=5)
    with Corner(tmp_path, scale=lambda day: 0.0 if day == shut else 1.0) as service:
        brief = write_brief(service, formats=("md",), language="en", model=False)
    revenue = brief.analysis.kpis[0]
    assert revenue.verdict == "usual"
    assert revenue.shut == 1
    assert f"There was no trade on Saturday, {shut}" in _text(brief)
    assert "within its usual range for a week with one day closed" in _text(brief)


@pytest.mark.timeout(240)
def test_a_week_that_breaks_is_told(tmp_path: Path) -> None:
    own = tmp_path / "brief" / "corner"
    own.mkdir(parents=True)
    (own / "sections.yaml").write_text(LIGHT.replace("actions: 0", "actions: 3"), encoding="utf-8")
    broken = FIRST + timedelta(weeks=19)
    with Corner(tmp_path, scale=lambda day: 0.5 if day >= broken else 1.0, weeks=20) as service:
        brief = write_brief(service, formats=("md",), model=False)
    assert [k.verdict for k in brief.analysis.kpis][:2] == ["low", "low"]
    assert "below its usual range" in brief.analysis.headline.text.en
    assert any(a.kind in ("figure", "department") for a in brief.analysis.actions)


def test_a_message_holds_the_essentials_and_the_files(made: tuple[Brief, ...]) -> None:
    for brief in made:
        message = brief_message(brief)
        assert message.title.endswith(brief.title)
        assert message.language == brief.language
        assert [a.media_type for a in message.attachments] == ["text/html", "application/pdf"]
        assert all(a.path.is_file() for a in message.attachments)
        assert message.text.count("\n- ") >= len(brief.analysis.kpis)
        assert not re.search(r"[\[\]<>`]|://", message.text)
        assert Message.from_json(message.to_json()) == message
        assert message.html is not None
        assert "<svg" not in message.html


def test_without_pango_the_rest_is_written_and_one_sentence_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with Corner(folder) as service:
        brief = write_brief(service, model=False)
    assert set(brief.files) == {"md", "html"}
    assert "Pango library is missing" in brief.unwritten["pdf"]
    assert "apt install" in brief.unwritten["pdf"]


def test_a_short_history_is_said_and_not_guessed(tmp_path: Path) -> None:
    own = tmp_path / "brief" / "corner"
    own.mkdir(parents=True)
    (own / "sections.yaml").write_text(LIGHT, encoding="utf-8")
    with Corner(tmp_path, weeks=3) as service:
        brief = write_brief(service, formats=("md",), model=False)
    assert {k.verdict for k in brief.analysis.kpis} == {"unknown"}
    assert "too few weeks" in _text(brief)
    assert "does not reach back" in _text(brief)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--week", "soon"], "is not a week"),
        (["--as-of", "2017-99-01"], "is not a date"),
        (["--format", "docx"], "is none of md, html, pdf"),
        (["--week", "2017-W10", "--as-of", "2017-04-01"], "both say which week"),
        (["--send", "nowhere"], "There is no channel 'nowhere'"),
    ],
)
def test_used_wrongly_the_command_says_how(arguments: list[str], words: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["brief", *arguments], env={"SHOPOPS_DATA_DIR": str(tmp_path)})
    assert result.exit_code == 2
    assert words in result.stderr


def test_help_has_an_example() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "from agent.interfaces.cli import main; main()", "brief", "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "shopops brief --week 2017-W51" in found.stdout


@pytest.mark.timeout(240)
def test_send_puts_it_into_the_outbox_and_says_what_became_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent.service import Service

    monkeypatch.setattr(Service, "open", classmethod(lambda cls, settings: Corner(folder)))
    channels = '{"ops": {"kind": "folder"}, "lost": {"kind": "folder", "path": "/proc/none"}}'
    for channel, status, words in (("ops", 0, "Sent to ops."), ("lost", 1, "Not sent to lost:")):
        monkeypatch.setenv("SHOPOPS_DATA_DIR", str(folder))
        monkeypatch.setenv("SHOPOPS_CHANNELS", channels)
        arguments = ["brief", "--send", channel, "--no-model", "--format", "md,html"]
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == status, result.output
        assert words in result.output
    sent = [path for path in (folder / "sent" / "ops").rglob("*") if path.is_file()]
    assert any(path.suffix == ".html" for path in sent)
    assert any("Revenue" in path.read_text("utf-8") for path in sent if path.suffix in (".md", ".txt", ".json"))
