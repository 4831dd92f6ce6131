"""A provider is asked for all that may be wrong, and for nothing that could do harm."""

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from auth import transport
from auth.provider_check import (
    Answer,
    Finding,
    Level,
    Silence,
)
from auth.provider_contact import Case, ask, check, silence_of
from core.errors import ProviderMisconfigured, ProviderUnreachable
from core.permissions import Role
from store.clock import now_us
from tests.auth.people import NOW
from tests.auth.providing import BOTH, PUBLIC, a_provider, both_shapes, client, trusting
from tests.op.kinds import CLIENT_SECRET, Shape
from tests.op.provider import Op, authority
from tests.op.receiver import receiving

STRONG = frozenset({Role.ADMIN, Role.SUPERVISOR})
FINE, NOTE, WRONG = Level.FINE, Level.NOTE, Level.WRONG


def caused_by(error: Exception, outer: type[Exception] = ProviderUnreachable) -> Exception:
    made = outer("it broke")
    made.__cause__ = OSError("between", error)
    return made


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (socket.gaierror(-2, "Name or service not known"), "name"),
        (ConnectionRefusedError(111, "Connection refused"), "refused"),
        (ConnectionResetError(104, "reset"), "broken"),
        (ssl.SSLError("[SSL: WRONG_VERSION_NUMBER]"), "no_tls"),
    ],
)
def test_why_nothing_came_back_is_found_under_the_libraries_errors(error: Exception, why: str) -> None:
    assert silence_of("sso.example", caused_by(error)).why == why


@pytest.mark.parametrize(("code", "why"), [(10, "stale"), (62, "other_host"), (19, "stranger")])
def test_certificates_that_are_old_or_another_hosts_or_a_strangers_are_told_apart(
    code: int, why: str
) -> None:
    error = ssl.SSLCertVerificationError("no")
    error.verify_code, error.verify_message = code, "not so"

    found = silence_of("sso.example", caused_by(error, ProviderMisconfigured))
    assert (found.why, found.detail) == (why, "not so")


def test_an_unknown_authority_and_a_port_without_tls_are_what_they_are(tmp_path: Path) -> None:
    trust = authority(tmp_path)
    with receiving(trust) as secure, receiving() as plain:
        stranger = ask(a_provider(tmp_path), secure.url("/x"))
        trusted = ask(a_provider(tmp_path, ca_file=str(trust.ca)), secure.url("/x"))
        bare = ask(a_provider(tmp_path), plain.url("/x").replace("http:", "https:"))
        clear = ask(a_provider(tmp_path), plain.url("/x"))

    assert isinstance(stranger, Silence)
    assert stranger.why == "stranger"
    assert isinstance(trusted, Answer)
    assert isinstance(bare, Silence)
    assert isinstance(clear, Silence)
    assert bare.why == clear.why == "no_tls"


# --- the real one -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Op]:
    with both_shapes(tmp_path_factory.mktemp("op")) as op:
        yield op


@pytest.fixture(params=BOTH)
def name(request: pytest.FixtureRequest) -> Shape:
    """Give the name of an issuer with a path, and of one without."""
    found: Shape = request.param
    return found


@pytest.fixture
def op(started: Op, name: Shape) -> Op:
    started.issuer(name).control.well()
    started.issuer(name).control.clients(client(name))
    return started


Checking = Callable[..., dict[str, Finding]]


@pytest.fixture
def checking(op: Op, name: Shape, tmp_path: Path) -> Checking:
    """Give the function that checks the real provider; `public_url` and `case` aside, settings go in."""

    def go(*, public_url: str = PUBLIC, **more: Any) -> dict[str, Finding]:
        provider = trusting(op, name, tmp_path, **more)
        case = Case(provider=provider, public_url=public_url, now=now_us(), strong=STRONG)
        return {one.check: one for one in check(case)}

    return go


def wrongs(found: dict[str, Finding]) -> set[str]:
    return {name for name, one in found.items() if one.level is WRONG}


@pytest.mark.slow
def test_a_provider_that_fits_has_nothing_wrong_and_is_left_as_it_was(
    op: Op, name: Shape, checking: Checking
) -> None:
    before = op.issuer(name).control.counts()
    found = checking(secret_expires=date(2999, 1, 1))
    after = op.issuer(name).control.counts()

    assert wrongs(found) == set()
    assert {"Settings", "Reached", "Issuer", "Endpoints", "Keys", "Clock", "Redirect URI", "Answers"} < {
        check for check, one in found.items() if one.level is FINE
    }
    assert {"PKCE", "Secret", "Secret's end", "Sign-out there", "Sign-out from there", "Groups"} < {
        check for check, one in found.items() if one.level is FINE
    }
    assert after.authorizations[-1]["prompt"] == "none"
    assert len(after.authorizations) == len(before.authorizations) + 1
    assert op.issuer(name).control.sessions() == []


