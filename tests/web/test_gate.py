"""The gate before an application: identity, headers, errors, and sockets that end."""

import logging
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from starlette.websockets import WebSocketDisconnect

from core.errors import StoreUnavailable
from tests.auth.people import person
from tests.waiting import until
from tests.web.client import WebSocketDenialResponse
from tests.web.conftest import OURS, URL, Console, SomeSettings, make_console, open_parts
from web.sockets import SESSION_ENDED

STREAM = "ws://localhost:8501/_stcore/stream"


def now() -> int:
    return time.time_ns() // 1_000


def sign_in(console: Console, who: str = "ben") -> str:
    """Put a session's cookie into the client; gives its public name."""
    cookie, actor = console.sessions.start(person(who), address="", agent="", now=now())
    console.client.cookies.set("gatehouse", cookie)
    return actor.session


def refused(console: Console, path: str, headers: dict[str, str]) -> bool:
    try:
        with console.client.websocket_connect(path, headers=headers):
            return False
    except (WebSocketDisconnect, WebSocketDenialResponse):
        return True


def test_signed_out_answers_are_a_redirect_or_a_json_error(console: Console) -> None:
    page = console.client.get("/page", headers={"accept": "text/html"})
    data = console.client.get("/who")

    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=/page")
    assert data.status_code == 401
    assert set(data.json()) == {"error", "message", "reference"}


def test_a_client_can_not_say_who_it_is(console: Console) -> None:
    ref = sign_in(console)
    forged = {
        "x-gatehouse-session": "forged",
        "X_Gatehouse_Session": "forged",
        "x-auth-sub": "forged",
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-user": "forged",
        "x-real-ip": "203.0.113.9",
        "remote-user": "forged",
        "x-gatehouse-address": "203.0.113.9",
    }
    seen = console.client.get("/who", headers=forged).json()

    assert seen["actor"] == ref
    ours = {"x-gatehouse-session": ref, "x-gatehouse-address": "127.0.0.1"}
    assert seen["headers"] == {**ours, "cookie": ""}
    assert seen["address"] == "127.0.0.1"


def test_a_forged_identity_opens_nothing_without_a_session(console: Console) -> None:
    ref = sign_in(console)
    console.client.cookies.clear()
    forged = {"x-gatehouse-session": ref}

    assert console.client.get("/who", headers=forged).status_code == 401
    ours = {"x-gatehouse-address": "127.0.0.1"}
    assert console.client.get("/healthz", headers=forged).json()["headers"] == ours
    assert refused(console, STREAM, OURS | forged)


def test_no_route_sees_the_cookie_that_opens_the_session(console: Console) -> None:
    sign_in(console)
    cookie = console.client.cookies["gatehouse"]
    sent = {"cookie": f"theme=dark; gatehouse={cookie}; _streamlit_user=claims; lang=en"}

    assert console.client.get("/who", headers=sent).json()["headers"]["cookie"] == "theme=dark; lang=en"


def test_two_different_cookies_of_our_name_are_none(console: Console) -> None:
    sign_in(console)
    cookie = console.client.cookies["gatehouse"]
    console.client.cookies.clear()

    tossed = console.client.get("/who", headers={"cookie": f"gatehouse=other; gatehouse={cookie}"})
    alone = console.client.get("/who", headers={"cookie": f"gatehouse={cookie}"})
    assert (tossed.status_code, alone.status_code) == (401, 200)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost:9999",
        "http://127.0.0.1:8501",
        "https://localhost:8501",
    ],
)
def test_a_foreign_origin_posts_nothing_and_opens_no_socket(console: Console, origin: str) -> None:
    sign_in(console)

    assert console.client.post("/who", headers={"origin": origin}).status_code == 403
    assert refused(console, STREAM, {"origin": origin})
    assert console.client.post("/who").status_code == 403
    assert refused(console, STREAM, {})
    assert console.client.post("/who", headers=OURS).status_code == 200
    assert not refused(console, STREAM, OURS)


def test_a_socket_carries_the_session_it_was_opened_with(console: Console) -> None:
    ref = sign_in(console)

    with console.client.websocket_connect(STREAM, headers=OURS | {"x-gatehouse-session": "x"}) as socket:
        assert socket.receive_text() == ref
        socket.send_bytes(b"ping")
        assert socket.receive_bytes() == b"ping"
        assert console.service.presence.refs() == [ref]
    until(lambda: console.service.presence.refs() == [])


