"""/me: who I am and why, where I am signed in and how to end it, what I chose, what is recorded."""

import re
from collections.abc import Callable
from dataclasses import replace as replaced

import pytest
from msgspec.structs import replace
from streamlit.testing.v1 import AppTest

from auth.current import Services, set_services
from auth.sessions import Actor, Person, Sessions
from core.leaf import Draft
from core.memberships import bound
from core.permissions import Role
from core.records import Kind
from pages import state
from pages.browsers import browser_of
from store import clock
from store.database import Database
from store.log import append
from store.policies import apply_policy, current_policy
from store.preferences import NAMES, preferences, save_preference
from store.schema import site
from tests.auth.people import LIMITS, POLICY, person
from tests.auth.reading import told
from tests.pages.conftest import vouching, words

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]


def elsewhere(services: Services, username: str) -> Actor:
    _, actor = services.sessions.start(
        person(username), address="198.51.100.9", agent="Chrome/140 Windows", now=clock.now_us()
    )
    return actor


def test_i_see_where_i_am_signed_in_and_end_one_of_them(
    services: Services, sign_in: Enter, visit: Visit
) -> None:
    other = elsewhere(services, "ben")
    mine = sign_in("ben")
    app = visit("me")
    assert "Firefox on Linux" in words(app)
    assert "Chrome on Windows" in words(app)
    assert "From 198.51.100.9" in words(app)

    app.button(f"end:{other.session}").click().run()

    assert "That browser is signed out" in words(app)
    assert [row.ref for row in services.sessions.of(mine.subject)] == [mine.session]


def test_i_see_that_a_session_of_mine_is_used_from_elsewhere(
    services: Services, sign_in: Enter, visit: Visit
) -> None:
    ben = sign_in("ben")
    services.sessions.note_elsewhere(ben, "198.51.100.9", "Chrome/130 Windows", clock.now_us())
    said = [one.value for one in visit("me").text]

    (line,) = (one for one in said if "Also used" in one)
    assert line.startswith("▲ Also used from 198.51.100.9 with Chrome on Windows, first ")
    assert line.endswith("If that is not you, end it.")


def test_i_end_all_others_and_stay(services: Services, sign_in: Enter, visit: Visit) -> None:
    elsewhere(services, "ben")
    elsewhere(services, "ben")
    mine = sign_in("ben")
    app = visit("me")
    app.button("end-others").click().run()

    assert "2 other sessions ended" in words(app)
    assert [row.ref for row in services.sessions.of(mine.subject)] == [mine.session]
    assert app.button("end-others").disabled


def test_a_press_after_my_session_ended_does_nothing(
    services: Services, sign_in: Enter, visit: Visit
) -> None:
    other = elsewhere(services, "ben")
    mine = sign_in("ben")
    app = visit("me")
    services.sessions.end(mine.session, "ended_by_admin", clock.now_us())
    app.button(f"end:{other.session}").click().run()

    assert "Your session has ended" in words(app)
    assert [row.ref for row in services.sessions.of(mine.subject)] == [other.session]


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (Windows NT) Chrome/140 Safari/537 Edg/140", "Edge on Windows"),
        ("<script>", "A browser"),
    ],
)
def test_a_browser_is_named_in_words_of_ours(agent: str, said: str) -> None:
    assert browser_of(agent) == said


# --- who I am, and why --------------------------------------------------------------------------------


def test_i_see_who_i_am_from_where_and_since_when(sign_in: Enter, visit: Visit) -> None:
    sign_in("ben")
    said = words(visit("me"))

    assert "Ben, signed in as local:ben by a password kept in Gatehouse." in said
    assert re.search(r"Here since \d.*, with Firefox on Linux at 192\.0\.2\.7\.", said)


def test_i_see_each_role_with_its_sites_its_group_and_what_it_lets_me_do(
    sign_in: Enter, visit: Visit, db: Database
) -> None:
    sign_in("ben")
    said = words(visit("me"))
    assert "Agent: berlin" in said
    assert "You may watch the doors live, see your own sessions and records." in said
    assert "Because you are in the group g\\-berlin." in said
    assert "newyork" not in said
    assert f"version {current_policy(db).version}" in said

    sign_in("ada")
    assert "Admin: all sites" in words(visit("me"))


def test_a_role_at_a_site_that_is_out_of_service_is_none(sign_in: Enter, visit: Visit, db: Database) -> None:
    with db.write() as connection:
        connection.execute(site.update().where(site.c.id == "berlin").values(retired=1))
    sign_in("ben")

    assert "Agent" not in words(visit("me"))


# --- who came by a provider ---------------------------------------------------------------------------


