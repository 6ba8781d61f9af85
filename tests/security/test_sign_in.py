"""Sign-in over HTTP: who is let in, what browsers and other sites cannot do, and how guessing is slowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from agent.interfaces import identity, signing_in
from agent.interfaces.web import guarded, trusted
from agent.service import Service
from db.errors import ShopOpsError
from db.state import passwords
from db.state.accounts import Accounts
from db.state.tokens import Tokens
from tests.serving import LOCAL, service_in

PASSWORD = "correct horse battery"
ANN = {"name": "ann", "password": PASSWORD}


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many passwords are tried here; what one costs is tested with the accounts."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    nobody = cheap.hash("nobody")
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)
    monkeypatch.setattr(passwords, "_nobody", lambda: nobody)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with service_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def ann(service: Service) -> Service:
    Accounts(service.state).add("ann", "viewer", PASSWORD)
    return service


def page(service: Service, **options: Any) -> TestClient:
    """A browser on this machine, and a page that says who it takes us for."""
    app = FastAPI()
    app.include_router(signing_in.router(service))

    @app.api_route("/me", methods=["GET", "POST"])
    def me(request: Request) -> str:
        try:
            return identity.principal_of(request, service).name
        except ShopOpsError as error:
            return error.code

    return TestClient(guarded(app), **{"client": LOCAL, "follow_redirects": False, **options})


def who(client: TestClient, method: str = "GET", **options: Any) -> str:
    return str(client.request(method, "/me", **options).json())


def test_without_users_only_this_machine_gets_in(service: Service) -> None:
    assert who(page(service)) == "operator"
    assert who(page(service, client=("::1", 1))) == "operator"
    assert who(page(service, client=("192.0.2.7", 1))) == "sign_in"
    assert who(page(service, client=("127.0.0.1.example", 1))) == "sign_in"
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):  # a proxy speaks for someone elsewhere
        assert who(page(service), headers={header: "for=192.0.2.7"}) == "sign_in"


def test_with_a_user_everyone_signs_in(ann: Service) -> None:
    client = page(ann)
    assert who(client) == "sign_in"
    shown = client.get("/signin", params={"next": "/chat?x=1"})
    assert shown.status_code == 200
    assert 'value="/chat?x=1"' in shown.text
    done = client.post("/signin", data=ANN | {"next": "/chat?x=1"})
    assert (done.status_code, done.headers["location"]) == (303, "/chat?x=1")
    cookie = done.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Path=/"))
    assert who(client) == "ann"
    assert client.get("/signin").status_code == 303
    assert client.post("/signout").status_code == 303
    assert who(client) == "sign_in"
    client.cookies.set("shopops_session", re.findall(r"shopops_session=([^;]+)", cookie)[0])
    assert who(client) == "sign_in"  # signed out is signed out, also for who copied the cookie


def test_over_https_the_cookie_never_leaves_it(ann: Service) -> None:
    client = page(ann, base_url="https://shop.example")
    cookie = client.post("/signin", data=ANN).headers["set-cookie"]
    assert cookie.startswith("__Host-shopops_session=")
    assert "Secure" in cookie
    assert who(client) == "ann"


def test_signing_in_changes_the_session(ann: Service) -> None:
    client = page(ann)
    first = client.post("/signin", data=ANN).cookies["shopops_session"]
    second = client.post("/signin", data=ANN).cookies["shopops_session"]
    assert first != second
    assert Tokens(ann.state).user(first, "session") is None


@pytest.mark.parametrize(
    "goal",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/signin", "/a\nb", "evil"],
)
def test_nobody_is_sent_elsewhere(ann: Service, goal: str) -> None:
    assert page(ann).post("/signin", data=ANN | {"next": goal}).headers["location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_changes_nothing(ann: Service, headers: dict[str, str]) -> None:
    client = page(ann)
    assert client.post("/signin", data=ANN, headers=headers).status_code == 403
    client.post("/signin", data=ANN)
    assert who(client, "POST", headers=headers) == "permission_refused"
    assert client.post("/signout", headers=headers).status_code == 403
    assert who(client, "POST", headers={"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}) == "ann"
    assert who(client, "POST", headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"}) == "ann"


def test_nor_does_it_where_there_are_no_users(service: Service) -> None:
    assert who(page(service), "POST", headers={"Origin": "https://evil.example"}) == "permission_refused"


def test_a_wrong_password_and_an_unknown_name_look_the_same(ann: Service) -> None:
    shown = [page(ann).post("/signin", data={"name": name, "password": "wrong password"}) for name in ("ann", "bob")]
    assert [answer.status_code for answer in shown] == [401, 401]
    assert shown[0].text.replace("ann", "bob") == shown[1].text
    assert [entry.who for entry in ann.state.audit_entries()][1:] == ["ann", "nobody"]


def test_guessing_is_slowed_down_but_the_right_password_starts_anew(ann: Service) -> None:
    client = page(ann)
    wrong = {"name": "ann", "password": "wrong password"}
    assert [client.post("/signin", data=wrong).status_code for _ in range(4)] == [401] * 4
    assert client.post("/signin", data=ANN).status_code == 303
    assert [client.post("/signin", data=wrong).status_code for _ in range(5)] == [401] * 5
    refused = client.post("/signin", data=ANN | {"name": "ＡＮＮ"})
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60


def test_going_through_names_is_slowed_down(ann: Service) -> None:
    client = page(ann)
    tries = [client.post("/signin", data={"name": f"user{i}", "password": "x"}).status_code for i in range(22)]
    assert tries == [401] * 20 + [429] * 2


def test_a_network_is_one_address(ann: Service) -> None:
    app = FastAPI()
    app.include_router(signing_in.router(ann))

    def tried(last: int, network: int = 1) -> int:
        client = TestClient(app, client=(f"2001:db8:0:{network}::{last:x}", 1))
        return client.post("/signin", data={"name": f"u{last}", "password": "x"}).status_code

    assert [tried(last) for last in range(1, 22)] == [401] * 20 + [429]
    assert tried(1, network=2) == 401


@pytest.mark.parametrize("body", [b"name=" + b"x" * 5_000, b"\xff\xfe", b"&" * 100, b"a=1&" * 50])
def test_forms_that_are_none(ann: Service, body: bytes) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert page(ann).post("/signin", content=body, headers=kind).status_code in (401, 413)


def test_what_was_typed_is_shown_and_does_not_run(ann: Service) -> None:
    nasty = '"><script>alert(1)</script>'
    shown = page(ann).post("/signin", data={"name": nasty, "password": PASSWORD, "next": f"/{nasty}"})
    assert "<script" not in shown.text
    assert PASSWORD not in shown.text
    policy = shown.headers.get_list("content-security-policy")[0]
    assert "default-src 'none'" in policy
    assert shown.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("accept", "says"), [("zh-CN,zh;q=0.9", "登录"), ("de,en;q=0.5", "Sign in"), ("", "Sign in")])
def test_both_languages(ann: Service, accept: str, says: str) -> None:
    client = page(ann)
    shown = client.get("/signin", headers={"Accept-Language": accept}).text
    assert f"<title>{says} · ShopOps</title>" in shown
    assert "登录" in client.get("/signin?language=zh").text


def test_a_bearer_token_wins_and_a_wrong_one_does_not_fall_back(ann: Service) -> None:
    client = page(ann)
    client.post("/signin", data=ANN)
    Accounts(ann.state).add("bob", "viewer")
    token = Tokens(ann.state).create("bob", "script", None)
    assert who(client, headers={"Authorization": f"Bearer {token}"}) == "bob"
    for header in ("Bearer so_wrong", "Bearer ", "Basic YW5uOng=", f"Bearer {token}x", "bearer"):
        assert who(client, headers={"Authorization": header}) == "sign_in"
    # a token is sent on purpose, so another site's page cannot have done it
    assert who(client, "POST", headers={"Authorization": f"Bearer {token}", "Origin": "https://a.example"}) == "bob"


def test_the_state_that_cannot_be_read_lets_nobody_in(ann: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    from db.errors import StoreLocked

    def locked(*_: Any) -> Any:
        raise StoreLocked("Another process holds the state database.", "Try again in a moment.")

    monkeypatch.setattr(Tokens, "user", locked)
    monkeypatch.setattr(Accounts, "any", locked)
    monkeypatch.setattr(Accounts, "check", locked)
    client = page(ann)
    assert who(client) == "store_locked"
    assert client.get("/signin").status_code == 503
    assert client.post("/signin", data=ANN).status_code == 503


def test_other_names_of_this_machine_are_not_answered_to(ann: Service) -> None:
    def reached(name: str, host: str = "127.0.0.1", public: str | None = None) -> int:
        app = FastAPI()
        app.include_router(signing_in.router(ann))
        return TestClient(trusted(app, host, public), base_url=f"http://{name}").get("/signin").status_code

    assert [reached(name) for name in ("127.0.0.1:7860", "localhost", "evil.example")] == [200, 200, 400]
    assert [reached(name, public="shop.example") for name in ("shop.example", "evil.example")] == [200, 400]
    assert reached("any.example", "0.0.0.0") == 200  # there everyone signs in
