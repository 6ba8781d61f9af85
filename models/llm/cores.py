"""How many physical cores this process may use."""

from __future__ import annotations

import os
from pathlib import Path

_TOPOLOGY = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def physical_cores(topology: Path = _TOPOLOGY, quota: Path = _QUOTA) -> int:
    """Physical cores visible to this process, at least 1.

    Hyper-threads of one core count once (they slow llama.cpp down); a container's CPU quota caps the number.
    """
    visible = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    cores = {_siblings(topology, cpu) for cpu in visible}
    return max(1, min(len(cores), _allowed(quota)))


def _siblings(topology: Path, cpu: int) -> str:
    try:
        return (topology / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text().strip()
    except OSError:
        return str(cpu)


def _allowed(quota: Path) -> int:
    unlimited = 1 << 16
    try:
        limit, period = quota.read_text().split()
    except (OSError, ValueError):
        return unlimited
    return unlimited if limit == "max" else max(1, round(int(limit) / int(period)))