@pytest.mark.slow
def test_another_public_url_is_found_not_to_be_registered(name: Shape, checking: Checking) -> None:
    found = checking(public_url="https://other.example")

    assert wrongs(found) == {"Redirect URI"}
    assert found["Redirect URI"].remedy.endswith(f"https://other.example/auth/{name}/callback")


@pytest.mark.slow
def test_a_wrong_secret_is_found_by_a_made_up_code(op: Op, name: Shape, checking: Checking) -> None:
    op.issuer(name).control.clients(client(name, client_secret="another-one"))
    found = checking()

    assert wrongs(found) == {"Secret"}
    assert "invalid_client" in found["Secret"].said
    assert all(CLIENT_SECRET not in f"{one.said}{one.remedy}" for one in found.values())


@pytest.mark.slow
def test_an_unknown_application_is_told_from_a_redirect_uri(checking: Checking) -> None:
    assert "does not know the application" in checking(client_id="nobody")["Redirect URI"].said


@pytest.mark.slow
def test_a_slash_too_much_is_found_and_no_secret_is_sent_to_who_is_not_ours(
    op: Op, name: Shape, checking: Checking
) -> None:
    before = op.issuer(name).control.counts().of("token")
    found = checking(issuer=f"{op.issuer(name).issuer}/")

    assert wrongs(found) == {"Issuer"}
    assert "in the '/' at the end" in found["Issuer"].said
    assert "not tried" in found["Secret"].said
    assert op.issuer(name).control.counts().of("token") == before


@pytest.mark.slow
def test_an_issuer_of_another_name_is_shown(op: Op, name: Shape, checking: Checking) -> None:
    op.issuer(name).control.body("discovery", issuer="https://sso.example/other")

    assert "'https://sso.example/other'" in checking()["Issuer"].said


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "level"), [(10, NOTE), (-45, WRONG), (45, WRONG)])
def test_a_clock_that_is_off_is_found(
    op: Op, name: Shape, checking: Checking, seconds: int, level: Level
) -> None:
    op.issuer(name).control.clock(seconds)
    found = checking()["Clock"]

    assert found.level is level
    assert ("ahead of" if seconds > 0 else "behind") in found.said


@pytest.mark.slow
@pytest.mark.parametrize(("down", "said"), [(503, "answers 503"), ("close", "can't be reached")])
def test_a_provider_that_is_away_is_said_to_be_and_what_is_known_of_ours_still_comes(
    op: Op, name: Shape, checking: Checking, down: Any, said: str
) -> None:
    op.issuer(name).control.down(down)
    found = checking()

    assert wrongs(found) == {"Reached"}
    assert said in found["Reached"].said
    assert {"Settings", "Secret's end", "Groups", "Second factor"} < found.keys()


@pytest.mark.slow
def test_a_provider_that_hangs_ends_in_words(
    op: Op, name: Shape, checking: Checking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT_S", (1, 0.2))
    op.issuer(name).control.slow(1_000)

    assert "did not answer in time" in checking()["Reached"].said


@pytest.mark.slow
@pytest.mark.parametrize("where", ["jwks", "authorization", "token"])
@pytest.mark.parametrize("down", [503, "close"])
def test_an_endpoint_that_is_away_spoils_no_other_check(
    op: Op, name: Shape, checking: Checking, where: Any, down: Any
) -> None:
    op.issuer(name).control.down(down, only=[where])
    found = checking()

    assert wrongs(found) == ({"Keys"} if where == "jwks" else set())
    if where == "token":
        assert found["Secret"].level is NOTE
    if where == "authorization":
        assert "nobody knows" in found["Redirect URI"].said


@pytest.mark.slow
def test_an_authority_that_is_not_named_is_asked_for(checking: Checking) -> None:
    found = checking(ca_file=None)["Reached"]

    assert (found.level, "ca_file" in found.remedy) == (WRONG, True)


@pytest.mark.slow
def test_rotated_keys_are_fine_and_keys_of_another_algorithm_are_not(
    op: Op, name: Shape, checking: Checking
) -> None:
    op.issuer(name).control.rotate()
    assert wrongs(checking()) == set()

    assert wrongs(checking(algorithms=["ES256"])) == {"Keys"}


@pytest.mark.slow
def test_without_a_secret_that_can_be_read_the_provider_is_asked_for_nothing_that_needs_it(
    op: Op, name: Shape, tmp_path: Path
) -> None:
    provider = trusting(op, name, tmp_path)
    assert provider.client_secret_file is not None
    provider.client_secret_file.chmod(0o640)
    before = op.issuer(name).control.counts().of("token")
    found = {one.check: one for one in check(Case(provider=provider, public_url=PUBLIC, now=NOW))}

    assert wrongs(found) == {"Settings"}
    assert found["Issuer"].level is FINE
    assert op.issuer(name).control.counts().of("token") == before
