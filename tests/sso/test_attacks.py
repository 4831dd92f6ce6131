"""Attacks on sign-in and sessions, against the running console."""

import time
from typing import Any, Final
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from sqlalchemy import select, update

from auth.current import Services
from auth.presence import Presence
from auth.sessions import Sessions
from core.errors import NotPermitted
from core.times import MINUTE_US
from operations.end_session import end_session
from store.clock import now_us
from store.schema_people import flow, session
from store.session_places import places_of
from store.sessions import open_sessions
from tests.auth.people import LIMITS
from tests.op.kinds import Shape
from tests.sso.ground import COOKIE, FLOW, Browser, Ground, closed, leaving, new_address, refused
from tests.sso.samples import ELSEWHERE, OURS
from tests.waiting import until
from web.sockets import SESSION_ENDED

pytestmark = pytest.mark.slow
BOTH: Final[tuple[Shape, ...]] = ("keycloak", "okta-org")
both = pytest.mark.parametrize("shape", BOTH)
HTML: Final = {"accept": "text/html"}
PLANTED: Final = "P" * 43


def lets_in(browser: Browser) -> bool:
    """Whether a browser's cookie opens what needs a session."""
    return browser.web.get("/log", headers=HTML).status_code == 200


def carrying(ground: Ground, cookie: str, **how: str) -> Browser:
    """Give another browser, elsewhere, that has somebody's cookie."""
    thief = ground.browser(**how)
    thief.web.cookies.set(COOKIE, cookie)
    return thief


# --- fixation -----------------------------------------------------------------------------------------


@both
def test_a_cookie_that_was_planted_before_is_not_the_one_after(ground: Ground, shape: Shape) -> None:
    browser = ground.browser()
    browser.web.cookies.set(COOKIE, PLANTED, domain="localhost.local")
    assert PLANTED in browser.web.get("/sign-in").request.headers["cookie"]
    answer = browser.arrive(shape, browser.asked(shape, browser.begin(shape)))
    made = answer.headers["set-cookie"].partition(f"{COOKIE}=")[2].partition(";")[0]

    assert len(made) == 43
    assert made != PLANTED
    assert not lets_in(carrying(ground, PLANTED))
    assert lets_in(carrying(ground, made))


@both
def test_a_session_that_was_planted_ends_when_somebody_signs_in_over_it(ground: Ground, shape: Shape) -> None:
    mallory = ground.browser()
    hers = mallory.sign_in(shape, "cleo")
    victim = ground.browser()
    victim.web.cookies.set(COOKIE, hers)
    answer = victim.arrive(shape, victim.asked(shape, victim.begin(shape)))

    assert answer.status_code == 303
    assert f"{COOKIE}={hers}" not in answer.headers["set-cookie"]
    assert ground.row(mallory).ended_reason == "replaced"
    until(lambda: not lets_in(mallory))


@both
def test_a_flow_cookie_that_was_planted_does_not_let_its_planter_finish(ground: Ground, shape: Shape) -> None:
    # By http alone: by https its name begins with __Host-, and nobody can plant it (test_cookies).
    victim, mallory = ground.browser(), ground.browser()
    for browser in (victim, mallory):
        browser.web.cookies.set(FLOW, PLANTED, domain="localhost.local")
    form = victim.asked(shape, victim.begin(shape))
    answer = victim.back(shape, form)
    assert victim.web.cookies[FLOW] == PLANTED
    with leaving(ground) as left:
        ends = [
            mallory.finish(f"/sign-in/finish?flow={ref}&by={shape}") for ref in ("", "0" * 32, form["state"])
        ]
    assert [one.status_code for one in ends] == [403] * 3
    assert left.begun == 0

    assert victim.finish(answer).status_code == 303
    with leaving(ground) as left:
        assert mallory.finish(answer).status_code == 403
    assert (left.begun, mallory.cookie) == (0, None)


