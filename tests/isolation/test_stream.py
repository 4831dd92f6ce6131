"""The live stream while things happen: each screen is sent its own sites', and loses what it may not see."""

import json
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from core.leaf import Draft
from core.permissions import Role
from core.records import Kind
from store.log import append
from store.policies import apply_policy
from tests.isolation.asking import Console, console
from tests.isolation.cases import FOREIGN, PAGES
from tests.isolation.conftest import enter
from tests.isolation.drawing import Screen
from tests.isolation.world import (
    CONTENT,
    HOME,
    NOW,
    PERSON,
    SITES,
    WATCHES_HERE_READS_THERE,
    World,
    device_id,
    door_id,
    foreign_to,
    heard_of,
    names_of,
    person_id,
    world,
)
from tests.web.client import WebSocketTestSession
from web.live import NOTHING_TO_SEE

ADMIN_ALONE = '[[grants]]\ngroup = "admin.*"\nrole = "admin"\nsites = ["*"]\n'


@pytest.fixture
def moving(tmp_path: Path) -> Iterator[World]:
    """Give a world of a test's own: it changes."""
    with world(tmp_path / "data", *SITES) as made:
        yield made


@pytest.fixture
def served(moving: World) -> Iterator[Console]:
    with console(moving) as made:
        yield made


def swipe(site: str) -> Draft:
    return Draft(
        kind=Kind.ACCESS_GRANTED,
        received=NOW,
        at=NOW,
        site=site,
        door=door_id(site),
        device=device_id(site),
        private={"person": person_id(site), "credential": f"****{site}-{PERSON}"},
    )


def opened(site: str) -> Draft:
    return Draft(
        kind=Kind.DOOR_FORCED_OPEN,
        received=NOW,
        at=NOW + 1,
        site=site,
        door=door_id(site, 2),
        device=device_id(site),
    )


def records_of(socket: WebSocketTestSession, count: int) -> list[dict[str, Any]]:
    """Read frames until so many records have come."""
    read: list[dict[str, Any]] = []
    while sum(len(frame.get("records", ())) for frame in read) < count:
        read.append(json.loads(socket.receive_text()))
    return read


def frames_to_the_end(socket: WebSocketTestSession) -> tuple[list[dict[str, Any]], int]:
    """Read until a screen is closed, and say by which code."""
    read: list[dict[str, Any]] = []
    try:
        while True:
            read.append(json.loads(socket.receive_text()))
    except WebSocketDisconnect as closed:
        return read, closed.code


def test_what_happens_elsewhere_is_in_no_frame(moving: World, served: Console) -> None:
    watching = {
        name: sites
        for site in SITES
        for role, sites in ((Role.AGENT, (site,)), (Role.SUPERVISOR, (site,)))
        for name in [names_of(role, site)]
    } | {WATCHES_HERE_READS_THERE: (HOME,)}
    with suppress(CancelledError), ExitStack() as stack:
        screens = {name: stack.enter_context(served.screen(moving.people[name])) for name in watching}
        first = {name: json.loads(screen.receive_text()) for name, screen in screens.items()}
        append(moving.db, [make(site) for site in SITES for make in (swipe, opened)])
        later = {name: [*records_of(one, 2), json.loads(one.receive_text())] for name, one in screens.items()}

    for name, sites in watching.items():
        text = json.dumps([first[name], later[name]])
        assert heard_of(text, foreign_to(*sites)) == []
        records = [one for frame in later[name] for one in frame.get("records", ())]
        assert [one["site"] for one in records] == [sites[0]] * 2
        # Not even how much there is elsewhere: no frame ends at a record that is not theirs.
        own = {one["id"] for frame in (first[name], *later[name]) for one in frame.get("records", ())}
        assert {frame["id"] for frame in (first[name], *later[name])} <= own
        # A supervisor reads the log of the site as well; others are not told who it was.
        assert (PERSON in text) is name.startswith("supervisor")


def test_who_loses_a_role_loses_the_stream_and_every_page_at_once(
    moving: World, served: Console, screen: Screen
) -> None:
    guard = moving.people[names_of(Role.SUPERVISOR, FOREIGN)]
    with suppress(CancelledError), ExitStack() as stack:
        socket = stack.enter_context(served.screen(guard))
        socket.receive_text()
        enter(moving)
        assert f"{FOREIGN}-" in screen.draw(guard.actor, "log")
        apply_policy(moving.db, ADMIN_ALONE, NOW, "tests")
        append(moving.db, [swipe(FOREIGN)])
        after, code = frames_to_the_end(socket)

    assert code == NOTHING_TO_SEE
    assert [one for frame in after for one in frame.get("records", ())] == []
    for path in ("", "live", "log", "devices"):
        drawn = screen.draw(guard.actor, path).lower()
        assert [word for word in CONTENT if f"{FOREIGN}{word}" in drawn] == []
    assert served.ask(guard, f"/live/doors/{door_id(FOREIGN)}").status == 404


def test_what_is_recorded_elsewhere_changes_nothing_on_an_open_page(moving: World, screen: Screen) -> None:
    enter(moving)
    who = moving.people[names_of(Role.ADMIN, HOME)].actor
    pages = {path: screen.open(who, path) for path in PAGES}
    before = {path: screen.again(page) for path, page in pages.items()}
    append(moving.db, [make(site) for site in SITES if site != HOME for make in (swipe, opened)])

    assert [path for path, page in pages.items() if screen.again(page) != before[path]] == []
    append(moving.db, [swipe(HOME), opened(HOME)])
    assert {path for path, page in pages.items() if screen.again(page) != before[path]} >= {
        "log",
        "analytics",
    }
