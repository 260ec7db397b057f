"""Tests that need DOLFINx are skipped where it is not installed; all others run everywhere.

Side by side (``-n 2 --dist loadfile --no-loadscope-reorder``) files with slow tests come first, so
that no process is left with a long one at the end.
"""

from __future__ import annotations

import importlib.util
import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # a process of pytest-xdist
        slow = {item.path for item in items if "slow" in item.keywords}
        items.sort(key=lambda item: item.path not in slow)
    if importlib.util.find_spec("dolfinx") is not None:
        return
    skip = pytest.mark.skip(reason="DOLFINx is not installed")
    for item in items:
        if "dolfinx" in item.keywords:
            item.add_marker(skip)