@both
def test_each_sign_in_has_a_cookie_of_its_own(ground: Ground, shape: Shape) -> None:
    browser = ground.browser()
    first = browser.sign_in(shape)
    second = browser.sign_in(shape)

    assert first != second
    until(lambda: not lets_in(carrying(ground, first)))
    assert lets_in(browser)


@both
def test_cookies_are_kept_from_scripts_and_from_other_sites(ground: Ground, shape: Shape) -> None:
    browser = ground.browser()
    began = browser.web.get(f"/auth/{shape}/login")
    end = browser.arrive(shape, browser.asked(shape, browser.begin(shape)))
    lines = [*began.headers.get_list("set-cookie"), *end.headers.get_list("set-cookie")]
    said = {one.partition("=")[0]: set(one.split("; ")[1:]) for one in lines}

    hidden = {"HttpOnly", "Path=/", "SameSite=lax"}
    assert said == {
        FLOW: {*hidden, "Max-Age=600"},
        COOKIE: hidden,
        "gatehouse-provider": {*hidden, "Max-Age=31536000"},
    }


# --- login CSRF ---------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("begun", [False, True])
def test_another_persons_answer_signs_nobody_in(ground: Ground, shape: Shape, begun: bool) -> None:
    mallory, victim = ground.browser(), ground.browser()
    hers = mallory.asked(shape, mallory.begin(shape), "cleo")
    mine = victim.asked(shape, victim.begin(shape)) if begun else {}
    with leaving(ground) as left:
        end = victim.arrive(shape, hers)
    assert refused(left, victim, [end], "not_this_browser", shape) == []

    if begun:
        assert victim.arrive(shape, mine).status_code == 303
        assert ground.row(victim).subject.endswith("|ben")


@both
def test_another_persons_answer_does_not_replace_who_is_signed_in(ground: Ground, shape: Shape) -> None:
    mallory, victim = ground.browser(), ground.browser()
    cookie = victim.sign_in(shape)
    hers = mallory.back(shape, mallory.asked(shape, mallory.begin(shape), "cleo"))
    with leaving(ground) as left:
        end = victim.finish(hers)

    assert (end.status_code, "set-cookie" in end.headers, victim.cookie) == (403, False, cookie)
    assert (left.begun, left.ended) == (0, 0)
    assert lets_in(victim)


def test_no_other_site_signs_in_by_a_password_or_out(ground: Ground) -> None:
    victim = ground.browser()
    victim.sign_in("keycloak")
    form = {"username": "ada", "password": "x", "next": "/"}
    with leaving(ground) as left:
        for origin in ({"origin": "https://evil.example"}, {"origin": "null"}, {}):
            assert victim.web.post("/auth/local", data=form, headers=origin).status_code == 403
            assert victim.web.post("/sign-out", headers=origin).status_code == 403
    assert left.records == []
    assert lets_in(victim)


# --- where to -----------------------------------------------------------------------------------------


def test_next_leads_nowhere_else(ground: Ground) -> None:
    browser = ground.browser()
    for wanted in ELSEWHERE[::2]:
        for path in ("/auth/keycloak/login", "/sign-in"):
            answer = browser.web.get(path, params={"next": wanted})
            assert "evil.example" not in str(answer.headers).replace("reason", "")
            assert "evil.example" not in answer.text
            assert "\r" not in str(answer.headers.get("location"))
    with ground.db.read() as connection:
        found = set(
            connection.execute(select(flow.c.onwards).where(flow.c.origin == browser.address)).scalars()
        )
    assert found == {"/"}


@pytest.mark.parametrize("wanted", [*OURS, *ELSEWHERE[:3], "https://evil.example/log", "javascript:alert(1)"])
def test_a_whole_sign_in_leads_to_a_page_of_ours(ground: Ground, wanted: str) -> None:
    browser = ground.browser()
    form = browser.asked("keycloak", browser.begin("keycloak", wanted))
    end = browser.arrive("keycloak", form)
    where = urljoin(ground.sso.url, end.headers["location"])

    assert end.headers["location"] == (wanted if wanted in OURS else "/")
    assert f"{urlsplit(where).scheme}://{urlsplit(where).netloc}" == ground.sso.url
    again = browser.web.get("/sign-in", params={"next": wanted})
    assert again.headers["location"] == (wanted if wanted in OURS else "/")
    assert lets_in(browser)


