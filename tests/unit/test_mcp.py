"""The MCP server, asked by the SDK's own client: over standard input and output, and over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import httpx2
import jsonschema
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from agent.service import Service
from db.semantic.query import Filter
from db.state import State
from db.state.accounts import Accounts
from db.state.alert_rules import AlertRules
from db.state.tokens import Tokens
from tests.serving import Slow, served, service_in, shop_in, token_of
from tests.unit.answers import SCHEMA
from tools.registry import planned_tools

ROOT = Path(__file__).resolve().parents[2]
MAIN = "from agent.interfaces.cli import main; main()"
GROCERY = (Filter(dimension="department", values=("GROCERY",)),)
YEAR = {"start": "2017-01-01", "end": "2018-01-01"}
SQL = {"question": "SELECT count(*) AS n FROM transactions"}
MODES = ["auto", "legacy"]
Use = Callable[[Client], Awaitable[Any]]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, journey_folder: Path) -> Iterator[tuple[Service, str]]:
    with shop_in(tmp_path_factory.mktemp("mcp"), journey_folder) as service, served(service) as url:
        yield service, f"{url}/mcp"


def over_http(url: str, token: str, use: Use, mode: Any = "auto") -> Any:
    async def run() -> Any:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as http,
            Client(streamable_http_client(url, http_client=http), mode=mode) as client,
        ):
            return await use(client)

    return asyncio.run(run())


def over_stdio(folder: Path, *args: str, use: Use, mode: Any = "auto") -> Any:
    environ = {**os.environ, "SHOPOPS_DATA_DIR": str(folder), "SHOPOPS_CACHE_DIR": str(folder / "cache")}
    server = StdioServerParameters(command=sys.executable, args=["-c", MAIN, "mcp", *args], env=environ, cwd=ROOT)

    async def run() -> Any:
        async with Client(server, mode=mode) as client:
            return await use(client)

    return asyncio.run(run())


def words(result: Any) -> str:
    return "\n".join(part.text for part in result.content)


@pytest.mark.parametrize("mode", MODES)
def test_every_planned_tool_is_there_with_its_arguments(shop: tuple[Service, str], mode: str) -> None:
    service, url = shop
    token = token_of(service, f"list.{mode}")

    async def use(client: Client) -> Any:
        return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in over_http(url, token, use, mode)}
    assert set(tools) == {"ask", *(tool.name for tool in planned_tools() if tool.name != "export")}
    for tool in tools.values():
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        assert tool.input_schema["type"] == "object"
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
    assert "metrics" in tools["query_metrics"].input_schema["required"]


@pytest.mark.parametrize("mode", MODES)
def test_an_answer_in_words_and_as_json_with_its_stages(shop: tuple[Service, str], mode: str) -> None:
    service, url = shop
    stages: list[str] = []

    async def heard(_done: float, _total: float | None, message: str | None) -> None:
        stages.append(str(message))

    async def use(client: Client) -> Any:
        first = await client.call_tool("ask", {"question": "revenue in 2017"}, progress_callback=heard)
        more = {"question": "and by department?", "conversation": first.structured_content["conversation"]}
        return first, await client.call_tool("ask", more)

    first, second = over_http(url, token_of(service, f"ask.{mode}"), use, mode)
    assert not first.is_error
    assert "$4,594,146.32" in words(first)
    assert first.structured_content["evidence"][0]["rows"] == [[4594146.32]]
    assert second.structured_content["plan"][0]["args"]["group_by"] == ["department"]
    assert "GROCERY\t2315299.04" in words(second)
    assert any(stage.startswith("execute") for stage in stages)


def test_a_tool_by_its_arguments_gives_what_the_words_give(shop: tuple[Service, str]) -> None:
    service, url = shop

    async def use(client: Client) -> Any:
        args = {"metrics": ["revenue"], "group_by": ["department"], "time": YEAR, "limit": 5}
        direct = await client.call_tool("query_metrics", args | {"answer_language": "zh"})
        asked = await client.call_tool("ask", {"question": "2017年销售额最高的5个部门"})
        return direct, asked

    direct, asked = over_http(url, token_of(service, "direct"), use)
    assert direct.structured_content["evidence"][0]["rows"] == asked.structured_content["evidence"][0]["rows"]
    assert "部门" in words(direct)


@pytest.mark.parametrize(
    ("tool", "args", "says"),
    [
        ("nix", {}, "There is no tool 'nix'."),
        ("run_sql", {"sql": "SELECT 1"}, "There is no tool 'run_sql'."),
        ("export", {}, "takes the tables of an answer"),
        ("ask", {}, "ask: question: field required"),
        ("ask", {"question": "x" * 3_000}, "at most 2000 characters"),
        ("ask", {"question": "x", "store": "../x"}, "ask: store"),
        ("query_metrics", {}, "query_metrics: metrics: field required"),
        ("query_metrics", {"metrics": ["revenu"]}, "did you mean 'revenue'?"),
        ("query_metrics", {"metrics": ["revenue"], "group_by": ["nix"]}, "no dimension 'nix'"),
        ("query_metrics", {"metrics": ["revenue"], "frob": 1}, "query_metrics: frob"),
        ("query_metrics", {"metrics": ["revenue"], "answer_language": "de"}, "answer_language"),
        ("forecast", {"metric": "revenue", "filters": [{"dimension": "customer", "values": ["718"]}]}, "not at single"),
        ("recommend_products", {"customers": {"from_step": 1, "column": "customer"}}, "no earlier step"),
    ],
)
def test_a_call_that_cannot_be_done_says_why(
    shop: tuple[Service, str], tool: str, args: dict[str, Any], says: str
) -> None:
    service, url = shop
    name = f"bad.{abs(hash((tool, says)))}"

    async def use(client: Client) -> Any:
        return await client.call_tool(tool, args)

    told = over_http(url, token_of(service, name), use)
    assert told.is_error
    assert says in words(told)


def test_rights_hold_as_everywhere(shop: tuple[Service, str]) -> None:
    service, url = shop
    viewer = token_of(service, "vic", "viewer")
    part = token_of(service, "gro", "analyst", GROCERY)
    open_ = token_of(service, "eve", "analyst", pii=True)
    customers = {"metrics": ["revenue"], "group_by": ["customer"], "time": YEAR, "limit": 3}

    async def ask(client: Client) -> Any:
        split = {"metrics": ["revenue"], "group_by": ["department"], "time": YEAR}
        return (
            await client.call_tool("ask", SQL),
            await client.call_tool("query_metrics", split),
            await client.call_tool("query_metrics", customers),
        )

    refused, _, veiled = over_http(url, viewer, ask)
    assert refused.is_error
    assert "may not run SQL" in words(refused)
    assert all(str(row[0]).startswith("C-") for row in veiled.structured_content["evidence"][0]["rows"])
    refused, filtered, _ = over_http(url, part, ask)
    assert refused.is_error
    assert [row[0] for row in filtered.structured_content["evidence"][0]["rows"]] == ["GROCERY"]
    ran, _, shown = over_http(url, open_, ask)
    assert ran.structured_content["evidence"][0]["rows"][0][0] > 1_000_000
    assert all(str(row[0]).isdigit() for row in shown.structured_content["evidence"][0]["rows"])


def test_a_tool_that_writes_only_proposes(shop: tuple[Service, str]) -> None:
    service, url = shop
    rule = {"metric": "refund_rate", "number": 5, "percent": True, "text": "tell me when the refund rate passes 5 %"}

    async def use(client: Client) -> Any:
        return await client.call_tool("set_alert", rule)

    async def talk(client: Client) -> Any:
        said = await client.call_tool("ask", {"question": "tell me when the refund rate passes 5 %"})
        more = {"question": "yes", "conversation": said.structured_content["conversation"]}
        return said.structured_content["proposals"][0]["id"], await client.call_tool("ask", more)

    token = token_of(service, "al")
    waiting, yes = over_http(url, token, talk)
    assert f"shopops confirm {waiting}" in words(yes)
    assert AlertRules(service.state.engine).all() == ()
    proposed = over_http(url, token, use)
    assert not proposed.is_error, words(proposed)
    waits = proposed.structured_content["proposals"][0]
    assert waits["action"] == "set_alert"
    assert f"shopops confirm {waits['id']}" in words(proposed)
    assert AlertRules(service.state.engine).all() == ()
    refused = over_http(url, token_of(service, "viv", "viewer"), use)
    assert refused.is_error
    assert "may look" in words(refused)


def test_nobody_gets_in_without_a_token_nor_with_one_that_was_revoked(shop: tuple[Service, str]) -> None:
    service, url = shop
    token = token_of(service, "tim")
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream"}
    for wrong in ({}, {"Authorization": "Bearer so_wrong"}):
        told = httpx.post(url, json=body, headers=headers | wrong)
        assert (told.status_code, told.json()["code"]) == (401, "sign_in")
        assert "Bearer" in told.headers["www-authenticate"]

    async def use(client: Client) -> Any:
        before = await client.call_tool("query_metrics", {"metrics": ["revenue"]})
        Tokens(service.state).revoke(Tokens(service.state).list("tim")[0].id)
        with pytest.raises(Exception):  # noqa: B017, PT011 - the SDK's error differs by protocol
            await client.call_tool("query_metrics", {"metrics": ["revenue"]})
        return before

    assert not over_http(url, token, use).is_error


def test_a_page_of_another_site_reaches_nothing(tmp_path: Path) -> None:
    with service_in(tmp_path, Slow()) as service, served(service) as url:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        told = httpx.post(f"{url}/mcp", json=body, headers={"Origin": "https://evil.example"})
        assert (told.status_code, told.json()["code"]) == (403, "permission_refused")
        assert httpx.post(f"{url}/mcp", content=b" " * 70_000).status_code == 413


def test_tool_calls_count_as_questions(tmp_path: Path) -> None:
    analyst: Any = Slow()
    analyst.store = SimpleNamespace(schema=SCHEMA)
    with service_in(tmp_path, analyst, question_limit="2/minute") as service, served(service) as url:
        token = token_of(service, "ann")

        async def use(client: Client) -> Any:
            return [await client.call_tool("ask", {"question": "revenue"}) for _ in range(3)]

        told = over_http(f"{url}/mcp", token, use, "2026-07-28")
    assert [result.is_error for result in told] == [False, False, True]
    assert "too_often" in words(told[2])


@pytest.mark.parametrize("mode", ["2026-07-28", "legacy"])
def test_a_client_that_leaves_stops_its_question(tmp_path: Path, mode: str) -> None:
    analyst = Slow()
    with service_in(tmp_path, analyst) as service, served(service) as url:
        token = token_of(service, "ann")

        async def use(client: Client) -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.call_tool("ask", {"question": "wait"}), 1.5)

        over_http(f"{url}/mcp", token, use, mode)
        assert analyst.thinking.is_set()
        assert analyst.stopped.wait(20)


def test_resources(shop: tuple[Service, str]) -> None:
    service, url = shop

    async def use(client: Client) -> Any:
        listed = [resource.uri for resource in (await client.list_resources()).resources]
        catalogue = await client.read_resource("shopops://catalogue/zh")
        page = await client.read_resource("shopops://handbook/en/returns.md")
        for uri in ("shopops://nix", "shopops://handbook/../../etc/passwd", "file:///etc/passwd"):
            with pytest.raises(MCPError, match="no such resource"):
                await client.read_resource(uri)
        return listed, catalogue.contents[0].text, page.contents[0].text

    listed, catalogue, page = over_http(url, token_of(service, "reader", "viewer"), use)
    assert "shopops://catalogue/en" in listed
    assert json.loads(catalogue)["metrics"][0]["label"] == "销售额"
    assert page.startswith("# ")


def test_what_was_asked_is_in_the_trail_without_its_words(shop: tuple[Service, str]) -> None:
    service, url = shop

    async def use(client: Client) -> Any:
        return await client.call_tool("search_knowledge", {"text": "Mallory's return window"})

    over_http(url, token_of(service, "trail"), use)
    mine = [entry for entry in service.state.audit_entries() if entry.who == "trail"]
    assert [entry.action for entry in mine] == ["ask"]
    assert '"via":"mcp"' in mine[0].payload
    assert "search_knowledge" in mine[0].payload
    assert "Mallory" not in mine[0].payload


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, journey_folder: Path) -> Path:
    """A data folder with the demo store and two users, for a server in a process of its own."""
    made = tmp_path_factory.mktemp("stdio")
    (made / "stores").symlink_to(journey_folder / "stores")
    (made / "cache").symlink_to(journey_folder / "cache")
    (journey_folder / "cache").mkdir(exist_ok=True)
    with State.open(None, made) as state:
        Accounts(state).add("vic", "viewer", None, GROCERY)
        Accounts(state).add("gone", "viewer")
        Accounts(state).disable("gone")
    return made


def test_standard_input_and_output(folder: Path) -> None:
    async def use(client: Client) -> Any:
        return (
            [tool.name for tool in (await client.list_tools()).tools],
            await client.call_tool("ask", {"question": "revenue last month"}),
            await client.call_tool("ask", SQL),
        )

    names, told, ran = over_stdio(folder, use=use)
    assert "ask" in names
    assert told.structured_content["status"] == "answered"
    assert ran.structured_content["evidence"][0]["rows"][0][0] > 1_000_000  # the machine's owner


def test_standard_input_and_output_with_a_users_rights(folder: Path) -> None:
    async def use(client: Client) -> Any:
        told = await client.call_tool("query_metrics", {"metrics": ["revenue"], "group_by": ["department"]})
        return told, await client.call_tool("ask", SQL)

    told, refused = over_stdio(folder, "--user", "vic", use=use, mode="legacy")
    assert [row[0] for row in told.structured_content["evidence"][0]["rows"]] == ["GROCERY"]
    assert refused.is_error


def test_nothing_but_the_protocol_is_on_standard_output(folder: Path) -> None:
    environ = {**os.environ, "SHOPOPS_DATA_DIR": str(folder), "SHOPOPS_CACHE_DIR": str(folder / "cache")}
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        "this is no JSON",
        json.dumps({"jsonrpc": "2.0", "id": 2, "method": "nix"}),
        json.dumps({"jsonrpc": "2.0", "id": 3, "method": "tools/call",
                    "params": {"name": "ask", "arguments": {"question": "revenue last month"}}}),
    ]  # fmt: skip
    child = subprocess.Popen(
        [sys.executable, "-c", MAIN, "mcp"], cwd=ROOT, env=environ, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write("\n".join(lines) + "\n")
    child.stdin.flush()
    seen: dict[Any, Any] = {}
    while 3 not in seen:
        reply = json.loads(child.stdout.readline())
        assert reply["jsonrpc"] == "2.0"
        seen[reply.get("id")] = reply
    child.stdin.close()
    rest, errors = child.stdout.read(), child.stderr.read() if child.stderr else ""
    assert child.wait(20) == 0
    assert all(json.loads(line)["jsonrpc"] == "2.0" for line in rest.splitlines())
    assert "Traceback" not in errors
    child.stdout.close()
    if child.stderr:
        child.stderr.close()


@pytest.mark.parametrize(
    ("args", "says"), [(["--user", "gone"], "no user of that name"), (["--store", "nix"], "no store")]
)
def test_what_is_wrong_is_told_before_the_protocol_begins(folder: Path, args: list[str], says: str) -> None:
    environ = {**os.environ, "SHOPOPS_DATA_DIR": str(folder), "SHOPOPS_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "mcp", *args], cwd=ROOT, env=environ, text=True, input="", capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert done.stdout == ""
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
