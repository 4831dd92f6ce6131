"""What the proofs share: a stand each, and what adds a line to the table that ends a run."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.stand.stand import Stand
from tests.proof.claims import Claim, noted

SMALL = "48m"


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """Give an estate with its broker's files; nothing runs yet."""
    with Stand(tmp_path / "data") as one:
        yield one


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a small disk of its own, where that can be made."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=True)


@pytest.fixture
def claims(request: pytest.FixtureRequest) -> Callable[[Claim], None]:
    """Give what adds a line to the table."""
    properties: list[tuple[str, object]] = request.node.user_properties
    return lambda claim: properties.append(noted(claim))
