"""Train e5 further where its 4-bit file can hold it, together with the linear classifiers that read its vectors.

The matrices' 4-bit codes stay as they are. What is trained are the scales of their blocks ("PEQA", Kim et al.,
arXiv:2305.14152), the biases and the layer norms ("BitFit", Ben Zaken et al., arXiv:2106.10199): 724,224 of 118 million
numbers, which run in the engine that runs e5 (:mod:`models.e5file`). Each classifier is one of :mod:`models.routing`:
the same features, penalty and temperature, fitted by gradient steps instead of at once. Needs torch, and runs on a GPU
where torch finds one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.e5file import BLOCK, SCALE_PARTS, in_parts
from models.routing import BUCKETS, MEANING, PARTS, RIDGE, RoutingModel, bags, softmax, temperature_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.e5file import E5File
    from models.routing import Matrix

EPOCHS, FURTHER_EPOCHS, BATCH = 5, 3, 64
FLOAT_RATE, SCALE_RATE, HEAD_RATE = 3e-3, 3e-3, 3e-2  # of Adam, after a warm-up falling to nothing
WARM = 100  # steps
HIDDEN, DROPPED = 0.1, 0.1  # of the pieces of a text in training, and of what passes between the encoder's parts
HELD = 20  # one text in so many is left out: it tells how the classifiers do, and their temperatures
SAMPLE = 2_000  # texts that tell the vectors' mean and spread
FIXED = ("emb.pos", "emb.type")
PREFIX = 4  # pieces before the text's own: the beginning and "query:"
ALONE = -1e9


@dataclass(frozen=True, slots=True)
class Task:
    """Texts with their marks, and what each classifier shall tell of them: ``kinds`` by the classifier's name."""

    texts: Sequence[str]
    marks: Sequence[Sequence[str]]
    kinds: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Told:
    """A trained classifier, and the chances of the texts left out (their places; shape (left out, kinds))."""

    model: RoutingModel
    left_out: NDArray[np.intp]
    chances: Matrix


def tune(
    file: E5File,
    tasks: Sequence[Task],
    source: str,
    said: Callable[[str], None] = lambda _: None,
    epochs: int = EPOCHS,
    start: Mapping[str, NDArray[Any]] | None = None,
) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, Told]]:
    """Train the encoder on all tasks at once.

    Args:
        source: kept in the classifiers, to tell later what they were trained on.
        said: told the loss of each epoch.
        start: what an earlier training changed in the encoder, to go on from there.

    Returns:
        What changes in the encoder, as :meth:`models.e5file.E5File.tuned` takes it, and each classifier by its name.

    Raises:
        ImportError: torch is not installed.
    """
    import torch

    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        encoder = _Encoder(torch, file, start or {})
        return _trained(torch, encoder, tasks, said, epochs, source)


