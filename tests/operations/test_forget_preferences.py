"""Forgetting one's choices: refusals first."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from auth.current import Services
from auth.presence import Presence
from auth.sessions import Sessions
from core.errors import NotPermitted
from core.times import MINUTE_US
from operations.forget_preferences import forget_own_preferences
from store.preferences import preferences, save_preference
from tests.auth.people import LIMITS, NOW, peopled_store, person


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    db = peopled_store(tmp_path / "data")
    for name in ("ben", "dan", "ada"):
        save_preference(db, f"local:{name}", "theme", b'"dark"')
    yield Services(db=db, sessions=Sessions(db, LIMITS), presence=Presence())
    db.close()


def enter(services: Services, username: str) -> str:
    _, actor = services.sessions.start(person(username), address="192.0.2.1", agent="", now=NOW)
    return actor.session


@pytest.mark.parametrize(("who", "later"), [("ben", 31 * MINUTE_US), ("dan", 1)])
def test_nobody_asleep_or_without_a_role_forgets_anything(services: Services, who: str, later: int) -> None:
    with pytest.raises(NotPermitted):
        forget_own_preferences(services, enter(services, who), NOW + later)

    assert preferences(services.db, f"local:{who}") == {"theme": "dark"}


def test_an_unknown_session_forgets_nothing(services: Services) -> None:
    with pytest.raises(NotPermitted):
        forget_own_preferences(services, "nobody", NOW)


def test_my_choices_go_and_those_of_others_stay(services: Services) -> None:
    forget_own_preferences(services, enter(services, "ben"), NOW + 1)

    assert preferences(services.db, "local:ben") == {}
    assert preferences(services.db, "local:ada") == {"theme": "dark"}
