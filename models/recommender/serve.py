"""A store's recommender, ready to be asked: in memory, from disk, or trained on the spot where that is quick."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from db.errors import AnalysisError, ArtifactDamaged, ArtifactError, ArtifactMissing
from db.frames import frame, source
from db.semantic.query import Filter, Interval
from models.artifacts import ENDING, Meta, arrays, load, now_text, read_arrays, require_fresh, save
from models.recommender.catalogue import Catalogue
from models.recommender.interactions import Interactions, Ints
from models.recommender.linear import LinearAutoencoder
from models.recommender.shop import ShopRecommender
from models.recommender.validate import DISCOVERERS

if TYPE_CHECKING:
    import pandas as pd

    from db.engine import Store

KIND, VERSION = "recommender", 1
QUICK_ROWS = 3_000_000  # lines that are trained on the spot: the demo store's 1.5 million take 5 s on two idle cores
KEPT = 3  # recommenders in memory: 250 MB each for the demo store
EPOCH = date(1970, 1, 1)

Progress = Callable[[str, float], None]


@dataclass(frozen=True, eq=False)
class Data:
    """What a recommender reads of a store: purchases before a day, the catalogue, and customers' attributes."""

    visits: Interactions
    clock: int
    catalogue: Catalogue
    profiles: pd.DataFrame

    def codes(self, identifiers: Sequence[str] | NDArray[Any]) -> Ints:
        """Attributes of customers as numbers, -1 where unknown."""
        import pandas as pd

        rows = self.profiles.reindex(np.asarray(identifiers, dtype=str))
        columns = [pd.Categorical(rows[c], self.profiles[c].dropna().unique()).codes for c in self.profiles.columns]
        return np.column_stack(columns).astype(np.int64) if columns else np.full((len(rows), 0), -1)


@dataclass(frozen=True, eq=False)
class Served:
    """A recommender with the data that it stands on; ``meta`` is None for one that was trained on the spot."""

    shop: ShopRecommender
    data: Data
    meta: Meta | None = None


def model_file(folder: Path) -> Path:
    """Where ``shopops train recommender`` puts its model."""
    return folder / f"{KIND}{ENDING}"


