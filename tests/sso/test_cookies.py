"""Cookies and redirects of the ways in, by http and by https, without processes."""

from collections.abc import Iterator
from contextlib import ExitStack
from http.cookies import Morsel, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from sqlalchemy import select

from auth.oidc import Refused
from core.errors import IdentityRefused
from store.schema_people import flow
from tests.auth.people import PASSWORD
from tests.failing import failing
from tests.sso.in_process import HTTP, HTTPS, Doorway, arrived, doorway
from tests.sso.samples import ELSEWHERE, OURS

LOGIN: Final = "/auth/idp/login"
FINISH: Final = "/sign-in/finish?flow=f&by=idp"


@pytest.fixture(scope="module")
def doorways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Doorway]]:
    folder = tmp_path_factory.mktemp("doorways")
    with ExitStack() as stack:
        yield {
            "https": stack.enter_context(doorway(folder / "https", HTTPS)),
            "http": stack.enter_context(doorway(folder / "http", HTTP)),
            "password": stack.enter_context(doorway(folder / "password", HTTP, providers=())),
        }


def fresh(opened: Doorway) -> Doorway:
    """Give it with a browser that nobody has used."""
    opened.client.cookies.clear()
    return opened


@pytest.fixture
def by_https(doorways: dict[str, Doorway]) -> Doorway:
    return fresh(doorways["https"])


@pytest.fixture
def by_http(doorways: dict[str, Doorway]) -> Doorway:
    with doorways["http"].service.parts.db.write() as connection:
        connection.execute(flow.delete())
    return fresh(doorways["http"])


@pytest.fixture
def by_password(doorways: dict[str, Doorway]) -> Doorway:
    return fresh(doorways["password"])


def cookies_of(answer: httpx.Response) -> dict[str, Morsel[str]]:
    """Give the cookies that an answer sets."""
    found: SimpleCookie = SimpleCookie()
    for line in answer.headers.get_list("set-cookie"):
        found.load(line)
    return dict(found)


def flags(one: Morsel[str]) -> tuple[Any, ...]:
    return one["secure"], one["httponly"], one["samesite"], one["path"], one["domain"], one["max-age"]


def finished(opened: Doorway, monkeypatch: pytest.MonkeyPatch, onwards: str = "/log") -> httpx.Response:
    """Finish a sign-in whose answer is good."""
    monkeypatch.setattr(opened.identity.oidc, "complete", lambda _ref, _browser: arrived(onwards))
    answer: httpx.Response = opened.client.get(FINISH)
    return answer


# --- flags --------------------------------------------------------------------------------------------


