"""Errors over HTTP: problem documents (RFC 9457) with the stable code, one sentence, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from db import errors
from db.errors import ShopOpsError

MEDIA_TYPE = "application/problem+json"
# The most specific class counts; what is not here is a fault of ours.
_STATUS: Mapping[type[ShopOpsError], int] = {
    errors.SignInNeeded: 401,
    errors.PermissionRefused: 403,
    errors.SQLMistake: 422,
    errors.SecurityError: 403,
    errors.SettingsError: 500,
    errors.UsageError: 422,
    errors.SchemaError: 500,
    errors.QueryError: 422,
    errors.StoreMissing: 404,
    errors.StoreLocked: 503,
    errors.StoreTimeout: 503,
    errors.RoleMissing: 422,
    errors.StoreError: 503,
    errors.AnalysisError: 422,
    errors.ArtifactError: 503,
    errors.KnowledgeError: 503,
    errors.ModelError: 503,
    errors.DeliveryError: 503,
    errors.InternalError: 500,
}
RETRY_SECONDS = 5  # told for what is worth another try
TITLES = {
    400: "The request cannot be read",
    401: "Sign-in needed",
    403: "Not allowed",
    404: "Not found",
    405: "Not that way",
    409: "It was decided already",
    413: "Too large",
    422: "It cannot be answered as asked",
    429: "Too often",
    500: "A fault of ours",
    503: "Not right now",
}


class NotFound(ShopOpsError):
    """There is nothing of that name, or it is another's: both look the same."""

    code = "not_found"


class Conflict(ShopOpsError):
    """It was decided already."""

    code = "conflict"


class TooLarge(ShopOpsError):
    """The body of a request is larger than it may be."""

    code = "too_large"


class TooOften(ShopOpsError):
    """Too many requests; ``seconds`` until the next may come."""

    code = "too_often"

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many requests.", f"Try again in {seconds} seconds.")
        self.seconds = seconds


class NotThatWay(ShopOpsError):
    """There is such a path, and it takes other methods."""

    code = "method"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__("This path does not take that method.", f"It takes {', '.join(allowed)}.")
        self.allowed = allowed


_OWN: Mapping[type[ShopOpsError], int] = {NotFound: 404, Conflict: 409, TooLarge: 413, TooOften: 429, NotThatWay: 405}


def status_of(error: type[ShopOpsError]) -> int:
    """The HTTP status of a class of errors."""
    for parent in error.__mro__:
        if parent in _OWN or parent in _STATUS:
            return _OWN.get(parent) or _STATUS[parent]
    return 500


def status_of_code(code: str | None) -> int:
    """The HTTP status of an answer's error code."""
    return next((status_of(error) for error in _tree(ShopOpsError) if error.code == code), 500)


def retry_headers(code: str | None) -> dict[str, str]:
    """When it is worth another try, for an answer's error code."""
    retry = any(error.code == code and error.kind == "retryable" for error in _tree(ShopOpsError))
    return {"Retry-After": str(RETRY_SECONDS)} if retry else {}


def document(code: str, status: int, detail: str, hint: str = "", **more: Any) -> dict[str, Any]:
    """A problem as JSON values. ``code`` is stable; texts may change."""
    said = {"type": "about:blank", "title": TITLES.get(status, "Error"), "status": status, "code": code}
    return said | {"detail": detail} | ({"hint": hint} if hint else {}) | more


def problem(error: ShopOpsError) -> JSONResponse:
    """An error as a response."""
    status = status_of(type(error))
    headers: dict[str, str] = {}
    if isinstance(error, TooOften):
        headers["Retry-After"] = str(error.seconds)
    elif error.kind == "retryable":
        headers["Retry-After"] = str(RETRY_SECONDS)
    if isinstance(error, NotThatWay):
        headers["Allow"] = ", ".join(error.allowed)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="ShopOps"'
    return response(document(error.code, status, error.message, error.hint), headers)


def of_status(status: int) -> JSONResponse:
    """What the framework itself refuses, in the same form."""
    codes = {400: "unreadable", 404: "not_found", 405: "method", 413: "too_large"}
    code = codes.get(status, "internal" if status >= 500 else "usage")
    return response(document(code, status, f"{TITLES.get(status, 'Error')}.", "Look at /api/v1/openapi.json."))


def invalid(error: RequestValidationError) -> JSONResponse:
    """What of a request does not fit, by place; the value itself is not repeated."""
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return response(document("unreadable", 400, "The body is not JSON.", "Send one JSON object in UTF-8."))
    wrong = [{"where": ".".join(map(str, item["loc"])), "what": _plain(item["msg"])} for item in found]
    first = wrong[0] if wrong else {"where": "request", "what": "it cannot be read"}
    detail = f"{first['where']}: {first['what']}."
    whole = first["where"] == "body"
    hint = "Send one JSON object, as Content-Type: application/json." if whole else "Look at /api/v1/openapi.json."
    return response(document("usage", 422, detail, hint, errors=wrong))


def response(said: dict[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A problem document as a response, which nobody keeps."""
    own = {"Cache-Control": "no-store", **(headers or {})}
    return JSONResponse(said, said["status"], own, media_type=MEDIA_TYPE)


def _plain(message: str) -> str:
    said = message.removeprefix("Value error, ").rstrip(".")
    return said[:1].lower() + said[1:]


def _tree(root: type[ShopOpsError]) -> Iterator[type[ShopOpsError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)
