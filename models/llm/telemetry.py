"""Nothing phones home."""

from __future__ import annotations

import os


def quiet_telemetry() -> None:
    """Switch tracing to LangSmith off, unless the operator set it either way."""
    names = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
    if not any(name in os.environ for name in names):
        os.environ["LANGSMITH_TRACING"] = os.environ["LANGCHAIN_TRACING_V2"] = "false"