# --- whose words count --------------------------------------------------------------------------------

FORGED: Final = {
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-forwarded-port": "443",
    "forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    "x-real-ip": "203.0.113.9",
    "x-original-url": "/log",
    "x-rewrite-url": "/log",
    "x-gatehouse-address": "203.0.113.9",
    "x-gatehouse-session": "forged",
}


def test_headers_of_a_proxy_that_is_not_ours_say_nothing(ground: Ground) -> None:
    browser = ground.browser()
    answer = browser.web.get("/auth/keycloak/login", headers=FORGED)
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["redirect_uri"] == [f"{ground.sso.url}/auth/keycloak/callback"]
    assert "secure" not in answer.headers["set-cookie"].lower()

    browser.web.headers.update(FORGED)
    browser.sign_in("keycloak")
    assert ground.row(browser).address == browser.address
    with ground.db.read() as connection:
        origins = set(connection.execute(select(flow.c.origin)).scalars())
    assert "203.0.113.9" not in origins
    with leaving(ground) as left:
        browser.back("keycloak", {"state": "made-up", "code": "x"}, headers=FORGED)
    assert [one.private["address"] for one in left.records] == [browser.address]


@pytest.mark.parametrize(
    "path", ["/auth/keycloak/login", "/auth/keycloak/callback?code=a&state=b", "/sign-in"]
)
def test_another_host_name_leads_to_ours_or_nowhere(ground: Ground, path: str) -> None:
    browser = ground.browser()
    for host in ("evil.example", "localhost", f"127.0.0.1:{ground.sso.console.port}", "localhost:80"):
        page = browser.web.get(path, headers={"host": host} | HTML)
        other = browser.web.get(path, headers={"host": host})
        assert (page.status_code, other.status_code) == (307, 421)
        assert page.headers["location"].startswith(f"{ground.sso.url}/")
        assert "set-cookie" not in page.headers


# --- odd requests -------------------------------------------------------------------------------------


@both
def test_an_answer_by_get_is_bound_as_one_by_post(ground: Ground, shape: Shape) -> None:
    browser, thief = ground.browser(), ground.browser()
    form = browser.asked(shape, browser.begin(shape))
    with leaving(ground) as left:
        answer = browser.web.get(f"/auth/{shape}/callback", params=form)
        assert answer.status_code == 303
        assert thief.finish(answer).status_code == 403
        assert browser.finish(answer).status_code == 303
    assert left.begun == 1
    assert form["code"] not in answer.headers["location"]
    assert form["code"] not in left.log
    assert form["state"] not in left.log


def test_an_odd_answer_is_refused_and_uses_nothing_up(ground: Ground) -> None:
    browser = ground.browser()
    form = browser.asked("keycloak", browser.begin("keycloak"))
    url = f"{ground.sso.url}/auth/keycloak/callback".encode()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    odd: list[tuple[int, dict[str, Any]]] = [
        (403, {"data": {"pad": ""}}),
        (403, {"data": {**form, "state": ""}}),
        (403, {"data": {**form, "state": "A" * 8_193}}),
        (403, {"data": {**form, "code": "A" * 8_193}}),
        (403, {"data": {**form, "state": form["state"] + " "}}),
        (403, {"data": {**form, "state": form["state"][:-1]}}),
        (403, {"data": {**form, "state": "\u00e9\ud7ff\u0000"}}),
        (403, {"content": b"state=%ff%fe%00", "headers": kind}),
        (403, {"content": b"\xff\xfe\x00", "headers": kind}),
        (403, {"content": b"&&&&", "headers": kind}),
        (400, {"data": {**form, "pad": "A" * 70_000}}),
        (400, {"data": {**{f"f{n}": "" for n in range(30)}, **form}}),
        (400, {"data": {}}),
        (400, {"json": form}),
        (400, {"files": {name: (None, value) for name, value in form.items()}}),
        (400, {"content": b"x" * 1_000_000}),
        (400, {"content": iter([b"state=a&"] * 20_000), "headers": kind}),
    ]
    with leaving(ground) as left:
        answers = [browser.web.post(url.decode(), **how).status_code for _, how in odd]
        others = [browser.web.request(verb, url.decode(), data=form) for verb in ("PUT", "DELETE", "PATCH")]
    assert answers == [status for status, _ in odd]
    assert all(one.status_code in {403, 404, 405} for one in others)
    assert (left.begun, browser.cookie) == (0, None)
    assert "Traceback" not in left.log

    assert browser.arrive("keycloak", form).status_code == 303


