"""One cell of an evidence table as text in the answer's language."""

from __future__ import annotations

from dataclasses import dataclass

from agent.contracts import Language
from db.semantic.schema import StoreSchema, Text
from tools import format as fmt
from tools.evidence import Column, Value

NUMERIC = frozenset({"currency", "count", "ratio", "number", "percent"})


@dataclass(frozen=True, slots=True)
class Cells:
    """Writes cells as the answer's sentences write them, so that a reader finds a figure again in the table."""

    schema: StoreSchema
    language: Language

    def text(self, column: Column, value: Value) -> str:
        """The cell as plain text (not HTML). Changes carry their sign."""
        if isinstance(value, Text):
            return value.of(self.language)
        dimension = self.schema.dimensions.get(column.name)
        if dimension is None:
            if value is None:
                return fmt.NONE.of(self.language)
            write = fmt.signed if "__change" in column.name else fmt.number
            return write(value, column.unit, self.schema.currency)
        if value is None:
            return fmt.MISSING.of(self.language)
        if dimension.kind == "time":
            return fmt.time_key(value, dimension.grain).of(self.language)
        member = dimension.members.get(str(value))
        return member.label.of(self.language) if member and member.label else str(value)
