"""A text classifier for intents: kernel ridge over words and meaning, calibrated, that says "none of these".

With targets 1 for a text's own label and 0 for the others, the dual weights are ``A = (K + λI)⁻¹Y`` and a text's
scores ``k(x)ᵀA`` (Rifkin, Yeo & Poggio, "Regularized Least-Squares Classification", 2003). The kernel is the sum of a
Gaussian one over standardised e5 embeddings, a linear one over TF-IDF of words and of characters, and where a field has
them, one over its cues (the words that tell its intents apart, the same in both languages)::

    k(x, y) = exp(−γ‖e(x) − e(y)‖²) + w·⟨t(x), t(y)⟩ + c·⟨u(x), u(y)⟩

Far from every example the kernel, and so every score, goes to zero: a low best score means "none of these". Scores of
each training text by a model that did not see it come in closed form, ``y − A / diag((K + λI)⁻¹)`` (Rifkin & Lippert,
"Notes on Regularized Least Squares", MIT-CSAIL-TR-2007-025), and calibrate the confidence and the threshold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.linalg
from scipy.optimize import minimize_scalar
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics.pairwise import rbf_kernel

from db.errors import AnalysisError
from db.state.masking import mask_personal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

KEPT = 0.98  # share of in-scope texts that the threshold keeps
MAX_TEXTS = 20_000  # the kernel matrix of so many takes 1.6 GB
_HAN = re.compile(r"([\u3400-\u9fff])")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Kernel:
    """Weights of the kernel's parts and the ridge λ; ``cues`` gives the cues of a text, none without it."""

    gamma: float
    words: float
    ridge: float
    cue: float = 0.0
    cues: Callable[[str], list[str]] | None = None


GENERAL = Kernel(1.0, 0.3, 0.3)  # chosen on a fifth of banking77's training texts, and kept for all other data


