"""``shopops train``: what it shows, what it refuses, and that the old model stays until the new one is whole."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import models.training
from agent.interfaces.cli import cli
from db.engine import Store
from db.errors import AnalysisError
from models.artifacts import Meta, load, save


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, ["train", *args])


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, journey_folder: Path) -> Path:
    (tmp_path / "stores").symlink_to(journey_folder / "stores")
    monkeypatch.setenv("SHOPOPS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SHOPOPS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "trained" / "journey"


def offer(monkeypatch: pytest.MonkeyPatch, **trainers: Callable[..., Meta]) -> None:
    """Put made-up kinds in place of the real ones."""
    kinds = {}
    for kind, work in trainers.items():
        module = types.ModuleType(f"made_up_{kind}")
        module.train = work  # type: ignore[attr-defined]
        module.__spec__ = types.SimpleNamespace()  # type: ignore[assignment]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        kinds[kind] = (f"made_up_{kind}:train", "sales", "a test")
    monkeypatch.setattr(models.training, "KINDS", kinds)


def good(store: Store, as_of: date, path: Path, progress: Callable[[str, float], None]) -> Meta:
    progress("learning", 0.5)
    meta = Meta("good", 1, store.schema.name, store.fingerprint, as_of, "now", {"recall@10": 0.125, "products": 1234.0})
    save(path, meta, {"part.txt": b"x"})
    return meta


def poor(*_: Any) -> Meta:
    raise AnalysisError("There is too little to learn from.", "Wait.")


def test_it_trains_and_shows_what_was_held_out(monkeypatch: pytest.MonkeyPatch, own_folder: Path) -> None:
    offer(monkeypatch, good=good)
    done = run("good")
    assert done.exit_code == 0
    assert "Trained good on journey as of 2018-01-01." in done.stdout
    assert "recall@10" in done.stdout
    assert "0.125" in done.stdout
    assert "1,234" in done.stdout
    assert "learning 50%" in done.stderr
    assert load(own_folder / "good.shopops", "good", 1)[0].as_of == date(2018, 1, 1)


def test_the_day_is_the_one_asked_for(monkeypatch: pytest.MonkeyPatch, own_folder: Path) -> None:
    offer(monkeypatch, good=good)
    assert run("--as-of", "2017-12-01").exit_code == 0
    assert load(own_folder / "good.shopops", "good", 1)[0].as_of == date(2017, 12, 1)


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("nothing",), "There is no model 'nothing' to train. There are: good, poor."),
        (("good", "--as-of", "yesterday"), "--as-of 'yesterday' is not a date."),
        (("good", "--as-of", "2016-01-01"), "no data before 2016-01-01"),
        (("good", "--store", "mars"), "mars"),
        (("poor",), "There is too little to learn from."),
    ],
)
def test_refusals(monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], sentence: str) -> None:
    offer(monkeypatch, good=good, poor=poor)
    told = run(*args)
    assert told.exit_code in (1, 2)
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr


def test_among_several_one_that_cannot_is_told_and_the_others_are_trained(
    monkeypatch: pytest.MonkeyPatch, own_folder: Path
) -> None:
    offer(monkeypatch, poor=poor, good=good)
    done = run()
    assert done.exit_code == 1
    assert "Not trained: poor. There is too little" in done.stderr
    assert (own_folder / "good.shopops").is_file()


def test_ctrl_c_leaves_the_old_model(monkeypatch: pytest.MonkeyPatch, own_folder: Path) -> None:
    offer(monkeypatch, good=good)
    run("good")
    before = (own_folder / "good.shopops").read_bytes()

    def stopped(store: Store, as_of: date, path: Path, progress: Callable[[str, float], None]) -> Meta:
        progress("learning", 0.5)
        raise KeyboardInterrupt

    offer(monkeypatch, good=stopped)
    told = run("good")
    assert told.exit_code == 130
    assert "Stopped." in told.stderr
    assert (own_folder / "good.shopops").read_bytes() == before
    assert [path.name for path in own_folder.iterdir()] == ["good.shopops"]


def test_the_kinds_that_ship_are_offered_where_the_store_has_their_data() -> None:
    class Roles:
        roles: dict[str, object] = {"sales": object()}  # noqa: RUF012

    store: Any = types.SimpleNamespace(schema=Roles())
    assert "recommender" in models.training.kinds()
    assert "recommender" in models.training.trainable(store)
    assert "risk" not in models.training.trainable(store)


def test_the_recommender_is_measured_chosen_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import numpy as np
    import pandas as pd

    from models.recommender import train as module
    from models.recommender.catalogue import Catalogue
    from models.recommender.interactions import Interactions
    from models.recommender.serve import Data, clock_of

    rng = np.random.default_rng(0)
    day = clock_of(date(2018, 1, 1))
    who, what = rng.integers(0, 50, 3000), rng.integers(0, 20, 3000) // 2 * 2
    visits = Interactions.of(who, what, days=day - 1 - rng.integers(0, 200, 3000))
    empty = pd.DataFrame(index=pd.Index([], dtype=str))
    monkeypatch.setattr(module, "read_data", lambda *_: Data(visits, day, Catalogue(empty), empty))
    store: Any = types.SimpleNamespace(schema=types.SimpleNamespace(name="small"), fingerprint="f")
    told: list[float] = []
    meta = module.train(store, date(2018, 1, 1), tmp_path / "r.shopops", lambda _, done: told.append(done))
    assert load(tmp_path / "r.shopops", "recommender", 1)[0].metrics == meta.metrics
    assert 0 < meta.metrics["reorder ndcg@10"] <= 1
    assert meta.settings["discovery"] in {"linear", "implicit", "walk", "popular"}
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_an_operators_own_labels_reach_the_model_that_takes_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[Path] = []

    def labelled(
        store: Store, as_of: date, path: Path, progress: Callable[[str, float], None], labels: Path | None = None
    ) -> Meta:
        given.extend([labels] if labels else [])
        return good(store, as_of, path, progress)

    offer(monkeypatch, good=good, risk=labelled)
    file = tmp_path / "reviewed.csv"
    file.write_text("order,label\n1,1\n", "utf-8")
    assert run("risk", "--labels", str(file)).exit_code == 0
    assert given == [file]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("good", "--labels", "FILE"), "The model 'good' takes no labels."),
        (("--labels", "FILE"), "Labels train one model."),
        (("risk", "--labels", "nowhere.csv"), "does not exist"),
    ],
)
def test_labels_that_nothing_takes_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: tuple[str, ...], says: str
) -> None:
    offer(monkeypatch, good=good, risk=good)
    file = tmp_path / "reviewed.csv"
    file.write_text("order,label\n1,1\n", "utf-8")
    told = run(*(str(file) if arg == "FILE" else arg for arg in args))
    assert told.exit_code == 2
    assert says in told.stderr
