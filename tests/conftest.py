"""What every test shares: the order. Fast tests first, then those with a broker, then the browser's."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by cost; pytest-randomly has shuffled before, and a stable sort keeps its order within."""
    items.sort(key=_cost)


def _cost(item: pytest.Item) -> int:
    return next((cost for cost, name in ((2, "browser"), (1, "slow")) if item.get_closest_marker(name)), 0)