def _trained(
    torch: Any,
    encoder: _Encoder,
    tasks: Sequence[Task],
    said: Callable[[str], None],
    epochs: int,
    source: str,
) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, Told]]:
    chance = np.random.default_rng(0)
    ready = [_Ready(torch, encoder, task, chance) for task in tasks]
    heads = [head for each in ready for head in each.heads.values()]
    groups = [
        {"params": list(encoder.floats.values()), "lr": FLOAT_RATE},
        {"params": list(encoder.scales.values()), "lr": SCALE_RATE},
        {"params": [weight for head in heads for weight in head.weights], "lr": HEAD_RATE},
    ]
    optimiser = torch.optim.Adam(groups)
    steps = epochs * sum(-(-len(each.taught) // BATCH) for each in ready)
    fading = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda at: min(1, (at + 1) / WARM) * (1 - at / (steps + 1)))
    for epoch in range(epochs):
        lost = []
        batches = [(each, part) for each in ready for part in each.batches(chance)]
        for at in chance.permutation(len(batches)):
            each, part = batches[at]
            loss = each.loss(part, chance)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            fading.step()
            lost.append(loss.detach())
        said(f"epoch {epoch + 1} of {epochs}: loss {torch.stack(lost).mean():.3f}")
    return encoder.changes(), {name: told for each in ready for name, told in each.told(source)}


class _Encoder:
    """e5 in torch: it multiplies in 16 bits, and holds what is trained in 32."""

    def __init__(self, torch: Any, file: E5File, start: Mapping[str, NDArray[Any]]) -> None:
        self.torch, self.file, self.shape = torch, file, file.shape
        hidden, inner = self.shape.hidden, self.shape.inner
        rows = {"q": hidden, "k": hidden, "v": hidden, "ao": hidden, "fi": inner, "fo": hidden}
        self.matrices = {
            f"l{layer}.{part}": torch.as_tensor(file.matrix(f"l{layer}.{part}.w", count)).view(count, -1, BLOCK)
            for layer in range(self.shape.layers)
            for part, count in rows.items()
        }
        self.scales = {
            name: torch.zeros(matrix.shape[:2])
            if grown is None
            else torch.as_tensor(grown / SCALE_PARTS).view(matrix.shape[:2])
            for name, matrix in self.matrices.items()
            for grown in (start.get(f"{name}.w"),)
        }
        self.words = torch.as_tensor(file.matrix("emb.word", self.shape.vocabulary))
        self.places = torch.as_tensor(file.floats("emb.pos").copy()).view(-1, hidden) + torch.as_tensor(
            file.floats("emb.type")[:hidden].copy()
        )
        names = [name for name, tensor in file.tensors.items() if not tensor.type and name not in FIXED]
        self.floats = {name: torch.as_tensor(file.floats(name) + start.get(name, np.float32(0))) for name in names}
        for trained in (*self.scales.values(), *self.floats.values()):
            trained.requires_grad_()

    def changes(self) -> Mapping[str, NDArray[Any]]:
        """What is no longer as in the file."""
        added = {name: value.numpy(force=True) - self.file.floats(name) for name, value in self.floats.items()}
        grown = {f"{name}.w": in_parts(scale.numpy(force=True).ravel()) for name, scale in self.scales.items()}
        return {**added, **grown}

    def batch(self, tokens: Sequence[Sequence[int]]) -> tuple[Any, Any]:
        """Pieces as a rectangle, and where it holds any."""
        width = max(map(len, tokens))
        padded = [[*own, *[self.file.pad] * (width - len(own))] for own in tokens]
        kept = [[True] * len(own) + [False] * (width - len(own)) for own in tokens]
        return self.torch.tensor(padded), self.torch.tensor(kept)

    def vectors(self, tokens: Sequence[Sequence[int]], dropped: float = 0.0) -> Any:
        """Embeddings of unit length, shape (texts, 384)."""
        pieces, kept = self.batch(tokens)
        functional = self.torch.nn.functional
        bias = self.torch.where(kept[:, None, None, :], 0.0, ALONE)
        state = self._normed(self.words[pieces] + self.places[: pieces.shape[1]], "emb.ln")
        for layer in range(self.shape.layers):
            state = self._normed(state + self._thinned(self._attended(state, layer, bias), dropped), f"l{layer}.aln")
            state = self._normed(state + self._thinned(self._passed(state, layer), dropped), f"l{layer}.oln")
        pooled = (state * kept[..., None]).sum(1) / kept.sum(1, keepdim=True)
        return functional.normalize(pooled, dim=1)

    def _thinned(self, state: Any, dropped: float) -> Any:
        """Without some of its directions, the same in all pieces of a text (Gal and Ghahramani, arXiv:1512.05287)."""
        if not dropped:
            return state
        kept = self.torch.nn.functional.dropout(self.torch.ones(len(state), 1, self.shape.hidden), dropped)
        return state * kept

    def _attended(self, state: Any, layer: int, bias: Any) -> Any:
        count, width, hidden = state.shape
        asked, keys, values = (
            self._linear(state, f"l{layer}.{part}").view(count, width, self.shape.heads, -1).transpose(1, 2)
            for part in "qkv"
        )
        found = self.torch.nn.functional.scaled_dot_product_attention(asked, keys, values, attn_mask=bias)
        return self._linear(found.transpose(1, 2).reshape(count, width, hidden), f"l{layer}.ao")

    def _passed(self, state: Any, layer: int) -> Any:
        return self._linear(self.torch.nn.functional.gelu(self._linear(state, f"l{layer}.fi")), f"l{layer}.fo")

    def _linear(self, state: Any, name: str) -> Any:
        scaled = self.matrices[name] * (1 + self.scales[name][..., None])
        moved = self.torch.nn.functional.linear(state.bfloat16(), scaled.flatten(1).bfloat16())
        return moved.float() + self.floats[f"{name}.b"]

    def _normed(self, state: Any, name: str) -> Any:
        weight, bias = self.floats[f"{name}.w"], self.floats[f"{name}.b"]
        return self.torch.nn.functional.layer_norm(state, weight.shape, weight, bias, self.file.epsilon)


class _Head:
    """One classifier in training: weights over the vector and over the buckets, and a bias."""

    def __init__(self, torch: Any, size: int, kinds: Sequence[str]) -> None:
        self.names = sorted(set(kinds))
        self.owned = torch.as_tensor(np.searchsorted(self.names, list(kinds)))
        self.meaning = torch.zeros(size, len(self.names), requires_grad=True)
        self.buckets = torch.zeros(PARTS * BUCKETS, len(self.names), requires_grad=True)
        self.bias = torch.zeros(len(self.names), requires_grad=True)
        self.weights = (self.meaning, self.buckets, self.bias)


class _Ready:
    """A task with its pieces and features."""

    def __init__(self, torch: Any, encoder: _Encoder, task: Task, chance: np.random.Generator) -> None:
        self.torch, self.encoder, file = torch, encoder, encoder.file
        self.tokens = [file.tokens(text) for text in task.texts]
        self.counts, self.rarity = bags(task.texts, task.marks)
        self.heads = {name: _Head(torch, encoder.shape.hidden, kinds) for name, kinds in task.kinds.items()}
        order = chance.permutation(len(self.tokens))
        self.left_out, self.taught = np.split(order, [len(order) // HELD])
        with torch.no_grad():
            some = np.sort(self.taught)[:: max(1, len(self.taught) // SAMPLE)]
            vectors = torch.cat([encoder.vectors([self.tokens[i] for i in part]) for part in _parts(some)])
        self.mean, self.spread = vectors.mean(0), vectors.std(0) + 1e-6

    def batches(self, chance: np.random.Generator) -> Iterator[NDArray[np.intp]]:
        """All that is taught, in a new order, texts of one length together."""
        order = chance.permutation(self.taught)
        for start in range(0, len(order), 20 * BATCH):
            near = order[start : start + 20 * BATCH]
            yield from _parts(near[np.argsort([len(self.tokens[i]) for i in near], kind="stable")])

    def scores(self, part: NDArray[np.intp], chance: np.random.Generator | None = None) -> dict[str, Any]:
        """Each classifier's scores of these texts, shape (texts, kinds); with ``chance`` in training."""
        functional, dropped = self.torch.nn.functional, DROPPED if chance else 0.0
        vectors = self.encoder.vectors([self._pieces(i, chance) for i in part], dropped)
        vectors = functional.dropout(functional.normalize((vectors - self.mean) / self.spread, dim=1), dropped)
        rows = self.counts[part]
        at, starts, values = (self.torch.as_tensor(x) for x in (rows.indices, rows.indptr[:-1], rows.data))
        return {
            name: vectors @ head.meaning * MEANING
            + functional.embedding_bag(at, head.buckets, starts, mode="sum", per_sample_weights=values)
            + head.bias
            for name, head in self.heads.items()
        }

    def _pieces(self, at: int, chance: np.random.Generator | None) -> Sequence[int]:
        own = self.tokens[at]
        if chance is None:
            return own
        hidden = chance.random(len(own)) < HIDDEN
        hidden[:PREFIX] = hidden[-1] = False
        return [self.encoder.file.unknown if hide else piece for piece, hide in zip(own, hidden, strict=True)]

    def loss(self, part: NDArray[np.intp], chance: np.random.Generator) -> Any:
        """The mean loss of these texts, and the penalty of the weights."""
        ridge = RIDGE / 2 / len(self.taught)
        lost = 0.0
        for name, scores in self.scores(part, chance).items():
            head = self.heads[name]
            lost = lost + self.torch.nn.functional.cross_entropy(scores, head.owned[part])
            lost = lost + ridge * (head.meaning.square().sum() + head.buckets.square().sum())
        return lost

    def told(self, source: str) -> Iterator[tuple[str, Told]]:
        """The classifiers as they are used."""
        with self.torch.no_grad():
            every = [self.scores(part) for part in _parts(self.left_out)]
        for name, head in self.heads.items():
            scores = np.concatenate([each[name].numpy(force=True) for each in every])
            temperature = temperature_of(scores, head.owned.numpy(force=True)[self.left_out])
            meaning, buckets, bias = (weight.numpy(force=True) for weight in head.weights)
            mean, spread = self.mean.numpy(force=True), self.spread.numpy(force=True)
            model = RoutingModel(
                tuple(head.names), mean, spread, meaning, buckets, self.rarity, bias, temperature, source
            )
            yield name, Told(model, self.left_out, softmax((scores / temperature).astype(np.float32)))


def _parts(order: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    return [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
