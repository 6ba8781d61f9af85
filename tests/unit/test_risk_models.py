"""Training on labels, the model's file, features of any labelled table, and groups of linked customers."""

import random
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from db.errors import AnalysisError, ArtifactDamaged, ArtifactMissing
from models.risk import columns
from models.risk.events import Payment
from models.risk.features import Features
from models.risk.links import Links
from models.risk.model import load_model
from models.risk.supervised import Classifier, fit_by_time
from models.risk.train import train, train_on_table
from tests.risk_shop import Shop

DAY = 86_400.0


def table(rows: int = 4_000, seed: int = 0) -> pd.DataFrame:
    """Orders of which those on a device that others used before are mostly fraud; nothing else tells."""
    rng = np.random.default_rng(seed)
    devices = rng.integers(0, rows * 3, rows)
    gang = rng.random(rows) < 0.12
    devices[gang] = rng.integers(10**7, 10**7 + rows // 60, gang.sum())
    bought = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(rng.random(rows) * 300 * DAY), unit="s")
    return pd.DataFrame(
        {
            "user_id": np.arange(rows),
            "signup_time": (bought - pd.to_timedelta(rng.random(rows) * 90 * DAY, unit="s")).astype(str),
            "purchase_time": bought.astype(str),
            "value": rng.integers(9, 150, rows),
            "device_id": [f"D{d}" for d in devices],
            "source": rng.choice(["Ads", "SEO", "Direct"], rows),
            "class": (gang & (rng.random(rows) < 0.8)).astype(int) | (rng.random(rows) < 0.02).astype(int),
        }
    )


def test_a_table_of_ones_own_trains_and_is_measured_on_its_last_rows() -> None:
    model = train_on_table(table().sample(frac=1, random_state=1), "class", "purchase_time")
    assert model.metrics["auc"] > 0.8
    assert model.metrics["brier"] < model.metrics["brier_of_mean"]
    assert model.metrics["calibration_error"] < 0.03
    chances, labels = model.test
    assert len(labels) == 800
    assert labels[chances > 0.5].mean() > 0.6
    assert {"device_id: times before", "since signup_time"} <= set(model.names)
    assert not any("user_id" in name and ":" in name for name in model.names)  # it never comes back


def test_shuffled_labels_are_not_learnt() -> None:
    frame = table()
    frame["class"] = np.random.default_rng(5).permutation(frame["class"].to_numpy())
    assert train_on_table(frame, "class", "purchase_time").metrics["auc"] < 0.62


def test_labels_of_one_class_are_refused_in_plain_words() -> None:
    with pytest.raises(AnalysisError, match="all of one class"):
        train_on_table(table(600).assign(**{"class": 0}), "class", "purchase_time")
    with pytest.raises(AnalysisError, match="fewer than 20"):
        train_on_table(table(600).assign(**{"class": [1] * 5 + [0] * 595}), "class", "purchase_time")
    with pytest.raises(AnalysisError, match="no column 'fraud'"):
        train_on_table(table(600), "fraud", "purchase_time")
    with pytest.raises(AnalysisError, match="neither yes nor no"):
        train_on_table(table(600).assign(**{"class": "maybe"}), "class", "purchase_time")
    with pytest.raises(AnalysisError, match="does not hold times"):
        train_on_table(table(600), "class", "source")


def test_features_of_a_table_agree_with_a_count_by_hand_and_never_look_ahead() -> None:
    rng = random.Random(4)
    size = 300
    frame = pd.DataFrame(
        {
            "device": [f"d{rng.randrange(60)}" for _ in range(size)],
            "card": [f"c{rng.randrange(80)}" for _ in range(size)],
        }
    )
    times = np.sort(np.array([rng.random() * 100 * DAY for _ in range(size)]))
    labels = np.array([float(rng.random() < 0.3) for _ in range(size)])
    kinds = columns.Kinds((), (), (), ("device", "card"))
    rows, names = columns.features(frame, kinds, times, labels)
    found = {name: rows[:, place] for place, name in enumerate(names)}
    device, card = frame["device"].to_list(), frame["card"].to_list()
    for place in range(size):
        same = [i for i in range(place) if device[i] == device[place]]
        old = [i for i in same if times[i] <= times[place] - 30 * DAY]
        assert found["device: times before"][place] == len(same)
        assert found["device: last day"][place] == sum(times[i] > times[place] - DAY for i in same)
        assert found["device: known bad"][place] == sum(labels[i] for i in old)
        assert found["device: known good"][place] == sum(1 - labels[i] for i in old)
        assert found["card by device"][place] == len({card[i] for i in [*same, place]})
    part, _ = columns.features(frame.head(150), kinds, times[:150], labels[:150])
    told = [i for i, name in enumerate(names) if "share" not in name]
    assert np.allclose(part[:, told], rows[:150, told], equal_nan=True)


