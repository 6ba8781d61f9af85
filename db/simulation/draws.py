"""Draws from a seed: one independent stream a purpose, so that a change in one table leaves the others as they were."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def stream(seed: int, purpose: str) -> np.random.Generator:
    """A generator of its own for ``purpose``.

    >>> stream(7, "payments").integers(1000) == stream(7, "payments").integers(1000)
    np.True_
    """
    words = np.frombuffer(sha256(f"{seed}/{purpose}".encode()).digest(), dtype=np.uint32)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))


def choose(rng: np.random.Generator, weights: Sequence[float] | Floats, size: int) -> Ints:
    """``size`` indices into ``weights``, each drawn with its weight."""
    edges = np.cumsum(np.asarray(weights, dtype=float))
    return np.asarray(np.searchsorted(edges, rng.random(size) * edges[-1], side="right"), dtype=np.int64)


def sample(rng: np.random.Generator, items: Ints, weights: Floats, size: int) -> Ints:
    """At most ``size`` different items, larger weights first to be taken (Efraimidis and Spirakis, 2006)."""
    size = min(size, len(items))
    keys = np.log(rng.random(len(items))) / np.maximum(weights, 1e-9)
    order = np.argsort(keys, kind="stable")[::-1]
    return np.asarray(items[order[:size]], dtype=np.int64)


def lognormal(rng: np.random.Generator, median: float, spread: float, size: int) -> Floats:
    """Waiting times: ``median``, and ``spread`` the standard deviation of their logarithm."""
    return np.asarray(median * np.exp(spread * rng.standard_normal(size)), dtype=float)


def at(day: str) -> int:
    """A moment as seconds since 1970, of the store's own clock.

    >>> at("2017-01-01T00:00")
    1483228800
    """
    return int(np.datetime64(day, "s").astype(np.int64))


def within(times: Ints, start: str, days: float) -> Flags:
    """Which times lie in the half-open span that begins at ``start``."""
    low = at(start)
    return np.asarray((times >= low) & (times < low + int(days * DAY)), dtype=bool)