def test_every_open_socket_of_a_session_ends_at_once_and_no_other(console: Console) -> None:
    ben = sign_in(console)
    path = STREAM
    with ExitStack() as stack:
        first = stack.enter_context(console.client.websocket_connect(path, headers=OURS))
        second = stack.enter_context(console.client.websocket_connect(path, headers=OURS))
        ada = sign_in(console, "ada")
        other = stack.enter_context(console.client.websocket_connect(path, headers=OURS))
        assert [one.receive_text() for one in (first, second, other)] == [ben, ben, ada]
        threading.Thread(target=console.service.presence.end, args=(ben, "signed_out")).start()
        for one in (first, second):
            with pytest.raises(WebSocketDisconnect) as closed:
                one.receive_text()
            assert (closed.value.code, closed.value.reason) == (SESSION_ENDED, "signed_out")
        other.send_bytes(b"still here")
        assert other.receive_bytes() == b"still here"


def test_every_answer_carries_the_security_headers(console: Console) -> None:
    sign_in(console)
    for path in ("/page", "/who", "/healthz", "/nosuch", "/sign-out", "/assets/gatehouse/logo.svg"):
        headers = console.client.get(path).headers
        assert headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "strict-transport-security" not in headers


def test_pages_and_data_are_never_kept_by_a_cache(console: Console) -> None:
    sign_in(console)

    assert console.client.get("/page").headers["cache-control"] == "no-store"
    assert console.client.get("/who").headers["cache-control"] == "no-store"
    assert "cache-control" not in console.client.get("/assets/gatehouse/logo.svg").headers


def test_under_https_the_cookie_is_bound_and_the_browser_told_to_stay(tmp_path: Path) -> None:
    settings = SomeSettings(data=tmp_path / "data", public_url="https://doors.example.org")
    console = make_console(settings)
    console.service.opened = open_parts(settings)
    with console.client:
        answer = console.client.get("/sign-in")
        assert answer.headers["strict-transport-security"].startswith("max-age=63072000")
        form = {"username": "ben", "password": "a-password-of-tests"}
        entered = console.client.post("/auth/local", data=form, headers={"origin": settings.public_url})
    console.db.close()
    cookie = entered.headers["set-cookie"]
    assert cookie.startswith("__Host-gatehouse=")
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie


def test_a_broken_route_shows_a_reference_and_no_detail(
    console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(console)
    with caplog.at_level(logging.ERROR, "gatehouse.web"):
        answer = console.client.get("/broken")

    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert answer.json()["reference"] in caplog.text


def test_a_person_sees_a_page_with_the_reference(console: Console, caplog: pytest.LogCaptureFixture) -> None:
    sign_in(console)
    with caplog.at_level(logging.ERROR, "gatehouse.web"):
        answer = console.client.get("/broken", headers={"accept": "text/html"})

    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert "hunter2" not in answer.text
    reference = caplog.records[-1].getMessage().partition("reference=")[2][:8]
    assert f"Reference {reference}" in answer.text


def test_a_store_that_does_not_answer_lets_nobody_in(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(console)

    def fail(_cookie: str, _now: int) -> None:
        raise StoreUnavailable("/secret/path is locked")

    monkeypatch.setattr(console.sessions, "look_up", fail)
    answer = console.client.get("/who")

    assert answer.status_code == 503
    assert "/secret/path" not in answer.text
    assert refused(console, STREAM, OURS)


def test_a_page_under_another_name_leads_to_the_public_url(console: Console) -> None:
    sign_in(console)
    answer = console.client.get("/page?a=b", headers={"host": "127.0.0.1:8501", "accept": "text/html"})

    assert (answer.status_code, answer.headers["location"]) == (307, f"{URL}/page?a=b")


def test_a_trusted_proxy_is_believed_on_the_address(tmp_path: Path) -> None:
    settings = SomeSettings(data=tmp_path / "data", trusted_proxies=("127.0.0.0/8",))
    console = make_console(settings)
    console.service.opened = open_parts(settings)
    with console.client:
        sign_in(console)
        seen = console.client.get("/who", headers={"x-forwarded-for": "203.0.113.9"}).json()
    console.db.close()

    assert seen["address"] == "203.0.113.9"


def test_only_what_a_person_does_counts_as_input(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    touched: list[str] = []
    monkeypatch.setattr(console.sessions, "touch_activity", lambda ref, _now: touched.append(ref))
    ref = sign_in(console)

    def exchange(*messages: bytes) -> None:
        with console.client.websocket_connect(STREAM, headers=OURS) as socket:
            socket.receive_text()
            for message in messages:
                socket.send_bytes(message)
                socket.receive_bytes()

    # A reconnect runs the script by itself, and so do timers.
    exchange(b"human", b"timer", b"timer")
    exchange(b"human")
    console.client.get("/page")
    assert touched == []

    exchange(b"human", b"human")
    until(lambda: touched == [ref])
    console.client.post("/who", headers=OURS)
    until(lambda: touched == [ref, ref])


def test_a_session_ended_elsewhere_passes_for_less_than_a_second(console: Console) -> None:
    ref = sign_in(console)
    assert console.client.get("/who").status_code == 200
    console.sessions.__class__(console.db, console.service.settings.sessions).end(ref, "disabled", now())

    until(lambda: console.client.get("/who").status_code == 401, seconds=1)
