"""/health of identity providers: what is wrong with sign-in, since when, what to do, and who may know."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from auth.current import Services, set_services
from auth.providers import Provider
from auth.sessions import Actor, Person
from core.times import MINUTE_US, SECOND_US
from pages import state
from store import clock
from store.database import Database
from store.policies import apply_policy
from store.trust import TrustState, note_trust
from tests.auth.people import POLICY
from tests.auth.providing import a_provider
from tests.pages.conftest import words
from tests.pages.test_health import steps, titles, well

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]
Trust = Callable[..., Provider]


@pytest.fixture
def trust(services: Services, tmp_path: Path) -> Trust:
    """Give the function that configures a provider, with what was last seen of it, so many µs ago."""

    def go(*, settings: dict[str, Any] | None = None, **known: Any) -> Provider:
        far: dict[str, Any] = {"secret_expires": date(2999, 1, 1), "title": "Our *SSO*"}
        one = a_provider(tmp_path, **far | (settings or {}))
        now = clock.now_us()
        ago = {name: now - value for name, value in known.items() if name in _MOMENTS}
        usual = TrustState(checked=now, reached=now, since=now - 3 * MINUTE_US, keys_at=now, drift_ms=200)
        note_trust(services.db, one.name, lambda _old: _replaced(usual, {**known, **ago}))
        set_services(replace(services, providers={one.name: one}))
        well(services.db)
        return one

    return go


_MOMENTS = frozenset({"checked", "reached", "since", "lost", "keys_at", "good", "failed"})


def _replaced(usual: TrustState, known: dict[str, Any]) -> TrustState:
    from msgspec.structs import replace as change  # noqa: PLC0415 - `replace` is of data classes here

    return change(usual, **known)


def wrong(app: AppTest) -> list[str]:
    """Give the titles of what is wrong with the provider."""
    return [one for one in titles(app) if "SSO" in one and not one.startswith("▪")]


LOST = {
    "lost": 2 * MINUTE_US,
    "since": 0,
    "reason": "unreachable",
    "problem": "10.0.0.9 did <b>not</b> answer",
}


def test_a_provider_that_works_has_a_card_and_nothing_is_wrong(
    sign_in: Enter, visit: Visit, trust: Trust
) -> None:
    trust(good=5 * MINUTE_US)
    sign_in("ada")
    app = visit("health")
    said = words(app)

    assert "▪ Our \\*SSO\\*" in titles(app)
    assert wrong(app) == []
    assert "Reachable since" in said
    assert "3 min" in said
    assert "sso.example · sso" in said.replace("\\", "")
    assert "keys fetched 0 s ago · its clock is as ours (Date) · secret ends in" in said.replace("1 s", "0 s")
    assert "Last good sign-in 5 min ago" in said


def test_one_that_can_not_be_reached_for_a_minute_is_an_alarm_with_since_when_and_what_to_do(
    sign_in: Enter, visit: Visit, trust: Trust
) -> None:
    trust(**LOST)
    sign_in("ada")
    app = visit("health")

    assert wrong(app)[0] == "◆ Our \\*SSO\\*\\: can't be reached"
    assert "2 min" in words(app)
    assert "10.0.0.9 did <b>not</b> answer. Nobody can sign in by it now" in words(app)
    assert "run `gatehouse.py identity check sso`\\: it" in steps(app)
    assert "Lost since" in words(app)


def test_one_that_was_lost_just_now_shows_it_on_its_card_alone(
    sign_in: Enter, visit: Visit, trust: Trust
) -> None:
    trust(**LOST | {"lost": 20 * SECOND_US})
    sign_in("ada")
    app = visit("health")

    assert wrong(app) == ["▲ Our \\*SSO\\*"]
    assert "Lost since" in words(app)


def test_each_thing_that_is_wrong_is_said_by_itself_the_worst_first(
    sign_in: Enter, visit: Visit, trust: Trust
) -> None:
    trust(
        settings={"secret_expires": date(2020, 1, 1)}, drift_ms=6_000, good=MINUTE_US, lacking="groups, <b>"
    )
    sign_in("ada")
    app = visit("health")

    assert wrong(app) == [
        "◆ Our \\*SSO\\*\\: secret has ended",
        "▲ Our \\*SSO\\*\\: clock is 6 s ahead of ours",
        "▲ Our \\*SSO\\*\\: names no groups",
        "◆ Our \\*SSO\\*",
    ]
    assert "brought none of: groups, <b>. Who comes in" in words(app)
    assert "secret\\_expires" in steps(app)


def test_the_last_refusal_is_told_in_words_with_what_an_administrator_can_do(
    sign_in: Enter, visit: Visit, trust: Trust
) -> None:
    trust(failed=2 * MINUTE_US, failed_reason="not_proven", failed_words="Your role needs <i>more</i>\x1b.")
    sign_in("ada")
    said = words(visit("health"))

    assert "Last refused sign-in 2 min ago: Second factor missing\n" in said
    assert "The person read: Your role needs <i>more</i>⟨U+001B⟩." in said
    assert "What to do\\: Let the person sign in there with a second factor" in said


# --- who may know -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("username", "told"), [("ada", True), ("cleo", True), ("ben", False)])
def test_details_are_for_those_who_look_after_people_or_read_what_operators_did(
    sign_in: Enter, visit: Visit, trust: Trust, username: str, *, told: bool
) -> None:
    trust(**LOST, failed=MINUTE_US, failed_reason="not_proven", failed_words="secret words")
    sign_in(username)
    app = visit("health")
    said = f"{words(app)}{steps(app)}".replace("\\", "")

    for detail in ("10.0.0.9", "sso.example", "secret words", "identity check", "keys fetched"):
        assert (detail in said) is told, detail


def test_others_learn_that_sign_in_does_not_work_and_what_that_means_for_them(
    sign_in: Enter, visit: Visit, trust: Trust
) -> None:
    trust(**LOST)
    sign_in("ben")
    app = visit("health")

    assert wrong(app) == ["◆ Sign\\-in by Our \\*SSO\\* does not work", "◆ Our \\*SSO\\*"]
    assert "Do not sign out where you are needed" in steps(app)
    assert "Sign-in does not work" in words(app)


def test_others_learn_nothing_of_what_does_not_shut_them_out(
    sign_in: Enter, visit: Visit, trust: Trust
) -> None:
    trust(drift_ms=45_000, good=MINUTE_US, lacking="groups", lost=20 * SECOND_US)
    sign_in("ben")
    app = visit("health")

    assert [one.value for one in app.success] == ["Everything works."]
    assert "▪ Our \\*SSO\\*" in titles(app)
    assert "Sign-in works" in words(app)


def test_who_administers_a_single_site_is_not_told_of_what_belongs_to_none(
    services: Services, visit: Visit, trust: Trust, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = '[[grants]]\ngroup = "g-one"\nrole = "admin"\nsites = ["berlin"]\n'
    apply_policy(db, POLICY + one, clock.now_us(), "tests")
    trust(**LOST)
    who = Person(subject="local:eve", name="Eve", groups=("g-one",))
    _, actor = services.sessions.start(who, address="192.0.2.7", agent="", now=clock.now_us())
    monkeypatch.setattr(state, "session_ref", lambda: actor.session)
    said = words(visit("health"))

    assert "does not work" in said
    assert "10.0.0.9" not in said


def test_without_providers_nothing_is_said_of_them(sign_in: Enter, visit: Visit, db: Database) -> None:
    well(db)
    sign_in("ada")

    assert "Sign-in" not in [one.value for one in visit("health").header]
