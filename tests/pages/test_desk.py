"""The desk's page: what its component is told of its person, and nothing that is not theirs."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from auth.sessions import Actor
from core.handles import handle_of
from core.model import USUAL_REASONS
from store.database import Database
from store.preferences import save_preference
from store.schema import site
from tests.pages.conftest import Mounted, words

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]
DESK = ["unlock", "call"]
GUARD = ["unlock", "hold", "lockdown", "call", "alarm"]


def told(mounted: Mounted, name: str) -> dict[str, Any]:
    return next(data for component, data in mounted if component == name)


@pytest.mark.parametrize(("path", "component"), [("desk", "desk"), ("live", "wall")])
@pytest.mark.parametrize(
    ("username", "may"),
    [("ben", {"berlin": DESK}), ("ada", {"berlin": GUARD, "newyork": GUARD})],
)
def test_desk_and_wall_are_told_who_is_here_and_what_they_may_do_where(
    sign_in: Enter,
    visit: Visit,
    mounted: Mounted,
    path: str,
    component: str,
    username: str,
    may: dict[str, list[str]],
) -> None:
    sign_in(username)
    visit(path)
    data = told(mounted, component)

    assert (data["me"], data["may"]) == (handle_of(f"local:{username}"), may)
    assert data["presets"] == {one: list(USUAL_REASONS) for one in may}


def test_the_desk_offers_a_sites_own_reasons_and_never_says_which_words_mean_duress(
    sign_in: Enter, visit: Visit, mounted: Mounted, db: Database
) -> None:
    with db.write() as connection:
        mine = update(site).where(site.c.id == "berlin")
        connection.execute(mine.values(reasons=("Courier", "Guest"), duress_reason="for Mr Winter"))
    sign_in("ben")
    visit("desk")
    data = told(mounted, "desk")

    assert data["reasons"] == data["presets"] == {"berlin": ["Courier", "Guest"]}
    assert "Winter" not in str(mounted)


def test_the_desk_finds_its_stream_its_calls_and_what_its_person_chose(
    sign_in: Enter, visit: Visit, mounted: Mounted, db: Database
) -> None:
    save_preference(db, "local:ben", "favourites", b'["front", "back"]')
    save_preference(db, "local:ben", "density", b'"large"')
    sign_in("ben")
    visit("desk")
    data = told(mounted, "desk")

    assert (data["stream"], data["calls"]) == ("/live/stream", "/desk/calls")
    assert data["preferences"] == {"favourites": ["front", "back"]}
    assert (data["sites"], data["readable"]) == ([], [])


def test_who_handles_no_calls_has_no_desk(sign_in: Enter, visit: Visit, mounted: Mounted) -> None:
    sign_in("cleo")

    assert "not open to you" in words(visit("desk"))
    assert "desk" not in [name for name, _ in mounted]
