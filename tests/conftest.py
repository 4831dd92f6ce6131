"""What every test shares: the order, and the table of what was proven.

Fast tests come first, then those with a broker, then the browser's. The table is printed from here, as the
process that hands tests out to others reads no conftest of a folder.

GATEHOUSE_PROOF=full tries many more examples of what is tested by property.
"""

import gc
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.proof.claims import claimed, table

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.keeping import Keeping

_QUIET = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
settings.register_profile("fast", max_examples=40, deadline=None, suppress_health_check=_QUIET)
settings.register_profile("proof", settings.get_profile("fast"), max_examples=2_000, print_blob=True)
settings.load_profile("proof" if os.environ.get("GATEHOUSE_PROOF") == "full" else "fast")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by cost; pytest-randomly has shuffled before, and a stable sort keeps its order within."""
    items.sort(key=_cost)


def pytest_sessionstart() -> None:
    """Look for no cycles while loading: hardly anything that is loaded goes again."""
    gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look for cycles rarely and never at what was loaded: that took a tenth of the time."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(1_000, 20, 1_000)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of what was proven, whichever process has run the proofs."""
    told = [one for each in terminalreporter.stats.values() for one in each]
    reports = [one for one in told if isinstance(one, pytest.TestReport) and one.when == "call"]
    shown = [claim for one in reports for claim in claimed(one.user_properties)]
    if shown:
        terminalreporter.section("proofs")
        for line in table(shown):
            terminalreporter.write_line(line)


def _cost(item: pytest.Item) -> int:
    return next((cost for cost, name in ((2, "browser"), (1, "slow")) if item.get_closest_marker(name)), 0)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Give the one Chromium of the run: a process has room for one playwright."""
    # Only those who look pay for these imports.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    from tests.browser.looking import launch  # noqa: PLC0415

    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def keeping(browser: "Browser") -> "Iterator[Keeping]":
    """Give the contexts that are handed from test to test."""
    from tests.browser.keeping import Keeping  # noqa: PLC0415

    contexts = Keeping(browser)
    yield contexts
    contexts.close()
