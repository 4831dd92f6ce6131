"""Signing in and out over HTTP."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from core.errors import SignInRefused, StoreUnavailable
from core.leaf import Draft
from core.records import Kind
from store.directory import MAX_FAILURES, attempt_key, count_failure
from tests.auth.people import PASSWORD, person
from tests.auth.reading import told
from tests.waiting import until
from tests.web.conftest import OURS, Console, SomeSettings, make_console, open_parts

HTML = {"accept": "text/html"} | OURS


def form(username: str = "ben", password: str = PASSWORD, onwards: str = "/live") -> dict[str, str]:
    return {"username": username, "password": password, "code": "", "next": onwards}


def test_the_right_password_leads_on_with_a_cookie_no_script_can_read(console: Console) -> None:
    answer = console.client.post("/auth/local", data=form(), headers=OURS)

    assert (answer.status_code, answer.headers["location"]) == (303, "/live")
    parts = [part.strip() for part in answer.headers["set-cookie"].split(";")]
    assert parts[0].startswith("gatehouse=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(parts)
    assert not any(part.startswith(("Max-Age", "expires", "Domain", "Secure")) for part in parts)
    assert console.client.get("/who").status_code == 200


def test_a_wrong_password_shows_the_form_again_with_an_alert(console: Console) -> None:
    answer = console.client.post("/auth/local", data=form("<b>ben", "wrong"), headers=HTML)

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert 'role="alert"' in answer.text
    assert 'value="&lt;b&gt;ben"' in answer.text
    assert 'name="next" value="/live"' in answer.text


def test_a_program_is_told_in_json(console: Console) -> None:
    answer = console.client.post("/auth/local", data=form(password="wrong"), headers=OURS)

    assert (answer.status_code, answer.json()["error"]) == (401, "sign_in_refused")


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://localhost:8502"])
def test_nobody_is_signed_in_from_another_site(console: Console, origin: str | None) -> None:
    headers = {} if origin is None else {"origin": origin}

    assert console.client.post("/auth/local", data=form(), headers=headers).status_code == 403
    assert told(console.db, Kind.OPERATOR_SIGNED_IN, Kind.OPERATOR_SIGN_IN_REFUSED) == []


@pytest.mark.parametrize("onwards", ["//evil.example", "/\\evil.example", "https://evil.example", "/%09/e"])
def test_sign_in_leads_to_no_other_place(console: Console, onwards: str) -> None:
    answer = console.client.post("/auth/local", data=form(onwards=onwards), headers=OURS)
    shown = console.client.get("/sign-in", params={"next": onwards})

    assert answer.headers["location"] == "/"
    assert shown.headers["location"] == "/"


def test_a_cookie_set_before_sign_in_is_not_the_session_after_it(console: Console) -> None:
    console.client.cookies.set("gatehouse", "planted-by-an-attacker")
    answer = console.client.post("/auth/local", data=form(), headers=OURS)

    assert "planted" not in answer.headers["set-cookie"]
    console.client.cookies.clear()
    assert (
        console.client.get("/who", headers={"cookie": "gatehouse=planted-by-an-attacker"}).status_code == 401
    )


def test_signing_in_again_ends_the_session_this_browser_had(console: Console) -> None:
    console.client.post("/auth/local", data=form(), headers=OURS)
    before = console.client.cookies["gatehouse"]
    console.client.post("/auth/local", data=form("ada"), headers=OURS)

    console.client.cookies.clear()
    assert console.client.get("/who", headers={"cookie": f"gatehouse={before}"}).status_code == 401


def test_who_is_signed_in_goes_on_at_once(console: Console) -> None:
    console.client.post("/auth/local", data=form(), headers=OURS)

    assert console.client.get("/sign-in", params={"next": "/log"}).headers["location"] == "/log"


def test_who_is_idle_is_asked_to_sign_in(console: Console) -> None:
    past = time.time_ns() // 1_000 - 31 * 60 * 1_000_000
    cookie, _ = console.sessions.start(person("ben"), address="", agent="", now=past)
    console.client.cookies.set("gatehouse", cookie)
    answer = console.client.get("/sign-in", params={"next": "/log", "reason": "idle"})

    assert answer.status_code == 200
    assert "Nobody used this browser" in answer.text


def test_signing_out_ends_the_session_and_takes_the_cookie(console: Console) -> None:
    console.client.post("/auth/local", data=form(), headers=OURS)
    cookie = console.client.cookies["gatehouse"]
    answer = console.client.post("/sign-out", headers=OURS)

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?reason=signed_out")
    assert 'gatehouse=""' in answer.headers["set-cookie"]
    assert console.client.get("/who", headers={"cookie": f"gatehouse={cookie}"}).status_code == 401
    assert len(told(console.db, Kind.OPERATOR_SIGNED_OUT)) == 1


def test_a_link_or_another_site_signs_nobody_out(console: Console) -> None:
    console.client.post("/auth/local", data=form(), headers=OURS)

    asked = console.client.get("/sign-out")
    assert asked.status_code == 200
    assert "Ben" in asked.text
    assert console.client.post("/sign-out", headers={"origin": "https://evil.example"}).status_code == 403
    assert console.client.get("/who").status_code == 200


@pytest.mark.parametrize("reason", ["ended", "idle", "signed_out", "<script>", "absolute_end"])
def test_the_reason_is_shown_in_words_of_ours(console: Console, reason: str) -> None:
    answer = console.client.get("/sign-in", params={"reason": reason})

    assert 'role="status"' in answer.text
    assert "<script" not in answer.text


def test_the_page_works_without_scripts_and_styles_of_others(console: Console) -> None:
    answer = console.client.get("/sign-in")

    assert "script" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<title>Sign in · Gatehouse</title>" in answer.text
    for name in ("sign_in.css", "logo.svg"):
        assert console.client.get(f"/assets/gatehouse/{name}").status_code == 200


def test_an_oversized_or_foreign_form_is_refused(console: Console) -> None:
    large = console.client.post("/auth/local", data=form(password="x" * 9_000), headers=OURS)
    foreign = console.client.post("/auth/local", json=form(), headers=OURS)
    many = console.client.post("/auth/local", data={f"field{n}": "x" for n in range(50)}, headers=OURS)

    assert [one.status_code for one in (large, foreign, many)] == [400, 400, 400]


def test_a_store_that_does_not_answer_is_told_to_the_person(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise StoreUnavailable("/secret/path is locked")

    monkeypatch.setattr("web.sign_in.sign_in", fail)
    answer = console.client.post("/auth/local", data=form(), headers=HTML)

    assert answer.status_code == 503
    assert 'role="alert"' in answer.text
    assert "/secret/path" not in answer.text


class Flood:
    """Sign-ins that are all still being checked until released, each answered with its status."""

    def __init__(self, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
        self.console = console
        self.answers: list[int] = []
        self._release = threading.Event()
        self._threads: list[threading.Thread] = []
        monkeypatch.setattr("web.sign_in.sign_in", self._check)

    def _check(self, *_args: object) -> None:
        self._release.wait(10)
        raise SignInRefused("no")

    def _enter(self, address: str) -> None:
        headers = OURS | {"x-forwarded-for": address}
        self.answers.append(self.console.client.post("/auth/local", data=form(), headers=headers).status_code)

    def begin(self, *addresses: str) -> None:
        """Have somebody sign in from each of these, at once."""
        threads = [threading.Thread(target=self._enter, args=(address,)) for address in addresses]
        self._threads += threads
        for thread in threads:
            thread.start()

    def end(self) -> None:
        """Let every check end, and wait for the answers."""
        self._release.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def flood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flood]:
    settings = SomeSettings(data=tmp_path / "data", trusted_proxies=("127.0.0.1/32",))
    made = make_console(settings)
    made.service.opened = open_parts(settings)
    with made.client:
        yield Flood(made, monkeypatch)
    made.db.close()


def test_a_flood_of_sign_ins_is_turned_away_and_holds_up_nothing_else(flood: Flood) -> None:
    flood.begin(*(f"192.0.2.{number}" for number in range(25)))
    until(lambda: flood.answers == [503] * 5)
    assert flood.console.client.get("/healthz").status_code == 200

    flood.end()
    assert flood.answers.count(401) == 20


@pytest.mark.parametrize(
    "address", ["198.51.100.9", "2001:db8:1:2::{number}"], ids=["one IPv4 address", "one IPv6 network"]
)
def test_one_address_can_not_fill_the_queue_for_the_others(flood: Flood, address: str) -> None:
    flood.begin(*(address.format(number=number) for number in range(25)))
    until(lambda: flood.answers == [503] * 23)
    flood.begin("192.0.2.1")

    flood.end()
    assert sorted(flood.answers) == [401] * 3 + [503] * 23
    flood.begin(address.format(number=1))
    flood.end()
    assert flood.answers.count(401) == 4


def test_a_locked_address_is_refused_at_once_while_others_are_checked(flood: Flood) -> None:
    refused = Draft(kind=Kind.OPERATOR_SIGN_IN_REFUSED, received=time.time_ns() // 1_000)
    locked = replace(refused, kind=Kind.OPERATOR_LOCKED_OUT)
    for _ in range(MAX_FAILURES):
        count_failure(
            flood.console.db, [attempt_key("address", "198.51.100.9")], refused=refused, locked=locked
        )
    flood.begin("192.0.2.1")
    flood.begin(*["198.51.100.9"] * 30)

    until(lambda: flood.answers == [401] * 30)
    flood.end()
    assert len(flood.answers) == 31
