"""What a believed logout token is about, and what is recorded of one that is not."""

from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from auth.back_channel import BackChannel
from auth.oidc import Oidc
from auth.providers import Provider
from auth.sealing import Seal
from auth.sessions import Person, Sessions
from core.errors import ProviderMisconfigured, ProviderUnreachable, TokenRefused
from core.records import Kind
from core.times import MINUTE_US, SECOND_US
from store.database import Database
from tests.auth.forging import LOGOUT_CLAIMS, NOW, PROVIDER, Published, published, rsa_signer, token
from tests.auth.people import LIMITS
from tests.auth.reading import told

TENANT: Final = "11111111-2222-3333-4444-555555555555"
ENTRA: Final = msgspec.structs.replace(PROVIDER, subject="oid", tenant=TENANT)
NOW_US: Final = NOW * SECOND_US


class Channel(BackChannel):
    """A back channel over a provider that publishes one key."""

    def __init__(self, db: Database, folder: Path, provider: Provider = PROVIDER) -> None:
        oidc = Oidc(db, Seal.of(folder), [provider], public_url="https://console.example")
        self.ring: Published = published(rsa_signer().jwk(), provider=provider)
        oidc.discoveries[provider.name] = self.ring
        super().__init__(db, oidc)


@pytest.fixture
def channel(db: Database, tmp_path: Path) -> Channel:
    return Channel(db, tmp_path)


def word(changes: dict[str, Any] | None = None, *off: str, **how: Any) -> str:
    return token(changes, of=LOGOUT_CLAIMS, off=off, **how)


def session(db: Database, subject: str, sid: str = "session-1") -> str:
    """Begin a session as sign-in at the provider does; gives its public name."""
    who = Person(subject=subject, name="Ada", groups=(), provider="idp", sid=sid)
    _, actor = Sessions(db, LIMITS).start(who, address="", agent="", now=NOW_US)
    return actor.session


def test_the_person_of_a_token_is_the_person_of_a_sign_in(db: Database, channel: Channel) -> None:
    mine = session(db, f"oidc:{PROVIDER.issuer}|ada-1")
    session(db, f"oidc:{PROVIDER.issuer}|ben-2", "session-2")
    session(db, "local:ada-1", "session-3")

    assert channel.end("idp", word(None, "sid"), NOW_US) == (mine,)


def test_a_token_of_entra_is_about_oid_and_tenant_or_about_the_session(db: Database, tmp_path: Path) -> None:
    channel = Channel(db, tmp_path, ENTRA)
    first, second = (session(db, f"entra:{TENANT}|o-1", f"session-{n}") for n in (1, 2))

    # `sub` is another for each application: it names the session beside it, and nobody by itself.
    assert channel.end("idp", word(), NOW_US) == (first,)
    with pytest.raises(TokenRefused) as raised:
        channel.end("idp", word({"jti": "2"}, "sid"), NOW_US)
    assert raised.value.reason == "missing_claim"
    assert channel.end("idp", word({"jti": "3", "oid": "o-1", "tid": TENANT}, "sid"), NOW_US) == (second,)


def test_a_refusal_is_recorded_once_a_minute_for_each_reason(db: Database, channel: Channel) -> None:
    def refuse(one: str, now: int) -> None:
        with pytest.raises(TokenRefused):
            channel.end("idp", one, now)

    for n in range(50):
        refuse(word(header={"typ": "JWT"}), NOW_US + n)
    refuse("no token", NOW_US)
    refuse(word(header={"typ": "JWT"}), NOW_US + MINUTE_US)

    found = [(one.reason, one.refs) for one in told(db, Kind.OPERATOR_LOGOUT_REFUSED)]
    assert found == [
        ("wrong_type", {"provider": "idp"}),
        ("unreadable", {"provider": "idp"}),
        ("wrong_type", {"provider": "idp"}),
    ]


@pytest.mark.parametrize("error", [ProviderUnreachable("away"), ProviderMisconfigured("no keys")])
def test_a_token_that_cannot_be_checked_now_is_not_refused_for_ever(
    db: Database, tmp_path: Path, error: Exception
) -> None:
    channel = Channel(db, tmp_path)
    mine = session(db, f"oidc:{PROVIDER.issuer}|ada-1")
    channel.ring.trouble = error
    with pytest.raises(type(error)):
        channel.end("idp", word(), NOW_US)
    assert told(db, Kind.OPERATOR_LOGOUT_REFUSED) == []

    assert Channel(db, tmp_path).end("idp", word(), NOW_US) == (mine,)


def test_a_replay_is_refused_and_recorded(db: Database, channel: Channel) -> None:
    channel.end("idp", word(), NOW_US)
    with pytest.raises(TokenRefused) as raised:
        channel.end("idp", word(), NOW_US + SECOND_US)

    assert raised.value.reason == "replayed"
    assert [one.reason for one in told(db, Kind.OPERATOR_LOGOUT_REFUSED)] == ["replayed"]
