"""Paths that may be gone on to, names people use, and whose word on an address counts."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.addresses import PublicUrl, client_address, local_path

PROXIES = [ipaddress.ip_network("10.0.0.0/24"), ipaddress.ip_network("fd00::/64")]


@pytest.mark.parametrize(
    "path", ["/", "/live", "/log?door=front-1&before=17", "/recordings/a_b.c", "/log?at=2026-01-01T10:00"]
)
def test_a_path_of_ours_is_gone_on_to(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "live",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/%2f/evil.example",
        "/ /evil",
        "https://evil.example",
        "javascript:alert(1)",
        "/../x",
        "/a/..//evil.example",
        "/x#//evil",
        "/x\r\nSet-Cookie: a=b",
        "/x\n",
        "/@evil.example",
        "/.evil",
        "/" + "a" * 600,
    ],
)
def test_anything_that_could_lead_elsewhere_leads_home(path: str | None) -> None:
    assert local_path(path) == "/"


@given(st.text(max_size=60))
def test_what_is_gone_on_to_stays_with_us_for_every_browser(text: str) -> None:
    path = local_path(text)

    assert path.startswith("/")
    assert path[1:2] not in {"/", "\\"}
    assert path.isascii()
    assert path.isprintable()
    assert "\\" not in path


@pytest.mark.parametrize(
    ("url", "origin", "host", "name", "socket"),
    [
        (
            "http://localhost:8501",
            "http://localhost:8501",
            "localhost:8501",
            "localhost",
            "ws://localhost:8501",
        ),
        ("https://Doors.example.org:443", "https://doors.example.org", "doors.example.org", None, None),
        ("https://[::1]:8443", "https://[::1]:8443", "[::1]:8443", "::1", "wss://[::1]:8443"),
    ],
)
def test_the_public_url_gives_what_browsers_send(
    url: str, origin: str, host: str, name: str | None, socket: str | None
) -> None:
    public = PublicUrl.of(url)

    assert (public.origin, public.host) == (origin, host)
    assert public.name == (name or host)
    assert public.websocket == (socket or f"wss://{host}")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("10.0.0.5", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.5", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.5", "203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("10.0.0.5", "10.0.0.7", "10.0.0.7"),
        ("10.0.0.5", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.5", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.5", "rubbish", "10.0.0.5"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("fd00::5", "2001:db8::1", "2001:db8::1"),
        (None, "203.0.113.9", "unknown"),
        ("testclient", "203.0.113.9", "unknown"),
    ],
)
def test_only_a_trusted_proxy_is_believed(peer: str | None, forwarded: str | None, address: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == address
