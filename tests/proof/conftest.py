"""What the proofs share: a stand each, and one table at the end."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.stand.stand import Stand
from tests.proof.claims import Claim, table

CLAIMS = pytest.StashKey[list[Claim]]()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """Give an estate with its broker's files; nothing runs yet."""
    with Stand(tmp_path / "data") as one:
        yield one


@pytest.fixture
def claims(request: pytest.FixtureRequest) -> Callable[[Claim], None]:
    """Give what adds a line to the table."""
    return request.config.stash.setdefault(CLAIMS, []).append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table of what was proven."""
    shown: list[Claim] = config.stash.setdefault(CLAIMS, [])
    if shown:
        terminalreporter.section("proofs")
        for line in table(shown):
            terminalreporter.write_line(line)
