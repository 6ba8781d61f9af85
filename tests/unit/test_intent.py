"""Intents of messages, their training and saving, and the state of a conversation."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.errors import AnalysisError, ArtifactDamaged, ArtifactMissing
from models import artifacts
from models.embedding import key_of, read_shipped
from models.intent import shop
from models.intent.classifier import Guess, IntentModel, plain
from models.intent.dialogue import DialogueState, Holding, Lookup, advance
from models.intent.intents import INTENTS, NONE, coarse_of
from models.intent.message import read_message, ticket_of

ORDER, OTHERS = "31268837503", "40010000001"


# ------------------------------------------------------------------------------------------------------------ examples


def test_every_intent_has_its_examples_in_both_languages() -> None:
    counted = Counter((e.intent, e.language) for e in shop.examples())
    assert {intent for intent, _ in counted} == {*INTENTS, NONE}
    assert all(counted[intent, "zh"] >= 15 and counted[intent, "en"] >= 8 for intent in INTENTS)
    assert len({e.text for e in shop.examples()}) == len(shop.examples())


def test_the_vectors_of_the_examples_ship() -> None:
    known = read_shipped(shop.SHIPPED)
    assert {key_of(e.text, "query") for e in shop.examples()} <= set(known)
    assert shop.SHIPPED.stat().st_size < 1_000_000


# ---------------------------------------------------------------------------------------------------------- classifier


def test_left_out_scores_are_those_of_models_without_the_text() -> None:
    rng = np.random.default_rng(1)
    texts = [f"{word} {i}" for i, word in enumerate(["refund money", "parcel late", "cancel order"] * 5)]
    labels = ["a", "b", "c"] * 5
    vectors = rng.normal(size=(15, 384)).astype(np.float32)
    model = IntentModel.fit(texts, labels, vectors)
    assert model.left_out is not None
    gram = model._products(model._own, [found for _, found in model._tfidf])
    targets = np.array([[label == name for name in model.labels] for label in labels], float)
    for i in (0, 7, 14):
        rest = [j for j in range(15) if j != i]
        dual = np.linalg.solve(gram[np.ix_(rest, rest)] + model.kernel.ridge * np.eye(14), targets[rest])
        assert model.left_out[i] == pytest.approx(gram[i, rest] @ dual, abs=1e-4)


def test_one_label_cannot_be_learnt() -> None:
    with pytest.raises(AnalysisError, match="at least two labels"):
        IntentModel.fit(["a", "b"], ["x", "x"], np.ones((2, 384), np.float32))


def test_numbers_and_personal_data_are_no_words() -> None:
    assert plain("Order 4711 of ann@example.com") == plain("order 0 of [email]")


@pytest.mark.parametrize(
    ("message", "intent", "coarse"),
    [
        ("Where on earth is my parcel?? I ordered on Monday", "track_order", "order"),
        ("pls cancel the order I placed an hour ago", "cancel_order", "order"),
        ("Hello, I would like my money back for the broken lamp. Kind regards, Jo", "get_refund", "refund"),
        ("the yoghurt you delivered has mould on it!!", "damaged_item", "refund"),
        ("what do you charge for delivery to Ohio", "delivery_options", "delivery"),
        ("do my points run out at some point", "membership", "others"),
        ("I forgot my password", "password", "others"),
        ("亲，我的快递到哪儿了呀？谢谢", "track_order", "order"),
        ("您好，昨天下的单不想要了，帮忙取消一下", "cancel_order", "order"),
        ("收到的鸡蛋全碎了", "damaged_item", "refund"),
        ("退款都十天了还没到账", "track_refund", "refund"),
        ("配送到郊区要多少运费", "delivery_options", "delivery"),
        ("优惠码一直提示无效", "coupon", "others"),
        ("给我接个人工客服", "human_agent", "others"),
    ],
)
def test_messages_of_customers(message: str, intent: str, coarse: str) -> None:
    guess = shop.open_intents(None).guess(message)
    assert (guess.label, coarse_of(guess.label), guess.known) == (intent, coarse, True)


@pytest.mark.parametrize(
    "message",
    ["tell me a joke about cats", "what's the weather like in Rome", "今天股市怎么样", "帮我写首诗", "qwpoeiru zxcmv"],
)
def test_none_of_these(message: str) -> None:
    assert not shop.open_intents(None).guess(message).known


def test_trained_saved_read_back_and_refused_when_damaged(tmp_path: Path) -> None:
    path = tmp_path / shop.FILE
    seen: list[float] = []
    meta = shop.train(None, date(2018, 1, 1), path, lambda _stage, done: seen.append(done))
    assert seen[-1] == 1.0
    assert meta.metrics["accuracy"] > 0.85
    text = "我要退货"
    assert shop.open_intents(tmp_path).guess(text).label == shop.open_intents(None).guess(text).label == "return_item"
    cut = tmp_path / "cut"
    cut.mkdir()
    (cut / shop.FILE).write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ArtifactDamaged, match="cannot be read"):
        shop.open_intents(cut)
    with pytest.raises(ArtifactMissing):
        artifacts.load(cut / "absent", shop.KIND, shop.VERSION)


# ------------------------------------------------------------------------------------------------------------- message


@pytest.mark.parametrize(
    ("raw", "wanted", "orders"),
    [
        (f"Good morning, cancel it please. Order number {ORDER}. Best regards", "cancel it please.", (ORDER,)),
        (f"在吗？怎么还没发货（订单号：{ORDER}）麻烦尽快处理。谢谢！", "怎么还没发货", (ORDER,)),
        ("Thank you!", "Thank you!", ()),
        ("I paid $12,500.00 for 3 items in 2017", "I paid $12,500.00 for 3 items in 2017", ()),
        ("call 513-555-0142 or a@b.example", "call [phone] or [email]", ()),
    ],
)
def test_the_wrapping_of_a_message_is_taken_off(raw: str, wanted: str, orders: tuple[str, ...]) -> None:
    read = read_message(raw)
    assert (read.wanted, read.orders) == (wanted, orders)


def test_tickets_by_number() -> None:
    assert [ticket_of(t) for t in ("reply to ticket #100231", "回复工单100231", "我要投诉")] == [
        "100231",
        "100231",
        None,
    ]


# ------------------------------------------------------------------------------------------------------------ dialogue


def lookup(labels: dict[str, str], orders: dict[str, Holding]) -> Lookup:
    def intent(message: str) -> Guess:
        label = next((found for word, found in labels.items() if word in message), NONE)
        return Guess(label, 0.9, label != NONE, 1.0, ())

    return Lookup(intent, lambda number: orders.get(number, "unknown"))


WORLD = lookup(
    {"refund": "track_refund", "退款": "track_refund", "points": "membership", "cancel": "cancel_order"},
    {ORDER: "found", OTHERS: "foreign"},
)


def told(*messages: str) -> DialogueState:
    state = DialogueState()
    for message in messages:
        state = advance(state, message, WORLD)
    return state


def test_it_asks_until_it_can_answer() -> None:
    state = told("where is my refund?")
    assert (state.intent, state.missing, state.done) == ("track_refund", ("order",), False)
    state = advance(state, f"it's {OTHERS}", WORLD)
    assert (state.order, state.refused, state.missing) == (None, (OTHERS,), ("order",))
    state = advance(state, f"sorry, I meant {ORDER}", WORLD)
    assert (state.intent, state.order, state.done, state.turns) == ("track_refund", ORDER, True, 3)


def test_a_new_subject_keeps_the_order() -> None:
    state = told(f"refund for {ORDER}", "ok, and please cancel it")
    assert (state.intent, state.order, state.done) == ("cancel_order", ORDER, True)


def test_a_subject_without_an_order_is_answered_at_once() -> None:
    assert told("do points expire").done
    assert told("la la la").missing == ("intent",)
    assert told("la la la", "do points expire").done


def test_the_language_is_the_customers() -> None:
    assert told("我的退款呢").language == "zh"
    assert told("我的退款呢", ORDER).language == "zh"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_conversation_gives_a_state_that_survives_storing(messages: list[str]) -> None:
    state = told(*messages)
    assert DialogueState.from_json(state.to_json()) == state
    assert state.turns == len(messages)
    assert advance(state, "refund", WORLD) == advance(replace(state), "refund", WORLD)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "colour": 2}', '{"format": 9}'])
def test_other_texts_are_no_state(text: str) -> None:
    with pytest.raises(ValueError, match=r"state|Expecting"):
        DialogueState.from_json(text)
