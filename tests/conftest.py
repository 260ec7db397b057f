"""Tests that need DOLFINx are skipped where it is not installed; all others run everywhere."""

from __future__ import annotations

import importlib.util
import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if importlib.util.find_spec("dolfinx") is not None:
        return
    skip = pytest.mark.skip(reason="DOLFINx is not installed")
    for item in items:
        if "dolfinx" in item.keywords:
            item.add_marker(skip)
