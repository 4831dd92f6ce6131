"""/passkeys: what the page asks for, what its script may post, and what is refused."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from auth.enrolment import RECENT_US, issue_code
from auth.sessions import Person
from core.records import Kind
from core.times import MINUTE_US
from store.clock import now_us
from store.directory import save_account
from store.passkeys import passkeys_of
from tests.auth.attempts import SECRET
from tests.auth.authenticator import Authenticator
from tests.auth.people import account, person
from tests.auth.reading import told
from tests.web.conftest import OURS, Console, SomeSettings, make_console, open_parts

JSON = {"content-type": "application/json"} | OURS
EVA = Person(
    subject="entra:t|eva",
    name="Eva & Co",
    groups=("g-berlin",),
    provider="entra",
    proven=True,
    username="eva",
)
FORM = '<form id="passkey" method="post" action="/passkeys" >'


def enter(console: Console, who: Person, ago: int = 0) -> None:
    cookie, _ = console.sessions.start(who, address="", agent="", now=now_us() - ago)
    console.client.cookies.set("gatehouse", cookie)


def post(console: Console, path: str, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
    answer: httpx.Response = console.client.post(path, content=json.dumps(body), headers=headers or JSON)
    return answer


def page(console: Console) -> str:
    text: str = console.client.get("/passkeys/new").text
    return text


def asks_for_a_code(text: str) -> bool:
    return "<div hidden>" not in text


def added(console: Console, **asking: str) -> httpx.Response:
    asked: Any = post(console, "/passkeys/options", asking).json()
    made = Authenticator(origin="http://localhost:8501").create(json.dumps(asked))
    return post(console, "/passkeys", {"name": "Phone", "credential": made})


def test_who_has_just_proven_it_at_the_provider_adds_one_without_more(console: Console) -> None:
    enter(console, EVA)
    shown = page(console)
    answer = added(console)
    (one,) = passkeys_of(console.db, EVA.subject)

    assert FORM in shown
    assert "Eva &amp; Co" in shown
    assert not asks_for_a_code(shown)
    assert answer.status_code == 201
    assert answer.json() == {"ref": one.ref, "name": "Phone"}
    assert (one.address, one.subject) == ("127.0.0.1", EVA.subject)


@pytest.mark.parametrize(
    ("who", "ago", "said"),
    [
        (EVA, RECENT_US + MINUTE_US, "more than ten minutes ago"),
        (replace(EVA, proven=False), 0, "entra did not say that you showed a second factor"),
        (person("ben"), 0, "A password alone adds no passkey"),
    ],
)
def test_who_has_not_is_told_what_to_do_and_adds_none(
    console: Console, who: Person, ago: int, said: str
) -> None:
    enter(console, who, ago)
    shown = page(console)
    answer = post(console, "/passkeys/options", {})

    assert said in shown
    assert ("/auth/entra/login?next=%2Fpasskeys%2Fnew" in shown) is bool(who.provider)
    assert asks_for_a_code(shown)
    assert (answer.status_code, answer.json()["error"]) == (403, "enrolment_not_proven")
    assert [one.reason for one in told(console.db, Kind.OPERATOR_PASSKEY_REFUSED)] == ["enrolment_not_proven"]
    assert post(console, "/passkeys", {"name": "x", "credential": {}}).json()["error"] == "no_challenge"
    assert passkeys_of(console.db, who.subject) == ()


def test_an_administrators_code_opens_it_once(console: Console) -> None:
    enter(console, person("ben"))
    code = issue_code(console.db, "local:ben", name="Ben", by="local:ada", now=now_us())

    assert added(console, code=code).status_code == 201
    again = post(console, "/passkeys/options", {"code": code})
    assert (again.status_code, again.json()["error"]) == (403, "wrong_enrolment_code")


def test_who_has_an_authenticator_is_asked_for_its_code(console: Console) -> None:
    save_account(console.db, replace(account("ben"), totp_secret=SECRET), now_us(), "tests")
    enter(console, person("ben"))

    assert "Code of your authenticator" in page(console)


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/passkeys/options", {}, {"content-type": "application/json"}, 403),
        ("/passkeys/options", {}, JSON | {"origin": "https://evil.example"}, 403),
        ("/passkeys/options", {}, OURS | {"content-type": "text/plain"}, 400),
        ("/passkeys/options", {"code": 1}, JSON, 400),
        ("/passkeys/options", {"code": "x" * 70_000}, JSON, 400),
        ("/passkeys", {}, {"content-type": "application/json"}, 403),
        ("/passkeys", {"name": "x"}, JSON, 400),
        ("/passkeys", {"name": "", "credential": {}}, JSON, 400),
        ("/passkeys", [[[]]], JSON, 400),
    ],
)
def test_what_is_not_asked_rightly_is_refused(
    console: Console, path: str, body: object, headers: dict[str, str], status: int
) -> None:
    enter(console, EVA)

    assert post(console, path, body, headers).status_code == status


@pytest.mark.parametrize("raw", [b"\xff", b"[" * 60_000, b'{"name": "x", "credential": ' + b"[" * 60_000])
def test_what_is_no_json_is_refused(console: Console, raw: bytes) -> None:
    enter(console, EVA)

    assert console.client.post("/passkeys", content=raw, headers=JSON).status_code == 400


def test_nobody_without_a_session_or_a_role_is_shown_anything(console: Console) -> None:
    shown = console.client.get("/passkeys/new", headers={"accept": "text/html"})
    assert (shown.status_code, shown.headers["location"]) == (303, "/sign-in?next=/passkeys/new")
    assert post(console, "/passkeys/options", {}).status_code == 401

    enter(console, person("dan"))
    assert console.client.get("/passkeys/new").status_code == 404
    assert post(console, "/passkeys/options", {}).status_code == 404
    assert post(console, "/passkeys", {"name": "x", "credential": {}}).status_code == 404


def test_the_page_allows_no_script_but_ours(console: Console) -> None:
    enter(console, EVA)
    answer = console.client.get("/passkeys/new")
    policy = answer.headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "script-src 'self'; connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.count("<script") == 1
    assert '<script src="/assets/gatehouse/passkeys.js" type="module"></script>' in answer.text


def test_nothing_can_be_sent_before_the_script_is_there(console: Console) -> None:
    enter(console, EVA)

    assert '<button type="submit" disabled>' in console.client.get("/passkeys/new").text


@pytest.fixture
def at_address(tmp_path: Path) -> Iterator[Console]:
    settings = SomeSettings(data=tmp_path / "data", public_url="http://127.0.0.1:8501")
    made = make_console(settings)
    made.service.opened = open_parts(settings)
    with made.client:
        yield made
    made.db.close()


def test_at_an_ip_address_there_are_none_and_no_code_is_used_up(at_address: Console) -> None:
    enter(at_address, person("ben"))
    code = issue_code(at_address.db, "local:ben", name="Ben", by="local:ada", now=now_us())
    headers = JSON | {"origin": "http://127.0.0.1:8501"}
    answer = post(at_address, "/passkeys/options", {"code": code}, headers)

    assert "by an IP address" in page(at_address)
    assert FORM not in page(at_address)
    assert (answer.status_code, "IP address" in answer.json()["message"]) == (400, True)
    assert told(at_address.db, Kind.OPERATOR_PASSKEY_REFUSED) == []
