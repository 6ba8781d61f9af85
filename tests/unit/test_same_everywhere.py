"""One question at the command line, the API and MCP: the same answer, the same rights, the same line in the trail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mcp import Client

from agent.contracts import Principal
from agent.evaluation.benches.serve import scripted_endpoint
from agent.interfaces.cli import cli
from agent.interfaces.mcp.server import make_server
from agent.service import Service
from tests.serving import BASE, client, service_in

QUESTIONS = (
    "Which five departments brought in the most revenue in 2017?",
    "2017年各部门的销售额",
    "revenue last month",
    "top 3 customers by revenue in 2017",
    "SELECT department, count(*) AS n FROM products GROUP BY 1 ORDER BY 2 DESC LIMIT 3",
    "What is our return policy?",
    "how is it going",
)
ATTACK = "SELECT * FROM read_csv('/etc/passwd')"
SAME = (
    "language",
    "store",
    "as_of",
    "status",
    "text",
    "plan",
    "evidence",
    "facts",
    "charts",
    "suggestions",
    "proposals",
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, journey_folder: Path) -> Iterator[Service]:
    """The demo store and a hosted model that takes the first choice; nobody has an account."""
    with ExitStack() as opened:
        address = opened.enter_context(scripted_endpoint())
        folder = tmp_path_factory.mktemp("same")
        (folder / "stores").symlink_to(journey_folder / "stores")
        settings = {"cache_dir": journey_folder / "cache", "model": "hosted:scripted", "base_url": address}
        yield opened.enter_context(service_in(folder, **settings))


def by_cli(service: Service, question: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, Any]:
    for name in ("data_dir", "cache_dir", "model", "base_url"):
        monkeypatch.setenv(f"SHOPOPS_{name.upper()}", str(getattr(service.settings, name)))
    shown = CliRunner().invoke(cli, ["ask", "--json", question])
    return shown.exit_code, json.loads(shown.stdout)


def by_mcp(service: Service, question: str) -> Any:
    async def run() -> Any:
        async with Client(make_server(service, lambda context: Principal())) as asking:
            return await asking.call_tool("ask", {"question": question})

    return asyncio.run(run())


def what_counts(answer: Any) -> Any:
    return {name: answer[name] for name in SAME}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_same_answer(service: Service, question: str, monkeypatch: pytest.MonkeyPatch) -> None:
    status, typed = by_cli(service, question, monkeypatch)
    sent = client(service).post(f"{BASE}/ask", json={"question": question})
    called = by_mcp(service, question)
    assert (status, sent.status_code, called.is_error) == (0, 200, False)
    assert what_counts(sent.json()) == what_counts(typed)
    assert what_counts(called.structured_content) == what_counts(typed)
    entries = {json.loads(e.payload).get("answer"): json.loads(e.payload) for e in service.state.audit_entries()}
    told = [entries[a["id"]] for a in (typed, sent.json(), called.structured_content)]
    assert [entry["via"] for entry in told] == ["cli", "api", "mcp"]
    assert len({json.dumps([entry["tools"], entry["status"], entry["store"]]) for entry in told}) == 1


def test_the_same_refusal(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    status, typed = by_cli(service, ATTACK, monkeypatch)
    sent = client(service).post(f"{BASE}/ask", json={"question": ATTACK})
    assert (status, typed["status"], sent.status_code) == (1, "refused", 403)
    assert sent.json()["detail"] == typed["text"]
    assert typed["text"] in by_mcp(service, ATTACK).content[0].text


def test_the_same_sentence_on_what_cannot_be_read(service: Service) -> None:
    sent = client(service).post(f"{BASE}/ask", json={"question": "revenue\x00"}).json()
    assert sent["code"] == "question"
    assert sent["detail"] in by_mcp(service, "revenue\x00").content[0].text