# --- a stolen cookie ----------------------------------------------------------------------------------


def end_as(ground: Ground, owner: Browser, target: str) -> bool:
    """End a session as the page Me does for its owner."""
    services = Services(db=ground.db, sessions=Sessions(ground.db, LIMITS), presence=Presence())
    return end_session(services, ground.row(owner).ref, target, now_us())


def test_a_stolen_cookie_is_seen_and_ended_by_its_owner(ground: Ground) -> None:
    owner, victim = ground.browser(), ground.browser()
    owner.sign_in("keycloak")
    stolen = victim.sign_in("keycloak")
    ref, subject = ground.row(victim).ref, ground.row(victim).subject
    quiet = now_us() - 5 * MINUTE_US
    with ground.db.write() as connection:
        connection.execute(update(session).where(session.c.ref == ref).values(active=quiet))
    thief = carrying(ground, stolen, agent="curl/8.0")
    assert thief.web.get("/log", headers=HTML | {"sec-fetch-user": "?1"}).status_code == 200

    def listed() -> Any:
        return next(row for row in open_sessions(ground.db, subject) if row.ref == ref)

    # Its owner did not touch it, and sees that somebody has.
    until(lambda: listed().active > quiet)
    assert now_us() - listed().active < MINUTE_US
    until(lambda: ref in places_of(ground.db, [ref]))
    places = {(one.address, one.agent) for one in places_of(ground.db, [ref])[ref]}
    assert places == {(thief.address, "curl/8.0")}
    assert (thief.address, "curl/8.0") != (listed().address, listed().agent)

    with ground.sso.console.socket(stolen, "/live/stream") as screen:
        assert screen.recv(timeout=20)
        assert end_as(ground, owner, ref)
        assert closed(screen) == (SESSION_ENDED, "ended_by_self")
    until(lambda: thief.web.get("/live/stream").status_code == 401)
    assert thief.web.get("/log", headers=HTML).headers["location"].startswith("/sign-in?")
    assert ground.sso.console.refused(stolen, "/live/stream")
    assert ground.sso.console.refused(stolen)
    assert ref not in {row.ref for row in open_sessions(ground.db, subject)}
    assert lets_in(owner)


def test_nobody_ends_the_session_of_another(ground: Ground) -> None:
    owner, other = ground.browser(), ground.browser()
    owner.sign_in("keycloak")
    other.sign_in("keycloak", "cleo")
    with pytest.raises(NotPermitted):
        end_as(ground, other, ground.row(owner).ref)
    assert lets_in(owner)


def test_signing_out_ends_a_thiefs_session_too(ground: Ground) -> None:
    owner = ground.browser()
    stolen = owner.sign_in("okta-org")
    thief = carrying(ground, stolen, address=new_address())
    assert lets_in(thief)
    began = time.monotonic()
    assert owner.web.post("/sign-out", headers={"origin": ground.sso.url}).status_code == 200

    until(lambda: not lets_in(thief), seconds=2)
    assert time.monotonic() - began < 2
    assert owner.cookie is None


def test_the_name_of_a_session_opens_nothing(ground: Ground) -> None:
    owner = ground.browser()
    owner.sign_in("keycloak")
    row = ground.row(owner)
    for name in (row.ref, row.sid, row.subject):
        assert not lets_in(carrying(ground, name))