def clock_of(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def read_data(store: Store, today: date, filters: Sequence[Filter] = (), timeout: float = 60.0) -> Data:
    """Purchases before ``today`` that the asker may see.

    Raises:
        AnalysisError: there are none. RoleMissing, StoreError: as every read.
    """
    days = Interval(start=min(EPOCH, today), end=today)
    lines = source(store, "sales", ("customer", "product", "time"), time=days, filters=filters)
    rows = frame(store, sa.select(lines), timeout).dropna(subset=["customer", "product"])
    if rows.empty:
        raise AnalysisError(f"There are no purchases before {today} to learn from.", "Ask about a later day.")
    when = rows["time"].to_numpy("datetime64[D]").astype(np.int64)
    visits = Interactions.of(rows["customer"].to_numpy(), rows["product"].to_numpy(), days=when)
    return Data(visits, clock_of(today), Catalogue.read(store, timeout), _profiles(store, filters, timeout))


def _profiles(store: Store, filters: Sequence[Filter], timeout: float) -> pd.DataFrame:
    """Customers' attributes by id; none where the store keeps none, or where the asker's filters do not reach them."""
    import pandas as pd

    from db.errors import PermissionRefused

    nobody = pd.DataFrame(index=pd.Index([], dtype=str))
    if "customers" not in store.schema.roles:
        return nobody
    try:
        rows = frame(store, sa.select(source(store, "customers", filters=filters)), timeout)
    except PermissionRefused:
        return nobody
    return rows.set_index(rows["customer"].astype(str)).drop(columns="customer")


def build(data: Data) -> ShopRecommender:
    """The recommender over some data, not yet fitted."""
    types, profiles = data.catalogue.types(data.visits.products), data.codes(data.visits.customers)
    return ShopRecommender(data.visits, data.clock, types, data.catalogue.texts, profiles)


_memory: OrderedDict[tuple[object, ...], Served] = OrderedDict()
_lock = threading.Lock()


def for_store(
    store: Store,
    today: date,
    filters: Sequence[Filter] = (),
    folder: Path | None = None,
    progress: Progress = lambda stage, done: None,
) -> Served:
    """The recommender of a store as of a day.

    One that ``shopops train`` made is used if it fits; one that knows days after ``today`` is not looked at. Without
    it, or under row filters, a lighter one is fitted now, and kept in ``folder`` where nothing restricts it.

    Raises:
        ArtifactMissing: nothing is trained, and the store is too large to do it now. ArtifactStale, ArtifactDamaged:
        the trained one cannot be used. AnalysisError: no purchases before that day.
    """
    key = (store.schema.name, store.fingerprint, id(store) if not store.fingerprint else 0, today, tuple(filters))
    with _lock:
        stamp = _stamp(folder)
        found = _memory.get((*key, stamp))
        if found is None:
            found = _ready(store, today, filters, folder, progress)
            _memory[(*key, _stamp(folder))] = found
            while len(_memory) > KEPT:
                _memory.popitem(last=False)
        return found


def _stamp(folder: Path | None) -> int:
    path = model_file(folder) if folder else None
    return path.stat().st_mtime_ns if path and path.is_file() else 0


def _ready(store: Store, today: date, filters: Sequence[Filter], folder: Path | None, progress: Progress) -> Served:
    if folder is not None and not filters:
        trained = _trained(store, today, model_file(folder), progress)
        if trained is not None:
            return trained
        quick = folder / f"{KIND}-quick{ENDING}"
        try:
            kept = _trained(store, today, quick, progress)
        except ArtifactError:  # ours, and made anew whenever it does not fit
            kept = None
        if kept is not None:
            return kept
    _require_quick(store, today, filters)
    progress("reading purchases", 0.0)
    data = read_data(store, today, filters)
    progress("learning habits", 0.3)
    shop = build(data).fit()
    if folder is not None and not filters and store.fingerprint:
        meta = Meta(KIND, VERSION, store.schema.name, store.fingerprint, today, now_text(datetime.now(UTC)))
        try:
            save(folder / f"{KIND}-quick{ENDING}", replace(meta, settings={"discovery": "linear"}), parts_of(shop))
        except OSError:  # no room or no right to write there: the answer does not depend on it
            progress("not kept", 0.9)
    return Served(shop, data)


def _require_quick(store: Store, today: date, filters: Sequence[Filter]) -> None:
    days = Interval(start=min(EPOCH, today), end=today)
    lines = source(store, "sales", ("customer",), time=days, filters=filters)
    if int(frame(store, sa.select(sa.func.count().label("n")).select_from(lines))["n"].iloc[0]) > QUICK_ROWS:
        raise ArtifactMissing(f"The {KIND} model has not been trained yet.", f"Run: shopops train {KIND}")


def _trained(store: Store, today: date, path: Path, progress: Progress) -> Served | None:
    """A model from disk; None where there is none, or where it has seen days that this question may not know."""
    try:
        meta, parts = load(path, KIND, VERSION)
    except ArtifactMissing:
        return None
    if meta.store == store.schema.name and meta.fingerprint == store.fingerprint and meta.as_of > today:
        return None
    require_fresh(meta, store.schema.name, store.fingerprint, today)
    progress("loading the model", 0.2)
    same_day = meta.as_of == today and bool(store.fingerprint)
    try:
        known = _visits_of(parts["visits.npz"]) if same_day else None
        data = _with_visits(store, today, known) if known else read_data(store, today)
        return Served(_restored(data, meta, parts), data, meta)
    except (KeyError, ValueError, AttributeError, IndexError) as error:
        raise ArtifactDamaged(f"The {KIND} model's file cannot be read.", f"Run: shopops train {KIND}") from error


def _with_visits(store: Store, today: date, visits: Interactions) -> Data:
    return Data(visits, clock_of(today), Catalogue.read(store), _profiles(store, (), 60.0))


def parts_of(shop: ShopRecommender) -> dict[str, bytes]:
    """The parts of a fitted recommender's file."""
    v, ranker = shop.visits, shop.ranker
    ids = {"customers": v.customers, "products": v.products}
    visits = arrays(**ids, rows=v.rows.astype(np.int32), cols=v.cols.astype(np.int32), days=v.days.astype(np.int32))
    learnt = np.asarray(getattr(ranker, ranker.learnt), np.float32)
    discovery = arrays(items=v.products[shop.items], learnt=learnt)
    booster = shop.reorder.booster.model_to_string() if shop.reorder.booster is not None else ""
    return {"visits.npz": visits, "discovery.npz": discovery, "habits.txt": booster.encode()}


def _visits_of(part: bytes) -> Interactions:
    found = read_arrays(part)
    places = {name: found[name] for name in ("customers", "products", "rows", "cols")}
    return Interactions(**places, values=np.ones(len(found["rows"]), np.float32), days=found["days"].astype(np.int64))


def _restored(data: Data, meta: Meta, parts: dict[str, bytes]) -> ShopRecommender:
    import lightgbm

    shop = build(data)
    text = parts["habits.txt"].decode()
    if text:
        try:
            shop.reorder.booster = lightgbm.Booster(model_str=text)
        except lightgbm.basic.LightGBMError as error:
            raise ValueError("not a LightGBM model") from error
    found = read_arrays(parts["discovery.npz"])
    places = [data.visits.product(str(item)) for item in found["items"]]
    if None in places:  # visits only grow, so a product that is gone means other data
        raise ValueError("products are gone")
    items = np.array(places, np.int64)
    model = DISCOVERERS[str(meta.settings.get("discovery", LinearAutoencoder.name))]()
    return shop.discover_with(model.restore(found["learnt"], shop.bought[:, items].tocsr()), items)
