"""A console in this process: a store with people, and the shell run by Streamlit's own test runner."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services, set_services
from auth.presence import Presence
from auth.providers import Provider
from auth.sessions import Actor, Sessions
from operations.searched import notes as searches
from pages import parts, state
from store import clock
from store.database import Database
from tests.auth.people import LIMITS, peopled_store, person
from tests.pages.quick import quicken

SHELL: Final = Path(__file__).parents[2] / "pages" / "shell.py"
Mounted = list[tuple[str, dict[str, object]]]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    db = peopled_store(tmp_path / "data")
    made = Services(db=db, sessions=Sessions(db, LIMITS), presence=Presence())
    set_services(made)
    yield made
    set_services(None)
    # What pages note of their readers is written beside them.
    searches.settle(5)
    searches.forget()
    db.close()


@pytest.fixture
def db(services: Services) -> Database:
    return services.db


@pytest.fixture
def mounted(monkeypatch: pytest.MonkeyPatch) -> Mounted:
    """Note the components that pages mount: their scripts need a browser."""
    found: Mounted = []

    def mount(name: str, *, key: str, data: dict[str, object], **_: object) -> None:
        del key
        found.append((name, data))

    monkeypatch.setattr(parts, "mount", mount)
    quicken(monkeypatch)
    return found


@pytest.fixture
def sign_in(services: Services, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Actor]:
    """Give the function that signs one of the tests' people in, in this browser."""

    def enter(username: str) -> Actor:
        _, actor = services.sessions.start(
            person(username), address="192.0.2.7", agent="Firefox/130 Linux", now=clock.now_us()
        )
        monkeypatch.setattr(state, "session_ref", lambda: actor.session)
        return actor

    return enter


@pytest.fixture
def visit(mounted: Mounted) -> Callable[..., AppTest]:
    """Give the function that opens a page, as a browser with this address does."""
    del mounted

    def go(path: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(SHELL), default_timeout=20)
        app.query_params.update(query)
        if path:
            app._page_hash = page_hash(path)
        app.run()
        assert not app.exception, app.exception
        return app

    return go


def page_hash(path: str) -> str:
    """Name a page as Streamlit does inside."""
    from streamlit.util import calc_hash  # noqa: PLC0415 - where it lies is Streamlit's affair

    return calc_hash(path)


def vouching(name: str, title: str) -> dict[str, Provider]:
    """Give a provider that people call so, as the services have it."""
    one = Provider(name=name, issuer=f"https://{name}.example", client_id="gatehouse", title=title)
    return {name: one}


def words(app: AppTest) -> str:
    """Give all that a run drew as text."""
    drawn = [*app.title, *app.subheader, *app.text, *app.caption, *app.error, *app.success, *app.warning]
    return "\n".join(str(one.value) for one in drawn)
