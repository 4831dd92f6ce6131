"""Groups from Microsoft Graph: all pages, from our address alone, and no answer is never "no groups"."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from auth.graph import member_objects
from auth.providers import Provider
from core.errors import IdentityRefused
from tests.auth.forging import PROVIDER
from tests.auth.serving import Given, Server, serving
from tests.failing import failing
from tests.op.provider import authority

WHERE: Final = "/v1.0/me/getMemberObjects"
TOKEN: Final = "an-access-token"


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("graph")


@pytest.fixture(scope="module")
def started(trust: Path) -> Iterator[Server]:
    with serving(authority(trust)) as server:
        yield server


@pytest.fixture
def graph(started: Server) -> Server:
    started.seen.clear()
    started.answers.clear()
    return started


def provider(graph: Server, trust: Path) -> Provider:
    where = {"graph": f"{graph.url}/v1.0", "ca_file": trust / "op-ca.pem"}
    return msgspec.structs.replace(PROVIDER, **where)


def page(*groups: Any, more: str = "") -> Given:
    written = {"value": groups} | ({"@odata.nextLink": more} if more else {})
    return Given(body=msgspec.json.encode(written))


def refused(graph: Server, trust: Path) -> bool:
    """Whether the sign-in would be refused for want of groups."""
    with pytest.raises(IdentityRefused) as raised:
        member_objects(provider(graph, trust), TOKEN)
    assert TOKEN not in str(raised.value)
    return raised.value.reason == "groups_unavailable"


def test_all_groups_of_one_page_are_read(graph: Server, trust: Path) -> None:
    graph.answers[WHERE] = page("a", "b")

    assert member_objects(provider(graph, trust), TOKEN) == ("a", "b")
    ((method, path, headers),) = graph.seen
    assert (method, path, headers["authorization"]) == ("POST", WHERE, f"Bearer {TOKEN}")


def test_somebody_of_no_group_has_none(graph: Server, trust: Path) -> None:
    graph.answers[WHERE] = page()

    assert member_objects(provider(graph, trust), TOKEN) == ()


def test_pages_are_followed_to_the_last(graph: Server, trust: Path) -> None:
    graph.answers[WHERE] = page("a", more=f"{graph.url}{WHERE}?$skiptoken=1")
    graph.answers[f"{WHERE}?$skiptoken=1"] = page(more=f"{graph.url}{WHERE}?$skiptoken=2")
    graph.answers[f"{WHERE}?$skiptoken=2"] = page("b", "c")

    assert member_objects(provider(graph, trust), TOKEN) == ("a", "b", "c")
    assert [method for method, _, _ in graph.seen] == ["POST", "GET", "GET"]


def test_an_empty_first_page_is_not_the_last(graph: Server, trust: Path) -> None:
    graph.answers[WHERE] = page(more=f"{graph.url}{WHERE}?$skiptoken=1")
    graph.answers[f"{WHERE}?$skiptoken=1"] = page("a")

    assert member_objects(provider(graph, trust), TOKEN) == ("a",)


def test_no_answer_and_no_readable_one_refuse_the_sign_in(graph: Server, trust: Path) -> None:
    answers = [Given(status=status) for status in (204, 302, 400, 401, 403, 404, 429, 500, 503)]
    answers += [Given(body=one) for one in (b"", b"{}", b"[]", b"{", b'{"value": 5}', b'{"value": [5]}')]
    answers += [Given(body=b'{"value": null}'), Given(body=b'{"value": ["a", null]}')]

    def check(given: Given) -> None:
        graph.answers[WHERE] = given
        assert refused(graph, trust)

    assert failing(check, answers) == []


def test_a_later_page_that_fails_leaves_no_half_of_the_groups(graph: Server, trust: Path) -> None:
    graph.answers[WHERE] = page("a", more=f"{graph.url}{WHERE}?$skiptoken=1")
    graph.answers[f"{WHERE}?$skiptoken=1"] = Given(status=503)

    assert refused(graph, trust)


def test_pages_without_end_are_not_read_for_ever(graph: Server, trust: Path) -> None:
    graph.answers[WHERE] = page("a", more=f"{graph.url}{WHERE}?$skiptoken=1")
    graph.answers[f"{WHERE}?$skiptoken=1"] = page("a", more=f"{graph.url}{WHERE}?$skiptoken=1")

    assert refused(graph, trust)
    assert len(graph.seen) == 10


def test_a_link_that_leads_elsewhere_is_not_followed_with_the_token(graph: Server, trust: Path) -> None:
    links = [
        "https://evil.example/v1.0/me/getMemberObjects",
        f"{graph.url}/beta/me",
        f"{graph.url}/v1.0",
        f"{graph.url}/v1.0.evil.example/",
        f"{graph.url}@evil.example/v1.0/",
        f"{graph.url}/v1.0@evil.example/",
        graph.url.replace("https", "http") + "/v1.0/me",
        graph.url.replace("localhost", "127.0.0.1") + "/v1.0/me",
        "/v1.0/me",
        "//evil.example/v1.0/",
        "javascript:alert(1)",
    ]

    def check(link: str) -> None:
        graph.seen.clear()
        graph.answers[WHERE] = page("a", more=link)
        assert refused(graph, trust)
        assert [path for _, path, _ in graph.seen] == [WHERE]

    assert failing(check, links) == []


def test_nobody_is_asked_whom_we_do_not_trust(graph: Server, tmp_path: Path) -> None:
    authority(tmp_path)
    graph.answers[WHERE] = page("a")

    assert refused(graph, tmp_path)
    assert graph.seen == []
