"""Read a store's YAML into its types; every error names the file, the line, what is wrong and the fix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from db.errors import SchemaError
from db.semantic import schema as types
from db.semantic.collisions import collisions
from db.semantic.nearest import suggestion
from db.semantic.roles import ROLES
from db.semantic.schema import StoreSchema, references

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

Path_ = tuple[str | int, ...]
WORDS_SUFFIX = ".words.yaml"


class Source:
    """A parsed YAML file that remembers on which line each key stands."""

    def __init__(self, path: Path) -> None:
        """Parse ``path``. Raises SchemaError where it is missing or is not YAML."""
        self.path = path
        self.lines: dict[Path_, int] = {}
        try:
            loader = _Loader(path.read_text(encoding="utf-8"))
            try:
                node = loader.get_single_node()
                self.data: Any = loader.construct_document(node) if node is not None else {}
            finally:
                loader.dispose()
        except OSError as error:
            raise SchemaError(f"The store's YAML {path.name} cannot be read.", f"Looked for it at {path}.") from error
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = f" line {mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or "it is not YAML"
            raise SchemaError(f"{path.name}{place}: {problem}.", "Check the indentation and the quotes.") from error
        self._node = node

    def line(self, at: Path_) -> int:
        """The line of the deepest known key on the way ``at``, counted from 1."""
        if not self.lines and self._node is not None:
            self.lines = dict(_walk(self._node, ()))
        while at and at not in self.lines:
            at = at[:-1]
        return self.lines.get(at, 1)

    def error(self, at: Path_, message: str, hint: str = "") -> SchemaError:
        """A SchemaError at that place of this file."""
        return SchemaError(f"{self.path.name} line {self.line(at)}: {message}", hint)


def _walk(node: yaml.Node, at: Path_) -> Iterator[tuple[Path_, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            here = (*at, key.value)
            seen.add(key.value)
            yield here, key.start_mark.line + 1
            yield from _walk(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for i, item in enumerate(node.value):
            yield (*at, i), item.start_mark.line + 1
            yield from _walk(item, (*at, i))


def load_store_schema(path: Path) -> StoreSchema:
    """The schema of one store, with the words of ``<store>.words.yaml`` merged in where that file lies beside it.

    Raises:
        SchemaError: the file does not hold; the sentence says where and what to write instead.

    >>> from importlib.resources import files
    >>> load_store_schema(Path(str(files("db") / "stores" / "journey.yaml"))).metric("aov").label.zh
    '客单价'
    """
    source = Source(path)
    data = source.data
    if not isinstance(data, dict):
        raise source.error((), "a store is a mapping.", "Start with 'name: …'.")
    _check_keys(source, data)
    for kind in ("metrics", "dimensions"):
        for name, entry in (data.get(kind) or {}).items():
            if isinstance(entry, dict):
                entry["name"] = str(name)
    data["shared"] = _merge_words(path.with_name(path.stem + WORDS_SUFFIX), data.get("dimensions") or {})
    try:
        schema = StoreSchema.model_validate(data)
    except ValidationError as error:
        raise _explained(source, error) from error
    _check_names(source, schema)
    return schema


def _check_keys(source: Source, data: dict[Any, Any]) -> None:
    """YAML reads ``on`` and ``1`` as keys that are no text; the types want text."""
    for kind in ("metrics", "dimensions"):
        entries = data.get(kind)
        if entries is not None and not isinstance(entries, dict):
            raise source.error((kind,), f"{kind} is a mapping of names.", f"Write '{kind}:' and one name a line below.")
        for name, entry in (entries or {}).items():
            members = entry.get("members") if isinstance(entry, dict) else None
            if isinstance(members, dict):
                entry["members"] = {str(key): value for key, value in members.items()}
            if not isinstance(name, str):
                raise source.error((kind, str(name)), f"the name {name!r} must be text.", "Put it in quotes.")


def _merge_words(path: Path, dimensions: dict[str, Any]) -> list[str]:
    """Add the words of a ``dimension: {MEMBER: {en: […], zh: […]}}`` file to the members; the YAML's own come first.

    Returns:
        The file's ``shared`` list: words that truly mean several members of one dimension.
    """
    if not path.exists():
        return []
    words = Source(path)
    content = dict(words.data or {})
    shared = content.pop("shared", [])
    for name, members in content.items():
        if name not in dimensions:
            raise words.error((name,), f"there is no dimension '{name}'{suggestion(name, dimensions)}.")
        known = dimensions[name].setdefault("members", {})
        for member, found in (members or {}).items():
            _merge_member(words, (name, str(member)), known, str(member), found)
    return [str(word) for word in shared]


def _merge_member(source: Source, at: Path_, known: dict[str, Any], member: str, found: Any) -> None:
    if not isinstance(found, dict) or set(found) - {"en", "zh", "label"}:
        raise source.error(at, f"the words of '{member}' are lists under en, zh.", "Write {en: [soda], zh: [汽水]}.")
    entry = dict(known.get(member) or {})
    synonyms = entry.get("synonyms") or {}
    merged = {}
    for language in ("en", "zh"):
        both = [*(synonyms.get(language) or []), *(found.get(language) or [])]
        merged[language] = list(dict.fromkeys(str(word) for word in both))
    entry["synonyms"] = merged
    if "label" in found:
        entry.setdefault("label", found["label"])
    known[member] = entry


def _explained(source: Source, error: ValidationError) -> SchemaError:
    first = error.errors(include_url=False)[0]
    at = tuple(first["loc"])
    where = ".".join(str(step) for step in at)
    if first["type"] == "extra_forbidden":
        return source.error(at, f"unknown key '{at[-1]}' in {where}{suggestion(at[-1], _known_keys())}.")
    if first["type"] == "missing":
        return source.error(at, f"{where} is missing.", f"Add '{at[-1]}:' there.")
    return source.error(at, f"{where}: {first['msg']}; it says {first['input']!r}.")


def _known_keys() -> list[str]:
    models = [m for m in vars(types).values() if isinstance(m, type) and issubclass(m, BaseModel)]
    return sorted({name for model in models for name in model.model_fields})


def _check_names(source: Source, schema: StoreSchema) -> None:
    """Names that point at other names: tables, parts of ratios, joins."""
    for name, metric in schema.metrics.items():
        _check_metric(source, schema, name, metric)
    for name, dimension in schema.dimensions.items():
        at: Path_ = ("dimensions", name)
        if name in schema.metrics:
            raise source.error(at, f"'{name}' is a metric too.", "Give one of them another name.")
        if dimension.kind == "time" and dimension.grain is None:
            raise source.error(at, f"time dimension '{name}' has no grain.", "Add 'grain: day' or another.")
        if dimension.kind != "time" and not dimension.columns:
            raise source.error(at, f"dimension '{name}' names no table and column.", "Add 'table:' and 'column:'.")
        for reference in dimension.columns:
            _check_table(source, schema, at, reference)
    for name, lacking in schema.unavailable.items():
        _check_unless(source, schema, name, lacking)
    for i, join in enumerate(schema.joins):
        for reference in (join.left, join.right):
            _check_table(source, schema, ("joins", i), reference)
    for name, role in schema.roles.items():
        _check_role(source, schema, name, role)
    _check_table(source, schema, ("default_time",), schema.default_time)
    clash = next(iter(collisions(schema)), None)
    if clash is not None:
        word, names = clash
        raise source.error(
            ("metrics", names[1], "synonyms"),
            f"'{word}' means both {' and '.join(names)}.",
            f"Take it from one of them, or declare it under 'ambiguous:' as {word}: [{', '.join(names)}].",
        )


def _check_unless(source: Source, schema: StoreSchema, name: str, lacking: types.Unavailable) -> None:
    for metric in lacking.unless:
        if metric not in schema.metrics:
            near = suggestion(metric, schema.metrics)
            raise source.error(("unavailable", name, "unless"), f"'{metric}' is no metric{near}.")


def _check_role(source: Source, schema: StoreSchema, name: str, role: types.Role) -> None:
    at: Path_ = ("roles", name)
    if name not in ROLES:
        near = suggestion(name, ROLES)
        raise source.error(at, f"there is no role '{name}'{near}.", f"There are: {', '.join(ROLES)}.")
    if role.table not in schema.tables:
        raise source.error(at, f"table '{role.table}' is not declared{suggestion(role.table, schema.tables)}.")
    lacking = [field for field in ROLES[name].required if field not in role.columns]
    if lacking:
        raise source.error((*at, "columns"), f"role '{name}' lacks the field '{lacking[0]}'.", "Name its column.")
    unknown = [field for field in role.columns if field not in ROLES[name].fields]
    if unknown:
        near = suggestion(unknown[0], ROLES[name].fields)
        raise source.error((*at, "columns"), f"role '{name}' has no field '{unknown[0]}'{near}.")


def _check_metric(source: Source, schema: StoreSchema, name: str, metric: types.Metric) -> None:
    at: Path_ = ("metrics", name)
    if metric.is_ratio or metric.denominator:
        for key, part in (("numerator", metric.numerator), ("denominator", metric.denominator)):
            if part not in schema.metrics:
                near = suggestion(part, schema.metrics)
                raise source.error((*at, key), f"the {key} of '{name}' is '{part}', no metric{near}.")
        return
    if metric.table not in schema.tables:
        near = suggestion(metric.table, schema.tables)
        raise source.error((*at, "table"), f"metric '{name}' is of table '{metric.table}', not declared{near}.")
    if not metric.expr and not metric.entity:
        raise source.error(at, f"metric '{name}' has no expr.", "Write one, like 'expr: sum(orders.amount)'.")
    texts = (metric.expr, metric.where, metric.time, metric.entity, metric.entity_having)
    for table, column in references(*texts):
        _check_table(source, schema, at, f"{table}.{column}")
        if table not in schema.paths(metric.table):
            raise source.error(at, f"metric '{name}' uses table {table}, to which {metric.table} has no join.")


def _check_table(source: Source, schema: StoreSchema, at: Path_, reference: str) -> None:
    table, dot, column = reference.partition(".")
    if not dot or not column:
        raise source.error(at, f"'{reference}' is not a column.", "Write table.column.")
    if table not in schema.tables:
        raise source.error(at, f"table '{table}' is not declared{suggestion(table, schema.tables)}.", "See 'tables:'.")
