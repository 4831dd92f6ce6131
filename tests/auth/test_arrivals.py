"""What becomes of a sign-in that a provider's word overtakes, and of refusals without end."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from auth.arrivals import Arrivals
from auth.code_flow import Tokens
from auth.oidc import Arrival, Oidc, Refused
from auth.sealing import Seal
from auth.sessions import Person, Sessions
from core.errors import IdentityRefused
from core.records import Kind
from core.times import MINUTE_US, SECOND_US
from store.database import Database
from store.held_tokens import tokens_of
from store.logouts import Logout, end_by_provider
from store.sessions import open_sessions
from store.trust import trust_states
from tests.auth.forging import PROVIDER
from tests.auth.people import NOW
from tests.auth.reading import told

SUBJECT: Final = f"oidc:{PROVIDER.issuer}|ben-2"
ARRIVAL: Final = Arrival(
    provider=PROVIDER,
    person=Person(subject=SUBJECT, name="Ben", groups=(), provider="idp", sid="session-2"),
    tokens=Tokens(id_token="an.id.token", access_token="an-access-token"),
    claims={"iat": NOW // SECOND_US},
    onwards="/log",
    strong=False,
    begun=NOW,
)


@pytest.fixture
def arrivals(db: Database, sessions: Sessions, tmp_path: Path) -> Arrivals:
    seal = Seal.of(tmp_path)
    return Arrivals(db, seal, sessions, Oidc(db, seal, [PROVIDER], public_url="https://console.example"))


def enter(arrivals: Arrivals) -> str:
    return arrivals.enter(ARRIVAL, address="192.0.2.7", agent="Mozilla", now=NOW, replaces=None)


def test_a_session_begins_with_its_tokens_sealed(
    db: Database, sessions: Sessions, arrivals: Arrivals
) -> None:
    found = sessions.look_up(enter(arrivals), NOW)

    assert found is not None
    sealed = tokens_of(db, found.session)
    assert sealed is not None
    assert b"an-access-token" not in sealed
    assert trust_states(db)["idp"].good == NOW


@pytest.mark.parametrize("named", [{"sid": "session-2", "subject": ""}, {"sid": "", "subject": SUBJECT}])
def test_a_word_that_comes_while_the_session_begins_ends_it(
    db: Database,
    sessions: Sessions,
    arrivals: Arrivals,
    monkeypatch: pytest.MonkeyPatch,
    named: dict[str, str],
) -> None:
    usual: Callable[..., Any] = sessions.start

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        # After the look before, and before there is a session to be ended.
        end_by_provider(db, Logout(provider="idp", jti="1", issued=NOW, **named), NOW)
        return usual(*args, **kwargs)

    monkeypatch.setattr(sessions, "start", overtaken)
    with pytest.raises(Refused) as raised:
        enter(arrivals)

    assert (raised.value.error.reason, raised.value.provider) == ("logged_out_there", "idp")
    assert open_sessions(db, SUBJECT) == []
    assert [one.reason for one in told(db, Kind.OPERATOR_SESSION_ENDED)] == ["provider_logout"]


# --- refusals -----------------------------------------------------------------------------------------


def refuse(arrivals: Arrivals, address: str, now: int = NOW, *, ours: bool = False) -> None:
    arrivals.note_refusal("idp", Refused(IdentityRefused("expired", "late"), ours=ours), address, now)


def recorded(db: Database) -> list[str]:
    return [one.private["address"] for one in told(db, Kind.OPERATOR_SIGN_IN_REFUSED)]


def test_refusals_of_one_place_are_recorded_thirty_times_in_a_quarter_of_an_hour(
    db: Database, arrivals: Arrivals
) -> None:
    for n in range(60):
        refuse(arrivals, "192.0.2.7", NOW + n)
    refuse(arrivals, "192.0.2.8")
    assert recorded(db) == ["192.0.2.7"] * 30 + ["192.0.2.8"]

    refuse(arrivals, "192.0.2.7", NOW + 15 * MINUTE_US - 1)
    assert len(recorded(db)) == 31
    refuse(arrivals, "192.0.2.7", NOW + 15 * MINUTE_US)
    assert len(recorded(db)) == 32


def test_one_network_of_ipv6_is_one_place(db: Database, arrivals: Arrivals) -> None:
    for n in range(60):
        refuse(arrivals, f"2001:db8:0:1::{n:x}")
    refuse(arrivals, "2001:db8:0:2::1")

    assert len(recorded(db)) == 31


def test_each_refusal_is_in_the_log_without_what_was_sent(
    arrivals: Arrivals, caplog: pytest.LogCaptureFixture
) -> None:
    for n in range(40):
        refuse(arrivals, "192.0.2.7", NOW + n)

    assert caplog.messages == ["sign-in refused provider=idp reason=expired"] * 40


def test_what_was_begun_by_nobody_here_is_no_trouble_of_the_provider(
    db: Database, arrivals: Arrivals
) -> None:
    refuse(arrivals, "192.0.2.7")
    assert trust_states(db) == {}

    refuse(arrivals, "192.0.2.7", ours=True)
    assert trust_states(db)["idp"].failed_reason == "expired"
