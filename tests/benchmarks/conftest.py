"""Timing stays out of the tests: these run only when asked for by `make bench`."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave benchmarks out unless `-m` asks for them."""
    if "benchmark" in str(config.getoption("markexpr")):
        return
    kept = [item for item in items if "benchmark" not in item.keywords]
    left_out = [item for item in items if "benchmark" in item.keywords]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept
