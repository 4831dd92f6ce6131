"""The two worlds, made once, with a clock that stands still."""

import time
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Protocol

import pytest

from auth import sessions
from auth.current import Services, set_services
from auth.presence import Presence
from connectors.devices import FAMILIES
from operations import page_refusal, searched
from store import clock
from tests.isolation.asking import Console, console
from tests.isolation.drawing import Screen
from tests.isolation.world import HOME, NOW, SITES, World, world


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give the world in which all sites are."""
    with world(tmp_path_factory.mktemp("crowd") / "data", *SITES) as made:
        yield made


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Give the world in which there is one site."""
    with world(tmp_path_factory.mktemp("alone") / "data", HOME) as made:
        yield made


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock: what is sent must not differ because it is later."""
    stopped = SimpleNamespace(time_ns=lambda: NOW * 1_000, time=time.time, monotonic=time.monotonic)
    monkeypatch.setattr(clock, "time", stopped)


@pytest.fixture(autouse=True)
def _unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the worlds as they were made: a page refused in one test would be told on a page of the next.

    So would be when somebody was last there, who asks in one world more than in the other.
    """
    monkeypatch.setattr(page_refusal, "append", lambda _db, _records: None)
    monkeypatch.setattr(searched, "append", lambda _db, _records: None)
    monkeypatch.setattr(sessions, "note_activity", lambda *_: None)
    monkeypatch.setattr(sessions, "note_place", lambda *_: None)


class Look(Protocol):
    """Draws a page for somebody of a world; what was drawn once is not drawn again."""

    def __call__(self, world: World, who: str, path: str, query: Mapping[str, str] | None = None) -> str: ...


@pytest.fixture(scope="session")
def drawn() -> dict[tuple[object, ...], str]:
    """Keep what was drawn: the worlds stand still."""
    return {}


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Give a browser for pages; `enter` says whose console it is."""
    yield Screen(monkeypatch=monkeypatch)
    set_services(None)


@pytest.fixture
def look(drawn: dict[tuple[object, ...], str], screen: Screen) -> Look:
    """Give the function that draws pages."""

    def draw(world: World, who: str, path: str, query: Mapping[str, str] | None = None) -> str:
        key = (world.db.file, who, path, *sorted((query or {}).items()))
        if key not in drawn:
            enter(world)
            drawn[key] = screen.draw(world.people[who].actor, path, query)
        return drawn[key]

    return draw


@pytest.fixture(scope="module")
def crowd_console(crowd: World) -> Iterator[Console]:
    """Give the routes over the world in which all sites are."""
    with console(crowd) as served:
        yield served


@pytest.fixture(scope="module")
def alone_console(alone: World) -> Iterator[Console]:
    """Give the routes over the world in which there is one site."""
    with console(alone) as served:
        yield served


def enter(world: World) -> None:
    """Let pages be those of this world."""
    families = {name: family.capabilities for name, family in FAMILIES.items()}
    set_services(Services(db=world.db, sessions=world.sessions, presence=Presence(), families=families))