def test_probabilities_are_calibrated() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(8_000, 2))
    truth = 1 / (1 + np.exp(-(2 * x[:, 0] - 3)))
    fitted = fit_by_time(x, (rng.random(8_000) < truth).astype(float), ("a", "b"))
    assert fitted.metrics["calibration_error"] < 0.03
    assert np.abs(fitted.classifier.predict(x[-1_600:]) - truth[-1_600:]).mean() < 0.03
    again = Classifier.of(fitted.classifier.parts(), ("a", "b"), fitted.classifier.kind)
    assert np.allclose(again.predict(x[:50]), fitted.classifier.predict(x[:50]))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A quiet shop: no chargebacks."""
    made = Shop(tmp_path_factory.mktemp("shop"))
    made.ordinary(days=80)
    return made


def test_a_store_without_chargebacks_trains_the_unlabelled_part(shop: Shop, tmp_path: Path) -> None:
    store = shop.open()
    meta = train(store, store.as_of, tmp_path / "risk.shopops")
    kept, model = load_model(tmp_path / "risk.shopops")
    assert kept == meta
    assert model.classifier is None
    assert meta.metrics["cases"] == 0
    odd = Features(
        amount=9_000.0, own_z=20.0, shop_z=20.0, orders_day=30.0, usual_day=9.0, orders_before=900.0, hour=23.0
    )
    assert [reason.code for reason in model.reasons([odd])[0]] == ["R13"]


def test_the_operators_own_labels_train_the_store(shop: Shop, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    lines = [f"o{i},{'fraud' if i % 9 == 0 else 'ok'}" for i in range(1, 300)]
    labels.write_text("order_id,label\n" + "\n".join(lines), encoding="utf-8")
    store = shop.open()
    meta = train(store, store.as_of, tmp_path / "risk.shopops", labels=labels)
    assert meta.metrics["cases"] == 33
    assert meta.settings["labels"] == "own"
    assert load_model(tmp_path / "risk.shopops")[1].classifier is not None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"order,label\n" + b"".join(b"o%d,no\n" % i for i in range(300)), "all of one class"),
        (b"order,label\no1,perhaps\n", "neither yes nor no"),
        (b"number,label\no1,1\n", "need the columns 'order'"),
        (b"order,label\n\xff\xfe,1\n", "cannot be read"),
    ],
)
def test_bad_labels_leave_the_old_model(shop: Shop, tmp_path: Path, content: bytes, said: str) -> None:
    labels, target = tmp_path / "labels.csv", tmp_path / "risk.shopops"
    labels.write_bytes(content)
    with pytest.raises(AnalysisError, match=said):
        train(shop.open(), date(2024, 5, 1), target, labels=labels)
    assert not target.exists()


def test_a_model_file_that_is_cut_short_is_refused(shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "risk.shopops"
    with pytest.raises(ArtifactMissing, match="not been trained"):
        load_model(target)
    store = shop.open()
    train(store, store.as_of, target)
    target.write_bytes(target.read_bytes()[:-200])
    with pytest.raises(ArtifactDamaged, match="cannot be read"):
        load_model(target)


def payment(number: int, customer: str, device: str, card: str) -> Payment:
    return Payment(float(number), str(number), f"o{number}", customer, 10.0, device=device, card=card, address="a")


def test_groups_are_the_customers_joined_by_what_they_share() -> None:
    one, two = payment(1, "ann", "D1", "C1"), payment(2, "bob", "D1", "C2")
    three, other = payment(3, "cat", "D3", "C2"), payment(4, "dan", "D4", "C4")
    links = Links([one, two, three, other])
    (group,) = links.groups([one, two, other])
    assert group.customers == ("ann", "bob", "cat")
    assert group.shared == ("cC2", "dD1")
    assert group.orders == ("o1", "o2", "o3")
    assert links.orders(two) == ("o1", "o3")
    assert links.orders(other) == ()  # an address alone links nobody
