"""Groups that keep their names from one training to the next.

The last groups are moved to where their customers are now (K-Means from the old centroids, in the old space), so each
keeps its identity. Groups found afresh take over only where they are clearly more stable; they are then matched to the
old ones by the customers they share (Hungarian assignment), and matched groups keep their names.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from models.segmentation.clusters import Clusters, habits_of
from models.segmentation.features import Customers

CLEARLY = 0.2  # adjusted Rand index by which fresh groups must be the more stable ones
SAME = 0.5  # share of an old group's customers that a new one must hold to bear its name


def renewed(old: Clusters, fresh: Clusters, customers: Customers) -> Clusters:
    """The groups to use now: the old ones moved, or the fresh ones under the old names where those are far better."""
    if fresh.chosen.stability > old.chosen.stability + CLEARLY:
        return matched(fresh, old, customers)
    return moved(old, customers)


def moved(old: Clusters, customers: Customers) -> Clusters:
    """The old groups, each at the centre of its customers of today."""
    from sklearn.cluster import KMeans

    points = old.points(habits_of(customers))
    found = KMeans(len(old.centroids), init=old.centroids, n_init=1, max_iter=20).fit(points)
    return replace(old, centroids=np.asarray(found.cluster_centers_, dtype=np.float64))


def matched(fresh: Clusters, old: Clusters, customers: Customers) -> Clusters:
    """Fresh groups in the old ones' order, with the names of those that hold the same customers."""
    from scipy.optimize import linear_sum_assignment

    now, before = fresh.place(customers), old.place(customers)
    shared = np.zeros((len(old.centroids), len(fresh.centroids)))
    np.add.at(shared, (before.to_numpy(), now.to_numpy()), 1)
    pairs = list(zip(*linear_sum_assignment(-shared), strict=True))
    order = [int(new) for _, new in sorted(pairs)]
    order += [k for k in range(len(fresh.centroids)) if k not in order]
    names = [fresh.names[k] for k in order]
    for place, (former, new) in enumerate(sorted(pairs)):
        held = shared[former, new] / max(1.0, shared[former].sum())
        taken = old.names[former] in names[:place] + names[place + 1 :]
        if held >= SAME and not taken:
            names[place] = old.names[former]
    return replace(fresh, centroids=fresh.centroids[order], names=tuple(names))


def agreement(first: pd.Series[int], second: pd.Series[int]) -> float:
    """Share of the customers of both whose group is the same one."""
    both = first.index.intersection(second.index)
    return float((first[both] == second[both]).mean()) if len(both) else 0.0
