"""Which sections a brief has: the shipped YAML, or the operator's own in the data folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from db.errors import SettingsError
from db.semantic.schema import Text

SECTIONS = ("claims", "moved", "unusual", "departments", "products", "customers", "campaigns", "risk", "outlook")
FILE = "sections.yaml"
TITLES: dict[str, Text] = {
    "claims": Text(en="What earlier briefs claimed", zh="此前周报的判断，结果如何"),
    "moved": Text(en="What moved, and why", zh="变化与原因"),
    "unusual": Text(en="Unusual days", zh="异常日"),
    "departments": Text(en="Departments", zh="部门涨跌"),
    "products": Text(en="Products", zh="商品涨跌"),
    "customers": Text(en="Customers", zh="客群变化"),
    "campaigns": Text(en="Campaigns", zh="营销活动"),
    "risk": Text(en="Risk", zh="风险"),
    "outlook": Text(en="Next week", zh="下周预测"),
}


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SectionChoice(_Strict):
    """A section that is wanted, under its own title where one is given."""

    name: str
    title: Text | None = None

    @property
    def heading(self) -> Text:
        """What stands over it."""
        return self.title or TITLES[self.name]


class Layout(_Strict):
    """The content of ``sections.yaml``."""

    kpis: tuple[str, ...] = Field(min_length=1, max_length=12)
    actions: int = Field(default=3, ge=0, le=10)
    rows: int = Field(default=5, ge=1, le=50)
    sections: tuple[SectionChoice, ...]

    def wants(self, name: str) -> bool:
        """Whether a section is in the brief."""
        return any(section.name == name for section in self.sections)


def load_layout(folder: Path) -> Layout:
    """The operator's layout of a folder, else the shipped one.

    Raises:
        SettingsError: the operator's file cannot be used; the sentence names file, place and fix.
    """
    own = folder / FILE
    if own.is_file():
        return _read(own.read_text("utf-8", "replace"), str(own))
    return _read((files("agent.brief") / FILE).read_text("utf-8"), FILE)


def _read(text: str, where: str) -> Layout:
    try:
        layout = Layout.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{where}{line}: it is not YAML.", "Mend that line, or delete the file.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise SettingsError(
            f"{where}, line {_line(text, first['loc'])}: '{place}': {first['msg']}.",
            f"The shipped {FILE} of agent/brief shows how it is written.",
        ) from None
    for number, section in enumerate(layout.sections):
        if section.name not in SECTIONS:
            raise SettingsError(
                f"{where}, line {_line(text, ('sections', number))}: there is no section '{section.name}'.",
                f"There are: {', '.join(SECTIONS)}.",
            )
    return layout


def _line(text: str, place: tuple[Any, ...]) -> int:
    """The line on which a key or item of the YAML begins; the nearest one above it where there is none."""
    node = yaml.compose(text)
    line = node.start_mark.line if node is not None else 0
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next((p for p in node.value if p[0].value == part), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line
        else:
            break
    return int(line) + 1
