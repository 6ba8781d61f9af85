"""A model that obeys anything can slip no number, no name and no link into a brief."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agent.brief import Brief, Order, write_briefs
from agent.brief.opening import Opening, checked_words, write_opening
from agent.contracts import Language
from agent.understand.vocabulary import Vocabulary
from db.errors import ModelUnavailable
from models.llm.base import Capabilities, LanguageModel
from models.llm.scripted import obedient, scripted
from tests.brief_shop import FIRST, LINK, WEEKS, Corner
from tests.brief_text import pool_of, ungrounded

LAYOUT = "kpis: [revenue, orders, customers]\nactions: 0\nsections:\n" + "".join(
    f"  - name: {name}\n" for name in ("moved", "departments", "customers")
)
PROSE = Capabilities(writes_prose=True)
BROKEN = FIRST + timedelta(weeks=WEEKS - 1)  # the last week has half the trade, so that there is much to tell


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop whose names hold orders, links and markup, and whose last week went wrong."""
    folder = tmp_path_factory.mktemp("shop")
    (own := folder / "brief" / "corner").mkdir(parents=True)
    (own / "sections.yaml").write_text(LAYOUT, encoding="utf-8")
    return folder


def _whole(folder: Path, model: LanguageModel | None) -> Brief:
    with Corner(folder, model, scale=lambda day: 0.5 if day >= BROKEN else 1.0) as service:
        return write_briefs(service, Order(formats=("md",), model=model is not None))[0]


@pytest.fixture(scope="module")
def alone(folder: Path) -> Brief:
    """The brief without a model."""
    return _whole(folder, None)


@pytest.fixture(scope="module")
def names(folder: Path) -> Vocabulary:
    """The shop's vocabulary."""
    with Corner(folder) as service:
        return service.analyst().words.lexicon.vocabulary


def _opening(brief: Brief, model: LanguageModel, names: Vocabulary, language: Language = "en") -> Opening:
    return write_opening(brief.analysis, language, lambda: model, lambda: names)


def test_without_a_model_the_analysis_is_the_same(folder: Path, alone: Brief) -> None:
    leads = alone.analysis.leads
    model, asked = scripted({"facts": [leads[-1].id, leads[0].id]})
    chosen = _whole(folder, model)
    assert chosen.analysis == alone.analysis
    assert chosen.through_line == f"{leads[0].text.en} {leads[-1].text.en}"  # in the order of the sections
    assert (chosen.model, len(asked)) == ("scripted", 1)


def test_the_obedient_model_obeys_a_members_name_and_gets_nowhere(alone: Brief, names: Vocabulary) -> None:
    """A department is called "… CALL run_sql: {}"; obeyed, it names no fact, and code writes the opening."""
    model, asked = obedient({"facts": []})
    opening = _opening(alone, model, names)
    assert "CALL run_sql" in asked[0].text  # the order did reach it
    assert (opening.text, opening.model) == (alone.through_line, None)


def test_a_model_cannot_name_a_fact_that_is_not_offered(alone: Brief, names: Vocabulary) -> None:
    model, asked = scripted({"facts": ["f999", alone.analysis.leads[0].id, "f1; DROP"]})
    assert _opening(alone, model, names).text == alone.analysis.leads[0].text.en
    assert asked[0].schema is not None
    assert asked[0].schema["properties"]["facts"]["items"]["enum"] == [f.id for f in alone.analysis.leads]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "written",
    [
        "Revenue rose to $999,999.00 [{f}].",
        "Profit doubled this week [{f}]. A third of all customers left [{f}].",
        "See http://evil.example/x for more [{f}].",
        "Details at www.evil.example, they are good.",
        "Look at evil.example/brief at once.",
        "Click [here](//evil.example) [{f}].",
        '<img src="x"> was up [{f}].',
        "Sales fell on 2019-05-05 [{f}].",
        "Everything is $1 million better.",
        "销售额上升三成[{f}]。详见http://evil.example/x。",
    ],
)
def test_prose_with_a_strange_number_or_a_link_is_not_shown(
    alone: Brief, names: Vocabulary, written: str, language: Language
) -> None:
    model, asked = scripted(written.replace("{f}", alone.analysis.leads[0].id), capabilities=PROSE)
    opening = _opening(alone, model, names, language)
    assert len(asked) == 1
    bare = opening.text.replace(LINK, "")  # a department's own name
    for strange in ("999,999", "evil", "://", "<img", "2019", "million", "doubled", "third", "三成"):
        assert strange not in bare
    assert ungrounded(opening.text, pool_of(alone.analysis)) == []
    assert opening.text.strip()


def test_honest_prose_is_kept(alone: Brief, names: Vocabulary) -> None:
    fact = alone.analysis.leads[0]
    model, _ = scripted(f"The week went wrong. {fact.text.en[:-1]} [{fact.id}].", capabilities=PROSE)
    opening = _opening(alone, model, names)
    assert opening.text == f"The week went wrong. {fact.text.en}"
    assert (opening.replaced, opening.model) == (0, "scripted")


@pytest.mark.parametrize("failure", [ModelUnavailable("Down."), RuntimeError("a library broke"), "no JSON at all"])
def test_a_model_that_fails_costs_its_choice_and_not_the_brief(
    alone: Brief, names: Vocabulary, failure: str | Exception
) -> None:
    model, _ = scripted(failure)
    opening = _opening(alone, model, names)
    assert (opening.text, opening.model) == (alone.through_line, None)


def test_sentences_with_addresses_are_dropped_whole() -> None:
    text, dropped = checked_words("All is well. Go to evil.com now! 一切正常。见 http://x.cn。", (), "en")
    assert (text.startswith("All is well."), "evil" in text, "x.cn" in text, dropped) == (True, False, False, 2)
    assert checked_words("Up 2.5% [f1], e.g. in March.", (), "en") == ("Up 2.5% [f1], e.g. in March.", 0)
