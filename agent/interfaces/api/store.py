"""Who asks, and what can be asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from agent.interfaces.api.bodies import Language, MeOut
from agent.interfaces.api.bodies_shop import CatalogueOut
from agent.interfaces.api.documents import FAILURES
from agent.interfaces.catalogue import catalogue
from agent.interfaces.guard import Guard, principal_of_request

StoreQuery = Annotated[str | None, Query(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]


def add_to(routes: APIRouter, guard: Guard) -> None:
    """Add both operations."""
    service = guard.service

    @routes.get("/me", response_model=MeOut, responses=FAILURES, tags=["store"])
    def me(request: Request) -> Mapping[str, Any]:
        """Who you are to ShopOps, and what you may see and do."""
        who = principal_of_request(request)
        filters = [f.model_dump(mode="json", exclude_defaults=True) for f in who.row_filters]
        return {"name": who.name, "role": who.role, "row_filters": filters, "may_see_pii": who.may_see_pii}

    @routes.get("/metrics-catalogue", response_model=CatalogueOut, responses=FAILURES, tags=["store"])
    def metrics_catalogue(request: Request, store: StoreQuery = None, language: Language = "en") -> Mapping[str, Any]:
        """The metrics, splits and tools of a store."""
        return catalogue(service.analyst(store).store, principal_of_request(request), language)