@dataclass(frozen=True, slots=True)
class Guess:
    """The label of a text, how sure (0–1), whether it is one of the known labels at all, and the runners-up.

    ``score``: of the best label, about 1 where examples are near and 0 where none is.
    """

    label: str
    confidence: float
    known: bool
    score: float
    ranking: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Softmax temperature, the least score of a known text, and the accuracy, all from left-out scores."""

    temperature: float
    floor: float
    accuracy: float


def plain(text: str) -> str:
    """A text as the word kernel reads it: folded, personal data masked, numbers alike, Chinese by characters.

    >>> plain("Cancel order 4711"), plain("退货ＯＫ吗")
    ('cancel order 0', '退 货 ok 吗')
    """
    folded = unicodedata.normalize("NFKC", mask_personal(text)).casefold()
    return " ".join(_HAN.sub(r" \1 ", _DIGITS.sub("0", folded)).split())


class IntentModel:
    """See the module. Stable: ``fit`` and ``guess``; all else may change.

    >>> vectors = np.eye(4, 384, dtype=np.float32)
    >>> model = IntentModel.fit(["send it back", "return it", "where is it", "track it"], ["a", "a", "b", "b"], vectors)
    >>> model.guess(["return it"], vectors[1:2])[0].label
    'a'
    """

    def __init__(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        vectors: Vectors,
        dual: Vectors,
        calibration: Calibration,
        kernel: Kernel = GENERAL,
    ) -> None:
        self.texts, self.labels = tuple(texts), tuple(labels)
        self.vectors, self.dual, self.calibration, self.kernel = vectors, dual, calibration, kernel
        self.left_out: Vectors | None = None  # scores of the training texts, each by a model that did not see it
        self._mean, self._spread = vectors.mean(axis=0), vectors.std(axis=0) + 1e-6
        self._own = self._standard(vectors)
        self._readers = _readers(kernel)
        self._tfidf = [(weight, v.fit_transform(list(texts))) for weight, v in self._readers]

    @classmethod
    def fit(
        cls, texts: Sequence[str], labels: Sequence[str], vectors: Vectors, kernel: Kernel = GENERAL
    ) -> IntentModel:
        """Train on texts with one label each and their embeddings (texts × 384), in seconds for a thousand texts.

        Raises:
            AnalysisError: fewer than two labels, or more texts than fit in memory.
        """
        names = sorted(set(labels))
        if len(names) < 2:
            raise AnalysisError("Intents need examples of at least two labels.", "Add examples of another one.")
        if len(texts) > MAX_TEXTS:
            raise AnalysisError(f"More than {MAX_TEXTS:,} examples do not fit in memory.", "Take a sample of them.")
        untrained = np.zeros((len(texts), len(names)), np.float32), Calibration(1.0, 0.0, 0.0)
        model = cls(texts, names, vectors, *untrained, kernel)
        owned = np.searchsorted(names, list(labels))
        targets = np.where(owned[:, None] == np.arange(len(names)), 1.0, 0.0).astype(np.float32)
        gram = model._products(model._own, [found for _, found in model._tfidf])
        gram[np.diag_indices_from(gram)] += kernel.ridge
        inverse = scipy.linalg.lapack.spotri(scipy.linalg.cholesky(gram, lower=True, overwrite_a=True), lower=1)[0]
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        model.dual = inverse @ targets
        model.left_out = (targets - model.dual / np.diag(inverse)[:, None]).astype(np.float32)
        model.calibration = _calibrated(model.left_out, owned)
        return model

    def scores(self, texts: Sequence[str], vectors: Vectors) -> Vectors:
        """Scores, shape (texts, labels)."""
        tfidf = [v.transform(list(texts)) for _, v in self._readers]
        scores: Vectors = self._products(self._standard(vectors), tfidf) @ self.dual
        return scores

    def guess(self, texts: Sequence[str], vectors: Vectors, runners: int = 3) -> list[Guess]:
        """The label of each text with its confidence."""
        return self.read(self.scores(texts, vectors), runners) if len(texts) else []

    def read(self, scores: Vectors, runners: int = 3) -> list[Guess]:
        """Scores as guesses."""
        sure = _softmax(scores * self.calibration.temperature)
        found = []
        for row, chances in zip(scores, sure, strict=True):
            order = np.argsort(-row, kind="stable")[:runners]
            best = int(order[0])
            ranking = tuple((self.labels[i], float(chances[i])) for i in order)
            known = bool(row[best] >= self.calibration.floor)
            found.append(Guess(self.labels[best], float(chances[best]), known, float(row[best]), ranking))
        return found

    def _standard(self, vectors: Vectors) -> Vectors:
        moved = (vectors - self._mean) / self._spread
        standard: Vectors = moved / (np.linalg.norm(moved, axis=1, keepdims=True) + 1e-9)
        return standard

    def _products(self, vectors: Vectors, tfidf: Sequence[Any]) -> Vectors:
        """The kernel between texts and the training texts."""
        products: Vectors = rbf_kernel(vectors, self._own, gamma=self.kernel.gamma)
        for (weight, own), theirs in zip(self._tfidf, tfidf, strict=True):
            products += np.float32(weight) * (theirs @ own.T).toarray()
        return products


def _readers(kernel: Kernel) -> list[tuple[float, TfidfVectorizer]]:
    """The linear parts of a kernel with their weights: words, characters, cues."""
    shared: dict[str, Any] = {"sublinear_tf": True, "dtype": np.float32}
    words = TfidfVectorizer(ngram_range=(1, 2), preprocessor=plain, token_pattern=r"\w+", **shared)  # noqa: S106  # of words
    letters = TfidfVectorizer(ngram_range=(2, 5), preprocessor=plain, analyzer="char_wb", **shared)
    found = [(kernel.words / 2, words), (kernel.words / 2, letters)]
    if kernel.cues is not None:
        found.append((kernel.cue, TfidfVectorizer(analyzer=kernel.cues, **shared)))
    return found


def _softmax(scores: Vectors) -> Vectors:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances: Vectors = raised / raised.sum(axis=1, keepdims=True)
    return chances


def _calibrated(left_out: Vectors, owned: NDArray[np.intp]) -> Calibration:
    """Temperature of the least log loss; the floor that keeps 95 % of what was labelled rightly."""
    rows = np.arange(len(owned))

    def loss(temperature: float) -> float:
        return float(-np.log(_softmax(left_out * temperature)[rows, owned] + 1e-12).mean())

    found = minimize_scalar(loss, bounds=(0.5, 50.0), method="bounded")
    best = left_out.max(axis=1)
    right = left_out.argmax(axis=1) == owned
    floor = float(np.quantile(best[right], 1 - KEPT)) if right.any() else 0.0
    return Calibration(float(found.x), floor, float(right.mean()))
