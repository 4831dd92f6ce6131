"""Pages that may be opened from certain networks only."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import streamlit as st
from streamlit.runtime.context import ContextProxy, StreamlitHeaders
from streamlit.testing.v1 import AppTest

from auth.current import Services, set_services
from auth.networks import Networks
from auth.sessions import Actor
from core.records import Kind
from pages import state
from pages.catalogue import PAGES
from store.database import Database
from tests.auth.reading import told
from tests.pages.conftest import Mounted, words

Visit = Callable[..., AppTest]
Enter = Callable[[str], Actor]
OFFICE = Networks.of({"people": ["10.1.0.0/16"], "policy": ["10.2.0.0/16", "2001:db8::/32"]})


@pytest.fixture
def office(services: Services) -> None:
    set_services(replace(services, networks=OFFICE))


def at(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(state, "address", lambda: address)


def offered(mounted: Mounted) -> set[str]:
    data = next(data for name, data in reversed(mounted) if name == "header")
    return {one["path"] for one in data["pages"]}  # type: ignore[attr-defined]


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("path", "address", "opens"),
    [
        ("people", "10.1.2.3", True),
        ("people", "::ffff:10.1.2.3", True),
        ("people", "10.2.0.1", False),
        ("people", "unknown", False),
        ("policy", "10.2.0.1", True),
        ("policy", "2001:db8::9", True),
        ("policy", "10.1.2.3", False),
        ("health", "203.0.113.9", True),
    ],
)
def test_a_page_opens_from_its_networks_and_the_refusal_is_explained_and_recorded(
    sign_in: Enter,
    visit: Visit,
    db: Database,
    mounted: Mounted,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    address: str,
    opens: bool,
) -> None:
    at(monkeypatch, address)
    sign_in("ada")
    said = words(visit(path))

    assert ("is not open from here" in said) is not opens
    assert offered(mounted) >= {"people", "policy"}
    refused = [(one.reason, one.private["address"]) for one in told(db, Kind.OPERATOR_PAGE_REFUSED)]
    assert refused == ([] if opens else [("wrong_network", address)])


@pytest.mark.usefixtures("office")
def test_who_may_open_it_is_told_from_where_and_who_may_not_is_told_of_no_network(
    sign_in: Enter, visit: Visit, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, "203.0.113.9")
    sign_in("ada")
    said = words(visit("policy"))
    assert "from these networks only: 10.2.0.0/16, 2001:db8::/32. You come from 203.0.113.9." in said

    sign_in("ben")
    said = words(visit("policy"))
    assert "Policy is not open to you" in said
    assert "10.2" not in said
    assert [one.reason for one in told(db, Kind.OPERATOR_PAGE_REFUSED)] == ["wrong_network", None]


def test_where_no_network_is_named_pages_open_from_anywhere(
    sign_in: Enter, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, "unknown")
    sign_in("ada")

    assert "is not open" not in words(visit("people"))


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ([("x-gatehouse-address", "192.0.2.7")], "192.0.2.7"),
        ([("X-Gatehouse-Address", "192.0.2.7"), ("x-gatehouse-address", "10.1.0.1")], "unknown"),
        ([("x-forwarded-for", "10.1.0.1")], "unknown"),
        ([("x-gatehouse-address", "")], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_address_is_the_one_that_the_gate_has_said(
    monkeypatch: pytest.MonkeyPatch, headers: list[tuple[str, str]], address: str
) -> None:
    monkeypatch.setattr(ContextProxy, "headers", StreamlitHeaders(headers))
    assert st.context.headers is not None

    assert state.address() == address


def test_what_shows_all_people_or_the_mapping_is_of_the_organisation_and_has_a_network() -> None:
    found = {page.path: (page.organisation, page.network) for page in PAGES if page.network}

    assert found == {"people": (True, "people"), "policy": (True, "policy")}
