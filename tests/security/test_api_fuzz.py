"""The OpenAPI document held against the API: a few dozen requests an operation, good ones and broken ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from agent import brief
from agent.interfaces import api
from agent.service import Service
from db.errors import AsOfError
from tests.serving import BASE, Slow, service_in, token_of
from tests.unit.answers import SCHEMA

EXAMPLES = 20
EXCLUDED = [positive_data_acceptance, unsupported_method]  # what is well-formed may still be no question
# The same requests in every run: what chance finds is looked for with more examples, not while others wait.
TRIED = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
MANY = "999999/second"
DAYS = {"as_of": date(2018, 1, 1), "data_start": date(2017, 1, 1), "data_end": date(2018, 1, 2)}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    analyst: Any = Slow()
    analyst.store = SimpleNamespace(schema=SCHEMA, **DAYS)
    folder: Path = tmp_path_factory.mktemp("fuzz")
    with service_in(folder, analyst, request_limit=MANY, question_limit=MANY, address_limit=MANY) as opened:
        yield opened


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    return token_of(service, "ann", "admin")


@pytest.fixture(scope="module")
def document(service: Service) -> Any:
    app = FastAPI(openapi_url=None)
    app.include_router(api.router(service))
    return schemathesis.openapi.from_asgi(f"{BASE}/openapi.json", app)


@pytest.fixture(autouse=True)
def no_week_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing briefs is not what is tried here."""

    def write(*_: object, **__: object) -> None:
        raise AsOfError("The week is not whole within the data.", "Choose another.")

    monkeypatch.setattr(brief, "write_brief", write)


@pytest.mark.timeout(180)  # it took 20 s, with others at work on the same two cores
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_the_api_is_what_its_document_says(document: Any, token: str, mode: GenerationMode) -> None:
    """No fault of ours, no undocumented status or body; what the document forbids is refused."""
    headers = {"Authorization": f"Bearer {token}"}
    tried = 0
    for found in document.get_all_operations():

        @given(case=found.ok().as_strategy(generation_mode=mode))
        @settings(TRIED)
        def try_it(case: Any) -> None:
            case.call_and_validate(headers=headers, excluded_checks=EXCLUDED)

        try:
            try_it()
            tried += 1
        except Unsatisfiable:  # nothing about this operation can be wrong
            assert mode is GenerationMode.NEGATIVE
    assert tried >= 10
