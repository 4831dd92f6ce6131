"""The route table and the gate's decision, without a server."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.addresses import PublicUrl
from web.decisions import SAFE_METHODS, Ask, Holder, Rules, Verdict, decide
from web.routes_table import TABLE, Access, route_of

PUBLIC: Final = PublicUrl.of("https://doors.example.org")
RULES: Final = Rules(public=PUBLIC, tokens={"/metrics": sha256(b"right-token").digest()})

METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW")
FOREIGN: Final = (
    None,
    "null",
    "https://evil.example",
    "http://doors.example.org",
    "https://doors.example.org:8443",
    "https://doors.example.org.evil.example",
    "https://DOORS.example.org",
    "https://doors.example.org/",
    "https://doors.example.org,https://doors.example.org",
)


def ask(path: str, method: str = "GET", *, websocket: bool = False, query: str = "", **headers: str) -> Ask:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    given_headers = {"host": PUBLIC.host} | named
    return Ask(path=path, method=method, headers=given_headers, query=query, websocket=websocket)


def answer(one: Ask, holder: Holder = Holder.NOBODY) -> Verdict:
    return decide(one, holder, RULES)


@pytest.mark.parametrize(
    ("path", "access"),
    [
        ("/", Access.SESSION),
        ("/live", Access.SESSION),
        ("/live/stream", Access.SESSION),
        ("/_stcore/stream", Access.SESSION),
        ("/_stcore/health", Access.SESSION),
        ("/media/0123.csv", Access.SESSION),
        ("/acts", Access.SESSION),
        ("/nosuch", Access.SESSION),
        ("/sign-in", Access.SIGN_IN),
        ("/sign-in/", Access.SESSION),
        ("/sign-input", Access.SESSION),
        ("/auth/local", Access.SIGN_IN),
        ("/auth/entra/callback", Access.CALLBACK),
        ("/auth/login", Access.BLOCKED),
        ("/auth/logout", Access.BLOCKED),
        ("/oauth2callback", Access.BLOCKED),
        ("/authentic", Access.SESSION),
        ("/saml/x/acs", Access.CALLBACK),
        ("/scim/v2/Users", Access.BEARER),
        ("/metrics", Access.BEARER),
        ("/healthz", Access.PUBLIC),
        ("/readyz", Access.PUBLIC),
        ("/static/js/index.js", Access.PUBLIC),
        ("/staticky", Access.SESSION),
        ("/assets/gatehouse/logo.svg", Access.PUBLIC),
        ("/_stcore/agent/interact", Access.BLOCKED),
        ("/_stcore/agent", Access.BLOCKED),
        ("/_stcore/metrics", Access.BLOCKED),
    ],
)
def test_each_path_has_its_class(path: str, access: Access) -> None:
    assert route_of(path).access is access


@given(path=st.text(max_size=40).map(lambda tail: f"/{tail}"))
def test_what_no_line_names_needs_a_session(path: str) -> None:
    named = any(route.covers(path) for route in TABLE)

    assert named or route_of(path).access is Access.SESSION


@given(
    path=st.sampled_from(
        ("/", "/live", "/log", "/_stcore/stream", "/acts", "/media/x", "/live/stream", "/x")
    ),
    method=st.sampled_from(METHODS),
    headers=st.dictionaries(
        st.sampled_from(("origin", "accept", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "cookie")),
        st.sampled_from((PUBLIC.origin, "text/html", "cross-site", "navigate", "document", "*/*")),
    ),
    websocket=st.booleans(),
)
def test_nobody_without_a_session_ever_passes_to_a_session_route(
    path: str, method: str, headers: Mapping[str, str], websocket: bool
) -> None:
    one = Ask(path=path, method=method, headers={"host": PUBLIC.host} | dict(headers), websocket=websocket)

    assert not answer(one).passes


@given(
    holder=st.sampled_from(Holder),
    path=st.sampled_from(("/acts", "/_stcore/stream", "/live/stream", "/auth/local", "/sign-out", "/live")),
    method=st.sampled_from([m for m in METHODS if m not in SAFE_METHODS]),
    origin=st.one_of(st.sampled_from(FOREIGN), st.text(max_size=30)),
    websocket=st.booleans(),
)
def test_an_unsafe_method_or_websocket_from_elsewhere_never_passes(
    holder: Holder, path: str, method: str, origin: str | None, websocket: bool
) -> None:
    headers = {"host": PUBLIC.host} | ({} if origin is None else {"origin": origin})
    one = Ask(path=path, method="GET" if websocket else method, headers=headers, websocket=websocket)

    assert answer(one, holder).passes is (origin == PUBLIC.origin and holder is Holder.ACTIVE)


@pytest.mark.parametrize("path", ["/_stcore/stream", "/live/stream"])
def test_our_own_page_opens_its_sockets_awake_or_idle(path: str) -> None:
    one = ask(path, websocket=True, origin=PUBLIC.origin)

    assert answer(one, Holder.ACTIVE).passes
    assert answer(one, Holder.IDLE).passes
    assert not answer(one).passes


@pytest.mark.parametrize(
    ("site", "mode", "dest", "passes"),
    [
        ("none", "navigate", "document", True),
        ("same-origin", "cors", "empty", True),
        ("same-site", "no-cors", "image", True),
        ("cross-site", "navigate", "document", True),
        ("cross-site", "navigate", "iframe", False),
        ("cross-site", "no-cors", "image", False),
        ("cross-site", "no-cors", "script", False),
        ("cross-site", "cors", "empty", False),
    ],
)
def test_another_site_may_lead_here_but_not_read(site: str, mode: str, dest: str, passes: bool) -> None:
    one = ask("/live", sec_fetch_site=site, sec_fetch_mode=mode, sec_fetch_dest=dest)

    assert answer(one, Holder.ACTIVE).passes is passes


def test_signed_out_a_person_is_led_to_sign_in_and_a_program_is_told() -> None:
    page = answer(ask("/log", query="door=front&before=17", accept="text/html,*/*"))
    data = answer(ask("/log", accept="application/json"))

    assert (page.status, page.location) == (303, "/sign-in?next=/log%3Fdoor%3Dfront%26before%3D17")
    assert (data.status, data.error) == (401, "signed_out")


@pytest.mark.parametrize("path", ["/live", "/desk", "/live/doors/main"])
def test_the_wall_and_the_desk_stay_when_nobody_touches_them(path: str) -> None:
    assert answer(ask(path, accept="text/html"), Holder.IDLE).passes


def test_an_idle_browser_must_sign_in_for_every_other_page_and_every_act() -> None:
    page = answer(ask("/log", accept="text/html"), Holder.IDLE)
    act = answer(ask("/acts", "POST", origin=PUBLIC.origin), Holder.IDLE)
    on_the_wall = answer(ask("/live", "POST", origin=PUBLIC.origin), Holder.IDLE)

    assert (page.status, page.location) == (303, "/sign-in?reason=idle&next=/log")
    assert (act.status, act.error) == (401, "idle")
    assert (on_the_wall.status, on_the_wall.error) == (401, "idle")


def test_under_another_name_a_page_leads_to_ours_and_nothing_else_is_answered() -> None:
    page = answer(ask("/live", host="127.0.0.1:8501", accept="text/html"), Holder.ACTIVE)
    post = answer(ask("/auth/local", "POST", host="evil.example", origin=PUBLIC.origin), Holder.ACTIVE)
    socket = answer(
        ask("/_stcore/stream", websocket=True, host="evil.example", origin=PUBLIC.origin), Holder.ACTIVE
    )

    assert (page.status, page.location) == (307, "https://doors.example.org/live")
    assert post.status == 421
    assert socket.status == 421
    assert answer(ask("/healthz", host="10.0.0.7")).passes


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("", 401),
        ("Bearer wrong", 401),
        ("Basic right-token", 401),
        ("Bearer right-token", 0),
        ("bearer right-token", 0),
    ],
)
def test_an_interface_opens_to_its_own_token_and_never_to_a_session(header: str, status: int) -> None:
    one = ask("/metrics", authorization=header)

    assert answer(one, Holder.ACTIVE).status == status


def test_an_interface_without_a_token_is_not_there() -> None:
    assert answer(ask("/scim/v2/Users", authorization="Bearer right-token"), Holder.ACTIVE).status == 404


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example", "relative", ""])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    assert answer(ask(path, accept="text/html"), Holder.ACTIVE).status == 400


def test_a_blocked_route_is_absent_for_everybody() -> None:
    for path in ("/_stcore/agent/interact", "/_stcore/metrics", "/auth/login"):
        assert answer(ask(path, "POST", origin=PUBLIC.origin), Holder.ACTIVE).status == 404
