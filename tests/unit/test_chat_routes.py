"""The chat's routes over HTTP, without a browser: what they hand out, to whom, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agent.actions import Actions
from agent.contracts import Principal, Question
from agent.interfaces.chat.routes import router
from agent.interfaces.chat.visit import Recent
from agent.settings import Settings
from db.state.briefs import Briefs, KeptBrief
from tests.browser.analyst import NASTY
from tests.browser.conftest import FakeService

OURS = {"x-shopops": "1"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[FakeService]:
    with FakeService.open(Settings(data_dir=tmp_path, cache_dir=tmp_path)) as opened:
        yield opened


@pytest.fixture
def client(service: FakeService) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router(service, Recent()))
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)) as opened:
        yield opened


def ask(service: FakeService, text: str, number: int = 1, who: str = "operator") -> None:
    question = Question(f"q{number}", text, conversation=f"c{number}", principal=Principal(who), via="chat")
    from threading import Event

    service.fake.ask(question, lambda stage, message: None, Event(), lambda text: None)


def test_what_changes_something_wants_the_pages_own_header(client: TestClient) -> None:
    assert client.post("/chat/do/history", json={}).status_code == 403
    assert client.post("/chat/do/history", json={}, headers=OURS).status_code == 200
    foreign = OURS | {"origin": "http://elsewhere.example", "sec-fetch-site": "cross-site"}
    assert client.post("/chat/do/history", json={}, headers=foreign).status_code in (400, 403)
    assert client.post("/chat/do/nothing", json={}, headers=OURS).status_code == 404


@pytest.mark.parametrize("name", ["dashboard", "data", "review", "briefs", "history"])
def test_every_tab_opens_in_both_languages(client: TestClient, name: str) -> None:
    pages = []
    for language in ("en", "zh"):
        client.cookies.set("shopops-language", language)
        reply = client.post(f"/chat/do/{name}", json={}, headers=OURS)
        assert reply.status_code == 200
        pages.append(reply.json()["html"])
    assert pages[0] != pages[1]


def test_the_frame_names_the_store_and_the_models(client: TestClient) -> None:
    client.cookies.set("shopops-language", "en")
    page = client.get("/chat/frame").text
    assert "The Complete Journey" in page
    assert "local:qwen2.5-coder-1.5b" in page
    assert "no-store" in client.get("/chat/frame").headers["cache-control"]


def test_a_table_is_its_askers_alone(client: TestClient, service: FakeService) -> None:
    ask(service, "nasty")
    ask(service, "top departments", 2, "bob")
    mine = client.get("/chat/answers/q1/e1.csv")
    assert mine.headers["content-disposition"].startswith("attachment")
    assert NASTY.replace('"', '""') in mine.text
    assert client.get("/chat/answers/q1/e1.xlsx").content[:2] == b"PK"
    for path in ("q2/e1.csv", "q1/e9.csv", "q1/e1.html", "gone/e1.csv"):
        assert client.get(f"/chat/answers/{path}").status_code == 404, path


def test_a_brief_is_read_and_never_opened_as_a_page(client: TestClient, service: FakeService, tmp_path: Path) -> None:
    from datetime import UTC, date, datetime

    (tmp_path / "b.md").write_text("# Week <b>\n\n[x](http://203.0.113.7)", encoding="utf-8")
    (tmp_path / "b.html").write_text("<p>", encoding="utf-8")
    files = {"md": "b.md", "html": "b.html", "pdf": "../../etc/passwd"}
    now = datetime(2018, 1, 1, tzinfo=UTC)
    kept = KeptBrief("journey", date(2017, 12, 25), "en", "operator", {"headline": "Up"}, files, now)
    number = Briefs(service.state.engine).put(kept)
    other = KeptBrief("journey", date(2017, 12, 25), "en", "bob", {}, files, now)
    theirs = Briefs(service.state.engine).put(other)
    page = client.post("/chat/do/brief", json={"id": number}, headers=OURS).json()["html"]
    assert "Week &lt;b&gt;" in page
    assert "<a href" not in page
    assert client.get(f"/chat/briefs/{number}.html").headers["content-disposition"].startswith("attachment")
    for path in (f"{number}.pdf", f"{number}.txt", f"{theirs}.html"):
        assert client.get(f"/chat/briefs/{path}").status_code == 404, path
    assert client.post("/chat/do/brief", json={"id": theirs}, headers=OURS).status_code == 404


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"day": "9", "time": "08:00"}, "A weekday and a time are needed."),
        ({"day": "0", "time": "25:00"}, "A weekday and a time are needed."),
        ({"day": "0", "time": "08:00", "timezone": "UTC"}, "A brief goes to a channel."),
        ({"day": "0", "time": "08:00", "timezone": "Mars/Base", "channels": "team"}, "Mars/Base"),
        ({"day": "0", "time": "08:00", "timezone": "UTC", "channels": ["team"]}, "There is no channel 'team'"),
    ],
)
def test_a_schedule_that_cannot_be_is_one_sentence(client: TestClient, sent: dict[str, object], said: str) -> None:
    reply = client.post("/chat/do/schedule", json=sent, headers=OURS)
    assert reply.status_code == 400
    assert said in reply.json()["error"]


def test_a_model_that_is_not_offered_is_not_opened(service: FakeService) -> None:
    from agent.interfaces.chat.visit import Visit
    from db.errors import UsageError

    visit = Visit(service, Recent(), Principal(), "en")
    assert visit.model(None) is None
    assert visit.model("local:qwen2.5-coder-1.5b") == "local:qwen2.5-coder-1.5b"
    with pytest.raises(UsageError, match="not offered"):
        visit.model("/etc/passwd")


def test_an_export_is_fetched_by_whoever_said_yes(client: TestClient, service: FakeService, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from db.state.proposals import KeptProposal

    for name, who in (("p-1", "operator"), ("p-2", "bob")):
        service.state.add_proposals((KeptProposal(name, who, "journey", "export", {}, "x", "x", datetime.now(UTC)),))
        file = tmp_path / "exports" / who / f"journey-2018-01-01-{name}.csv"
        file.parent.mkdir(parents=True)
        file.write_text("a", encoding="utf-8")
    assert client.get("/chat/exports/p-1").status_code == 404  # nobody said yes
    service.state.audited("operator", "confirm", {}, datetime.now(UTC), lambda c: _decide(c, "p-1"))
    assert client.get("/chat/exports/p-1").text == "a"
    assert client.get("/chat/exports/p-2").status_code == 404
    assert Actions(service).waiting(Principal()) == ()


def _decide(connection: object, name: str) -> None:
    from typing import cast

    from sqlalchemy import Connection, update

    from db.state.tables import proposals

    statement = update(proposals).where(proposals.c.id == name).values(status="done")
    cast(Connection, connection).execute(statement)


ORDERS = "order_id,customer,date,product,quantity,total\n" + "".join(
    f"{n},c{n % 7},2024-0{n % 6 + 1}-1{n % 9},p{n % 5},{n % 3 + 1},{n}.50\n" for n in range(1, 120)
)


def test_files_are_looked_at_and_kept_after_a_yes(client: TestClient, tmp_path: Path) -> None:
    sent = {"files": ("../../My orders.csv", ORDERS.encode(), "text/csv")}
    assert client.post("/chat/upload", data={"name": "mine"}, files=sent).status_code == 403
    looked = client.post("/chat/upload", data={"name": "mine", "currency": "EUR"}, files=sent, headers=OURS)
    assert looked.status_code == 200, looked.text
    assert "Connect it" in looked.json()["html"] or "接入" in looked.json()["html"]
    assert not (tmp_path / "stores" / "mine.yaml").exists()
    assert client.post("/chat/do/connect_yes", json={}, headers=OURS).json()["store"] == "mine"
    assert (tmp_path / "stores" / "mine.yaml").exists()
    assert list((tmp_path / "stores").glob(".*")) == []  # nothing of the upload is left lying
    assert client.post("/chat/do/connect_yes", json={}, headers=OURS).status_code == 404
    assert '<option value="mine">' in client.get("/chat/frame").text
    again = client.post("/chat/upload", data={"name": "mine"}, files=sent, headers=OURS)
    assert "There is a store 'mine' already." in again.json()["error"]
    assert list((tmp_path / "stores").glob(".*")) == []


@pytest.mark.parametrize(
    ("name", "file", "said"),
    [
        ("ok", ("x.exe", b"MZ", "text/csv"), "cannot be read"),
        ("journey", ("x.csv", ORDERS.encode(), "text/csv"), "demo store"),
        ("../up", ("x.csv", ORDERS.encode(), "text/csv"), "cannot be a store's name"),
        ("ok", ("x.csv", b"a,b\n1,2\n", "text/csv"), ""),
    ],
)
def test_what_cannot_be_a_shop_is_one_sentence(
    client: TestClient, tmp_path: Path, name: str, file: tuple[str, bytes, str], said: str
) -> None:
    reply = client.post("/chat/upload", data={"name": name}, files={"files": file}, headers=OURS)
    assert reply.status_code == 400
    assert said in reply.json()["error"]
    assert list((tmp_path / "stores").glob(".*")) == []


@pytest.mark.parametrize("address", ["", "sqlite:////etc/passwd", "/etc/passwd", "http://203.0.113.7/x.csv"])
def test_from_a_browser_only_a_database_elsewhere_can_be_named(client: TestClient, address: str) -> None:
    reply = client.post("/chat/do/connect_look", json={"name": "mine", "address": address}, headers=OURS)
    assert (reply.status_code, "PostgreSQL" in reply.json()["error"]) == (400, True)


def test_only_administrators_connect(client: TestClient, service: FakeService) -> None:
    from db.state.accounts import Accounts
    from db.state.tokens import Tokens

    bob = Accounts(service.state).add("bob", "analyst", "a long enough phrase 7")
    client.cookies.set("shopops_session", Tokens(service.state).open_session(bob))
    sent = {"files": ("x.csv", ORDERS.encode(), "text/csv")}
    assert client.post("/chat/upload", data={"name": "mine"}, files=sent, headers=OURS).status_code == 404
    look = {"name": "mine", "address": "postgresql://u@h/d"}
    assert client.post("/chat/do/connect_look", json=look, headers=OURS).status_code == 404
    assert "so-connect" not in client.post("/chat/do/data", json={}, headers=OURS).json()["html"]