def test_by_https_every_cookie_is_bound_to_the_host_and_hidden(
    by_https: Doorway, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = cookies_of(by_https.client.get(LOGIN))
    ended = cookies_of(finished(by_https, monkeypatch))

    assert set(begun) == {"__Host-gatehouse-flow"}
    assert flags(begun["__Host-gatehouse-flow"]) == (True, True, "lax", "/", "", "600")
    assert set(ended) == {"__Host-gatehouse", "gatehouse-provider"}
    # It goes with the browser: no age, no end.
    assert flags(ended["__Host-gatehouse"]) == (True, True, "lax", "/", "", "")
    assert ended["__Host-gatehouse"]["expires"] == ""
    assert flags(ended["gatehouse-provider"]) == (True, True, "lax", "/", "", "31536000")
    assert ended["gatehouse-provider"].value == "idp"


def test_by_http_on_this_machine_they_are_hidden_alike(
    by_http: Doorway, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = cookies_of(by_http.client.get(LOGIN))
    ended = cookies_of(finished(by_http, monkeypatch))

    assert {*begun, *ended} == {"gatehouse-flow", "gatehouse", "gatehouse-provider"}
    assert flags(begun["gatehouse-flow"]) == ("", True, "lax", "/", "", "600")
    assert flags(ended["gatehouse"]) == ("", True, "lax", "/", "", "")


def test_signing_out_takes_the_cookie_away_under_its_own_name(by_https: Doorway) -> None:
    gone = cookies_of(by_https.client.post("/sign-out", headers={"origin": HTTPS}))

    by_https.client.cookies.clear()
    assert set(gone) == {"__Host-gatehouse", "gatehouse-left"}
    assert (gone["__Host-gatehouse"].value, gone["__Host-gatehouse"]["max-age"]) == ("", "0")
    assert gone["__Host-gatehouse"]["secure"] is True


def test_that_somebody_left_is_known_until_somebody_comes(
    by_https: Doorway, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = cookies_of(by_https.client.post("/sign-out", headers={"origin": HTTPS}))["gatehouse-left"]
    assert flags(left) == (True, True, "lax", "/", "", "")
    assert by_https.client.get("/sign-in", follow_redirects=False).status_code == 200

    assert cookies_of(finished(by_https, monkeypatch))["gatehouse-left"]["max-age"] == "0"
    by_https.client.cookies.clear()
    assert (
        by_https.client.get("/sign-in", follow_redirects=False).headers["location"].startswith("/auth/idp/")
    )


def test_a_cookie_holds_256_random_bits(by_https: Doorway, monkeypatch: pytest.MonkeyPatch) -> None:
    flows, sessions = set(), set()
    for _ in range(8):
        by_https.client.cookies.clear()
        flows.add(cookies_of(by_https.client.get(LOGIN))["__Host-gatehouse-flow"].value)
        sessions.add(cookies_of(finished(by_https, monkeypatch))["__Host-gatehouse"].value)

    assert len(flows | sessions) == 16
    assert {len(one) for one in flows | sessions} == {43}


def test_no_refusal_sets_a_cookie(by_https: Doorway, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_ref: str, _browser: str) -> None:
        raise Refused(IdentityRefused("expired", "late"), provider="idp")

    monkeypatch.setattr(by_https.identity.oidc, "complete", refuse)
    form = {"username": "ben", "password": "wrong"}
    answers = [
        by_https.client.get(FINISH),
        by_https.client.post("/auth/idp/callback", data={"state": "a", "code": "b"}),
        by_https.client.get("/auth/idp/callback?error=x"),
        by_https.client.post("/auth/idp/backchannel-logout", data={"logout_token": "a.b.c"}),
        by_https.client.post("/auth/local", data=form, headers={"origin": HTTPS}),
        by_https.client.get("/auth/nobody/login"),
        by_https.client.get("/sign-in"),
    ]

    assert [cookies_of(one) for one in answers] == [{}] * len(answers)


# --- whose cookie it is -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "planted", ["", "A" * 42, "A" * 44, "A" * 42 + "!", "A" * 42 + "=", "x; y", "é" * 43]
)
def test_a_flow_cookie_that_is_none_of_ours_is_not_kept(by_http: Doorway, planted: str) -> None:
    header = f"gatehouse-flow={planted}".encode("latin-1")
    made = cookies_of(by_http.client.get(LOGIN, headers={"cookie": header}))["gatehouse-flow"].value

    assert made != planted
    assert len(made) == 43


def test_a_cookie_of_http_is_none_by_https(by_https: Doorway) -> None:
    planted = "A" * 43
    header = {"cookie": f"gatehouse-flow={planted}; gatehouse={planted}"}

    assert cookies_of(by_https.client.get(LOGIN, headers=header))["__Host-gatehouse-flow"].value != planted


def test_two_sign_ins_in_one_browser_do_not_undo_each_other(by_http: Doorway) -> None:
    first = cookies_of(by_http.client.get(LOGIN))["gatehouse-flow"].value

    assert cookies_of(by_http.client.get(LOGIN))["gatehouse-flow"].value == first


@pytest.mark.parametrize("last", ["idp", "nobody", "<script>", "../x", ""])
def test_the_provider_that_was_used_last_is_a_hint_and_no_more(by_http: Doorway, last: str) -> None:
    page = by_http.client.get("/sign-in?reason=refused", headers={"cookie": f"gatehouse-provider={last}"})

    assert page.status_code == 200
    assert "<script" not in page.text
    assert page.text.count("/auth/idp/login") == 1


# --- where to -----------------------------------------------------------------------------------------


def _noted(opened: Doorway) -> str:
    with opened.service.parts.db.write() as connection:
        found = connection.execute(select(flow.c.onwards)).scalar_one()
        connection.execute(flow.delete())
    return str(found)


def test_next_leads_nowhere_else_at_a_provider(by_http: Doorway) -> None:
    def check(wanted: str) -> None:
        assert by_http.client.get(f"{LOGIN}?next={quote(wanted)}").status_code == 303
        assert _noted(by_http) == ("/" if wanted in ELSEWHERE else wanted)

    # All of them are tried where that costs least, below.
    assert failing(check, [*ELSEWHERE[::5], *OURS]) == []


def test_next_leads_nowhere_else_on_the_page_of_ways(by_http: Doorway) -> None:
    def check(wanted: str) -> None:
        page = by_http.client.get(f"/sign-in?reason=refused&next={quote(wanted)}").text
        links = [one.partition('"')[0].replace("&amp;", "&") for one in page.split('href="')[1:]]
        nexts = [parse_qs(urlsplit(one).query).get("next") for one in links]
        assert [one for one in links if urlsplit(one).scheme or urlsplit(one).netloc] == []
        assert {tuple(one) for one in nexts if one} == {("/" if wanted in ELSEWHERE else wanted,)}

    assert failing(check, [*ELSEWHERE, *OURS]) == []


def test_next_leads_nowhere_else_from_the_page_that_sends_on_at_once(by_http: Doorway) -> None:
    def check(wanted: str) -> None:
        where = by_http.client.get(f"/sign-in?next={quote(wanted)}").headers["location"]
        assert where == f"/auth/idp/login?next={quote('/' if wanted in ELSEWHERE else wanted, safe='')}"

    assert failing(check, [*ELSEWHERE, *OURS]) == []


def test_next_leads_nowhere_else_after_a_password(by_password: Doorway) -> None:
    client = by_password.client

    def check(wanted: str) -> None:
        form = {"username": "ben", "password": PASSWORD, "next": wanted}
        right = "/" if wanted in ELSEWHERE else wanted
        client.cookies.clear()
        entered = client.post("/auth/local", data=form, headers={"origin": HTTP})
        assert (entered.status_code, entered.headers["location"]) == (303, right)
        assert client.get(f"/sign-in?next={quote(wanted)}").headers["location"] == right

    assert failing(check, [*ELSEWHERE[1::5], *OURS]) == []


def test_next_to_the_sign_out_asks_first(by_password: Doorway) -> None:
    form = {"username": "ben", "password": PASSWORD, "next": "/sign-out"}
    assert by_password.client.post("/auth/local", data=form, headers={"origin": HTTP}).status_code == 303
    asked = by_password.client.get("/sign-out")

    assert 'method="post"' in asked.text
    assert by_password.client.get("/sign-in?next=/log").headers["location"] == "/log"


# --- across sites -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://localhost:8502", f"{HTTP}/", None]
)
def test_no_other_site_signs_anybody_in_by_a_password(by_password: Doorway, origin: str | None) -> None:
    form = {"username": "ben", "password": PASSWORD}
    answer = by_password.client.post(
        "/auth/local", data=form, headers={} if origin is None else {"origin": origin}
    )

    assert (answer.status_code, cookies_of(answer)) == (403, {})


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_no_other_site_signs_anybody_out(by_password: Doorway, origin: str | None) -> None:
    form = {"username": "ben", "password": PASSWORD}
    by_password.client.post("/auth/local", data=form, headers={"origin": HTTP})
    answer = by_password.client.post("/sign-out", headers={} if origin is None else {"origin": origin})

    assert (answer.status_code, cookies_of(answer)) == (403, {})
    assert by_password.client.get("/sign-in?next=/log").headers["location"] == "/log"