def of_entra(
    services: Services, monkeypatch: pytest.MonkeyPatch, *, proven: bool, lacking: str = ""
) -> Actor:
    """Sign somebody of a provider in, in this browser, where administrators need a second factor."""
    groups = bound("entra", [] if lacking else ["g-admin", "g-berlin"], alone=True)
    who = Person(
        subject="entra:t|eva",
        name="Eva",
        username="eva@example.org",
        groups=groups,
        provider="entra",
        proven=proven,
        lacking=lacking,
    )
    strict = Sessions(services.db, LIMITS, frozenset({Role.ADMIN}))
    set_services(replaced(services, sessions=strict, providers=vouching("entra", "Example *Ltd*")))
    _, actor = strict.start(who, address="192.0.2.7", agent="Firefox/130 Linux", now=clock.now_us())
    monkeypatch.setattr(state, "session_ref", lambda: actor.session)
    return actor


def test_i_see_by_which_provider_i_came_as_whom_and_that_a_second_factor_was_shown(
    services: Services, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_entra(services, monkeypatch, proven=True)
    app = visit("me")

    assert "Eva, signed in as eva@example.org by Example *Ltd*." in words(app)
    assert "Records name you entra:t|eva." in words(app)
    assert "\nA second factor was shown." in words(app)
    assert "Admin: all sites" in words(app)
    assert list(app.warning) == []


def test_a_role_that_waits_for_a_second_factor_is_named_with_what_to_do(
    services: Services, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_entra(services, monkeypatch, proven=False)
    app = visit("me")

    assert "No second factor was shown." in words(app)
    assert app.warning[0].value.startswith("Your role Admin waits for a second factor: Example \\*Ltd\\*")
    assert app.get("link_button")[0].proto.url == "/auth/entra/login?next=/me"
    assert "Admin: all sites" not in words(app)
    assert "Agent: berlin" in words(app)


def test_a_group_is_named_with_its_provider_and_one_for_each_site_with_the_site(
    services: Services, visit: Visit, monkeypatch: pytest.MonkeyPatch, db: Database
) -> None:
    pattern = '[[grants]]\nprovider = "entra"\ngroup = "g-<site>"\nrole = "user"\nsites = ["<site>"]\n'
    apply_policy(db, POLICY + pattern, clock.now_us(), "tests")
    of_entra(services, monkeypatch, proven=True)

    assert "Because you are in the group g\\-berlin \\(of entra\\)." in words(visit("me"))


# --- what I chose, and what is recorded ---------------------------------------------------------------


def test_i_see_what_i_chose_and_can_begin_anew(sign_in: Enter, visit: Visit, db: Database) -> None:
    for name, value in {"pinned": b'["a","b"]', "theme": b'"dark"', "toured": b"true"}.items():
        save_preference(db, "local:ben", name, value)
    save_preference(db, "local:ada", "theme", b'"dark"')
    save_preference(db, "local:ben", "favourites", b'["front"]')
    sign_in("ben")
    app = visit("me")
    assert "1 favourite door · 2 pinned doors · theme dark · tour seen" in words(app)

    app.button("forget-choices").click().run()
    assert "Everything is as on the first day." in words(app)
    assert app.button("forget-choices").disabled
    assert preferences(db, "local:ada") == {"theme": "dark"}


@pytest.mark.parametrize("value", [b"[[]]", b"{}", b"7", b'"<b>*x*"'])
def test_whatever_a_browser_has_kept_the_page_is_drawn(
    sign_in: Enter, visit: Visit, db: Database, value: bytes
) -> None:
    # Those that are checked where they come in are what they should be.
    for name in NAMES - {"favourites"}:
        save_preference(db, "local:ben", name, value)
    sign_in("ben")

    assert "My" in visit("me").header[0].value


def test_i_see_what_is_recorded_about_me_and_nothing_of_anybody_else(
    services: Services, sign_in: Enter, visit: Visit, db: Database
) -> None:
    for name in ("ben", "ada"):
        who = {"subject": f"local:{name}", "name": name.title(), "address": f"of {name}"}
        refused = Draft(
            kind=Kind.OPERATOR_SIGN_IN_REFUSED, received=clock.now_us(), reason="wrong_password", private=who
        )
        append(db, [refused, replace(refused, reason="locked_out")])
    sign_in("ben")
    app = visit("me")
    said = words(app)

    assert "Sign-in refused: wrong password, from of ben" in said
    assert "Signed in: from 192.0.2.7, Firefox on Linux" in said
    assert said.count("Sign-in refused") == 2
    assert "of ada" not in said


def test_i_sign_out_everywhere(services: Services, sign_in: Enter, visit: Visit) -> None:
    elsewhere(services, "ben")
    mine = sign_in("ben")
    app = visit("me")
    app.button("end-all").click().run()

    assert services.sessions.of(mine.subject) == []
    assert "Your session has ended" in words(app)
    assert [one.reason for one in told(services.db, Kind.OPERATOR_SESSION_ENDED)] == ["ended_everywhere"]
