"""Who sees what through the API: one's own and nothing else, within one's rights, as long as one may."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from agent.service import Service
from db.semantic.query import Filter
from db.state.accounts import Accounts
from db.state.tokens import Tokens
from tests.serving import BASE, application, client, shop_in, token_of

TOP = {"question": "Which five departments brought in the most revenue in 2017?"}
SQL = {"question": "SELECT count(*) AS n FROM transactions"}
CUSTOMERS = {"question": "top 3 customers by revenue in 2017"}
GROCERY = (Filter(dimension="department", values=("GROCERY",)),)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, journey_folder: Path) -> Iterator[Service]:
    """One shop with two analysts, a viewer, a user of one department, and an admin who may see customers."""
    with shop_in(tmp_path_factory.mktemp("rights"), journey_folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def tokens(service: Service) -> dict[str, str]:
    return {
        "ann": token_of(service, "ann"),
        "bob": token_of(service, "bob"),
        "vic": token_of(service, "vic", "viewer"),
        "gro": token_of(service, "gro", "analyst", GROCERY),
        "eve": token_of(service, "eve", "admin", pii=True),
    }


@pytest.fixture(scope="module")
def http(service: Service, tokens: dict[str, str]) -> dict[str, TestClient]:
    return {name: client(service, token) for name, token in tokens.items()}


def ask(http: TestClient, body: dict[str, str]) -> Any:
    told = http.post(f"{BASE}/ask", json=body)
    assert told.status_code == 200, told.text
    return told.json()


def test_nobody_gets_in_without_a_token(service: Service, http: dict[str, TestClient]) -> None:
    anyone = client(service)
    paths = anyone.get(f"{BASE}/openapi.json").json()["paths"]
    tried = 0
    for path, operations in paths.items():
        for method in operations:
            address = path.replace("{number}", "1").replace("{form}", "md").replace("{evidence}", "e1")
            told = anyone.request(method, address.replace("{answer}", "a").replace("{conversation}", "c"))
            assert (told.status_code, told.json()["code"]) == (401, "sign_in"), (method, path)
            assert told.headers["www-authenticate"].startswith("Bearer")
            tried += 1
    assert tried >= 18


def test_an_answer_is_its_principals_own(http: dict[str, TestClient]) -> None:
    told = ask(http["ann"], TOP)
    own = f"{BASE}/answers/{told['id']}"
    again = http["ann"].get(own).json()
    assert {k: v for k, v in again.items() if k != "timings_ms"} == {k: v for k, v in told.items() if k != "timings_ms"}
    for name in ("bob", "eve"):  # an admin too
        for method, path, body in (
            ("GET", own, None),
            ("GET", f"{own}/evidence/e1", None),
            ("PUT", f"{own}/feedback", {"rating": "up"}),
            ("GET", f"{BASE}/conversations/{told['conversation']}", None),
            ("DELETE", f"{BASE}/conversations/{told['conversation']}", None),
        ):
            refused = http[name].request(method, path, json=body)
            assert (refused.status_code, refused.json()["code"]) == (404, "not_found"), (name, path)
    assert http["ann"].get(f"{BASE}/conversations/{told['conversation']}").status_code == 200
    assert told["conversation"] not in http["bob"].get(f"{BASE}/conversations").text


def test_a_conversations_name_opens_nobody_elses(http: dict[str, TestClient]) -> None:
    body = TOP | {"conversation": "monday"}
    ask(http["ann"], body)
    other = http["bob"].post(f"{BASE}/ask", json={"question": "and by store?", "conversation": "monday"})
    assert "revenue" not in str(other.json().get("plan", ""))
    mine = ask(http["ann"], {"question": "and by store?", "conversation": "monday"})
    assert mine["plan"][0]["args"]["metrics"] == ["revenue"]
    assert http["bob"].get(f"{BASE}/conversations/monday").status_code == 200
    assert len(http["bob"].get(f"{BASE}/conversations/monday").json()["answers"]) == 1


def test_deleted_is_deleted(http: dict[str, TestClient]) -> None:
    told = ask(http["ann"], TOP)
    gone = f"{BASE}/conversations/{told['conversation']}"
    assert http["ann"].delete(gone).status_code == 204
    assert http["ann"].delete(gone).status_code == 404
    assert http["ann"].get(f"{BASE}/answers/{told['id']}").status_code == 404


def test_conversations_come_in_pages(http: dict[str, TestClient]) -> None:
    for number in range(5):
        http["vic"].post(f"{BASE}/ask", json={"question": "revenue in 2017", "conversation": f"page{number}"})
    seen: list[str] = []
    after: dict[str, str] = {}
    for _ in range(3):
        page = http["vic"].get(f"{BASE}/conversations", params={"limit": 2} | after).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen[:5] == [f"page{number}" for number in (4, 3, 2, 1, 0)]


def test_a_viewer_runs_no_sql(http: dict[str, TestClient]) -> None:
    assert ask(http["ann"], SQL)["evidence"][0]["rows"][0][0] > 1_000_000
    for name in ("vic", "gro"):
        refused = http[name].post(f"{BASE}/ask", json=SQL)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_refused"), name
    attack = http["ann"].post(f"{BASE}/ask", json={"question": "SELECT * FROM read_csv('/etc/passwd')"})
    assert (attack.status_code, attack.json()["code"]) == (403, "sql_refused")


def test_row_filters_hold(http: dict[str, TestClient]) -> None:
    rows = ask(http["gro"], TOP)["evidence"][0]["rows"]
    assert [row[0] for row in rows] == ["GROCERY"]
    total = ask(http["gro"], {"question": "What was revenue in 2017?"})["evidence"][0]["rows"][0][0]
    assert total == rows[0][1]
    assert total < ask(http["ann"], {"question": "What was revenue in 2017?"})["evidence"][0]["rows"][0][0]


def test_customers_have_pseudonyms_but_for_who_may_see_them(http: dict[str, TestClient]) -> None:
    veiled, open_ = ask(http["ann"], CUSTOMERS), ask(http["eve"], CUSTOMERS)
    assert all(str(row[0]).startswith("C-") for row in veiled["evidence"][0]["rows"])
    assert all(str(row[0]).isdigit() for row in open_["evidence"][0]["rows"])
    assert [row[1] for row in veiled["evidence"][0]["rows"]] == [row[1] for row in open_["evidence"][0]["rows"]]
    kept = http["eve"].get(f"{BASE}/answers/{open_['id']}").json()
    assert all(str(row[0]).startswith("C-") for row in kept["evidence"][0]["rows"])  # what is stored has no ids


def test_two_at_once_do_not_see_each_other(http: dict[str, TestClient]) -> None:
    questions = {"ann": "revenue in 2017", "gro": "revenue in 2017", "vic": "orders in 2017"}

    def once(name: str) -> tuple[str, str, float]:
        told = ask(http[name], {"question": questions[name]})
        return name, told["plan"][0]["args"]["metrics"][0], told["evidence"][0]["rows"][0][0]

    with ThreadPoolExecutor(6) as pool:
        told = set(pool.map(once, [*questions] * 4))
    assert len(told) == 3
    assert {metric for name, metric, _ in told if name == "vic"} == {"orders"}


def test_a_token_that_is_revoked_midway_holds_no_longer(service: Service) -> None:
    token = token_of(service, "tim")
    http = TestClient(application(service), headers={"Authorization": f"Bearer {token}"})
    assert http.get(f"{BASE}/me").json()["name"] == "tim"
    Tokens(service.state).revoke(Tokens(service.state).list("tim")[0].id)
    assert http.get(f"{BASE}/me").status_code == 401
    fresh = Tokens(service.state).create("tim", "again", None)
    http.headers["Authorization"] = f"Bearer {fresh}"
    Accounts(service.state).set_rights("tim", role="viewer")
    assert http.post(f"{BASE}/ask", json=SQL).status_code == 403
    Accounts(service.state).disable("tim")
    assert http.post(f"{BASE}/ask", json=TOP).status_code == 401


def test_tables_come_as_files(http: dict[str, TestClient]) -> None:
    import io

    from openpyxl import load_workbook

    told = ask(http["ann"], TOP)
    path = f"{BASE}/answers/{told['id']}/evidence/e1"
    shown = http["ann"].get(path)
    assert shown.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in shown.headers["content-disposition"]
    lines = shown.content.decode("utf-8-sig").splitlines()
    assert (lines[0], lines[1]) == ("Department,Revenue", "GROCERY,2315299.04")
    sheet = load_workbook(io.BytesIO(http["ann"].get(path, params={"format": "xlsx"}).content)).worksheets[0]
    assert [cell.value for cell in sheet[2]] == ["GROCERY", 2315299.04]
    assert http["ann"].get(path.replace("e1", "e9")).status_code == 404
    assert http["ann"].get(path, params={"format": "exe"}).status_code == 422


def test_a_thumb_teaches_nothing_by_itself(service: Service, http: dict[str, TestClient]) -> None:
    told = ask(http["vic"], TOP)
    up = http["vic"].put(f"{BASE}/answers/{told['id']}/feedback", json={"rating": "up"})
    assert "an administrator agrees" in up.json()["text"]
    assert not service.settings.verified_file("journey").exists()
    told = ask(http["ann"], TOP)
    path = f"{BASE}/answers/{told['id']}/feedback"
    assert http["ann"].put(path, json={"rating": "down", "why": "I meant orders"}).status_code == 200
    assert http["ann"].put(path, json={"rating": "sideways"}).status_code == 422


def test_the_trail_says_who_asked_and_where(service: Service, http: dict[str, TestClient]) -> None:
    told = ask(http["ann"], TOP)
    entry = next(e for e in service.state.audit_entries() if told["id"] in e.payload)
    assert (entry.who, entry.action) == ("ann", "ask")
    assert '"via":"api"' in entry.payload
    assert "departments" not in entry.payload
    assert service.state.verify_chain().whole


def test_the_catalogue_names_what_can_be_asked(http: dict[str, TestClient]) -> None:
    told = http["vic"].get(f"{BASE}/metrics-catalogue", params={"language": "zh"}).json()
    revenue = next(metric for metric in told["metrics"] if metric["name"] == "revenue")
    assert revenue["label"] == "销售额"
    assert "department" in revenue["dimensions"]
    assert http["vic"].get(f"{BASE}/metrics-catalogue", params={"store": "nix"}).status_code == 404
    assert http["vic"].get(f"{BASE}/metrics-catalogue", params={"store": "../x"}).status_code == 422


def test_a_proposal_is_decided_once_and_by_its_own_principal(service: Service, http: dict[str, TestClient]) -> None:
    told = ask(http["ann"], {"question": "tell me when the refund rate passes 5 %"})
    waits = told["proposals"][0]
    assert http["ann"].get(f"{BASE}/proposals").json()["items"][0] == waits
    path = f"{BASE}/proposals/{waits['id']}"
    for name in ("bob", "eve"):
        assert http[name].get(f"{BASE}/proposals").json()["items"] == []
        for what in ("confirm", "decline"):
            assert http[name].post(f"{path}/{what}").status_code == 404
    assert http["ann"].get(f"{BASE}/alert-rules").json()["items"] == []
    done = http["ann"].post(f"{path}/confirm", params={"language": "zh"})
    assert done.status_code == 200
    assert "已设置" in done.json()["text"]
    assert "未重复执行" in http["ann"].post(f"{path}/confirm", params={"language": "zh"}).json()["text"]
    assert http["ann"].post(f"{path}/decline").status_code == 409
    rules = {name: http[name].get(f"{BASE}/alert-rules").json()["items"] for name in ("ann", "bob", "eve")}
    assert [len(rules[name]) for name in ("ann", "bob", "eve")] == [1, 0, 1]  # an admin sees everyone's
    assert rules["ann"][0]["owner"] == "ann"
    refused = http["vic"].post(f"{BASE}/ask", json={"question": "tell me when the refund rate passes 5 %"})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_refused")


def test_an_export_is_fetched_by_who_asked_for_it(http: dict[str, TestClient]) -> None:
    told = ask(http["ann"], {"question": "export revenue by department in 2017 to Excel"})
    path = f"{BASE}/proposals/{told['proposals'][0]['id']}"
    assert http["ann"].get(f"{path}/file").status_code == 404  # not before the yes
    assert http["ann"].post(f"{path}/confirm").json()["file"].endswith(".xlsx")
    assert http["ann"].get(f"{path}/file").content.startswith(b"PK")
    assert http["bob"].get(f"{path}/file").status_code == 404


def test_alerts_of_the_whole_store_are_for_who_sees_it(service: Service, http: dict[str, TestClient]) -> None:
    from datetime import UTC, datetime

    from sqlalchemy import insert

    from db.state.database import writing
    from db.state.tables import alerts

    now = datetime.now(UTC).isoformat()
    rows = [
        {"store": "journey", "kind": "risk", "source": "payments", "row": str(i), "moment": "2017-12-01", "score": 90.0,
         "payload": {"customer": "C-BCDFGH"}, "status": "open" if i else "resolved", "created_at": now}
        for i in range(4)
    ]  # fmt: skip
    with writing(service.state.engine) as connection:
        connection.execute(insert(alerts), rows)
    first = http["vic"].get(f"{BASE}/alerts", params={"limit": 2}).json()
    rest = http["vic"].get(f"{BASE}/alerts", params={"limit": 2, "after": first["next"]}).json()
    assert [item["row"] for item in first["items"] + rest["items"]][:3] == ["3", "2", "1"]
    assert http["gro"].get(f"{BASE}/alerts").json()["items"] == []


def test_schedules_are_their_owners_and_an_admins(http: dict[str, TestClient]) -> None:
    told = ask(http["bob"], {"question": "send me the brief every Monday at 8"})
    assert http["bob"].post(f"{BASE}/proposals/{told['proposals'][0]['id']}/confirm").status_code == 200
    shown = {name: len(http[name].get(f"{BASE}/schedules").json()["items"]) for name in ("bob", "ann", "eve")}
    assert shown == {"bob": 1, "ann": 0, "eve": 1}
