"""What an answer of a provider must say to prove an act: the same person, after we asked, strongly enough."""

from collections.abc import Iterator, Mapping
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from auth.code_flow import Tokens
from auth.oidc import Oidc, digest
from auth.provider_proofs import MOST_BEHIND_S, ProviderProofs
from auth.providers import StepUp, StepUpRequest, StepUpRule
from auth.sealing import Seal
from auth.sessions import Actor, Sessions
from core.acts import Act, Action, Means
from core.errors import IdentityRefused, ProofRefused, ProviderUnreachable, TokenRefused
from core.times import SECOND_US
from store.database import Database
from store.flows import FlowRow, add_flow
from store.trust import note_trust
from tests.auth.forging import PROVIDER
from tests.auth.people import LIMITS, NOW, peopled_store, person

RULE = StepUp(
    request=StepUpRequest(acr_values="phr"), rule=StepUpRule(acr=("phr", "phrh"), amr=("hwk", "fpt"))
)
IDP = replace(PROVIDER, step_up=RULE)
BROWSER = "B" * 43
# The act was asked for within a second, and the browser sent away some milliseconds later.
ASKED = NOW + 400_000
SENT = ASKED + 100_000
SECOND = SENT // SECOND_US


class Answering(Oidc):
    """Providers whose answers are these claims, or this trouble."""

    claims: Mapping[str, Any] = {}
    trouble: Exception | None = None

    def redeemed(self, flow: FlowRow, who: dict[str, str] | None = None) -> tuple[Tokens, Mapping[str, Any]]:
        del flow, who
        if self.trouble is not None:
            raise self.trouble
        return Tokens(id_token="an.id.token"), self.claims


class Place:
    """One session of Ben's, with an act and its flow."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db = db
        self.oidc = Answering(db, Seal.of(folder), [IDP], public_url="http://localhost:8501")
        self.proofs = ProviderProofs(db, Seal.of(folder), self.oidc, lambda: SENT + 3 * SECOND_US)
        who = replace_person(subject=f"oidc:{IDP.issuer}|ben")
        _, self.actor = Sessions(db, LIMITS).start(who, address="192.0.2.1", agent="", now=NOW)
        self.act = Act(
            id="01a",
            subject=self.actor.subject,
            session=self.actor.session,
            action=Action.UNLOCK,
            target={"door": "front"},
            seconds=5,
            why="a visitor",
            nonce=b"n" * 32,
            created=ASKED,
        )
        self.flow = FlowRow(
            ref="flow",
            state=b"state",
            browser=digest(BROWSER),
            provider=IDP.name,
            origin="192.0.2.1",
            onwards="",
            strong=True,
            memo=b"",
            created=SENT,
            answer=b"answer",
            act=self.act.id,
            session=self.actor.session,
        )

    def drift(self, seconds: float) -> None:
        note_trust(self.db, IDP.name, lambda old: replace(old, drift_ms=round(seconds * 1000)))

    def reason(self, changes: Mapping[str, Any] | None = None, off: str = "") -> str:
        """Give why an answer is refused; empty where it proves the act."""
        said = {"sub": "ben", "acr": "phr", "amr": ["pwd", "hwk"], "auth_time": SECOND, **(changes or {})}
        self.oidc.claims = {name: value for name, value in said.items() if name != off}
        try:
            proof = self.proofs.judge(self.flow, self.actor, self.act)
        except ProofRefused as error:
            return error.reason
        assert proof.means is Means.IDP
        return ""


def replace_person(subject: str) -> Any:
    return changed(person("ben"), subject=subject, provider=IDP.name)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    db = peopled_store(tmp_path / "data")
    yield Place(db, tmp_path / "data")
    db.close()


def test_a_good_answer_is_told_with_what_it_said(place: Place) -> None:
    assert place.reason() == ""
    proof = place.proofs.judge(place.flow, place.actor, place.act)

    assert {**proof.told, "id_token_sha256": ""} == {
        "provider": "idp",
        "auth_time": SECOND,
        "acr": "phr",
        "amr": "hwk",
        "id_token_sha256": "",
    }
    assert proof.at == SECOND * SECOND_US


@pytest.mark.parametrize(
    ("changes", "off", "reason"),
    [
        ({"sub": "bob"}, "", "other_person"),
        ({"sub": "BEN"}, "", "other_person"),
        ({}, "sub", "missing_claim"),
        ({"acr": "pwd"}, "", "weak_proof"),
        ({"acr": "phr phrh"}, "", "weak_proof"),
        ({"acr": {"phr": True}}, "", "weak_proof"),
        ({}, "acr", "weak_proof"),
        ({"amr": ["pwd"]}, "", "weak_proof"),
        ({"amr": []}, "", "weak_proof"),
        ({}, "amr", "weak_proof"),
        ({}, "auth_time", "missing_claim"),
        ({"auth_time": True}, "", "missing_claim"),
        ({"auth_time": float(SECOND)}, "", "missing_claim"),
        ({"auth_time": str(SECOND)}, "", "missing_claim"),
        ({"auth_time": SECOND - 1}, "", "too_old"),
        ({"auth_time": 0}, "", "too_old"),
        ({"auth_time": -(2**60)}, "", "too_old"),
        ({"auth_time": SECOND + 3600}, "", "not_yet_valid"),
        ({"auth_time": SECOND * 1_000}, "", "not_yet_valid"),
    ],
)
def test_what_proves_too_little_is_refused(
    place: Place, changes: dict[str, Any], off: str, reason: str
) -> None:
    assert place.reason(changes, off) == reason


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shown=st.integers(-400, 62),
    drift=st.floats(-300, 300, allow_nan=False),
    acr=st.sampled_from(["phr", "phrh", "pwd", "", None, ["phr"]]),
    amr=st.lists(st.sampled_from(["pwd", "hwk", "fpt", "otp"]), max_size=3),
)
def test_only_a_sign_in_after_we_asked_that_meets_the_whole_rule_proves_anything(
    place: Place, shown: int, drift: float, acr: object, amr: list[str]
) -> None:
    place.drift(drift)
    accepted = place.reason({"auth_time": SECOND + shown, "acr": acr, "amr": amr}) == ""

    strong = acr in ("phr", "phrh", ["phr"]) and bool({"hwk", "fpt"} & set(amr))
    # By the provider's own clock: what is measured of being behind counts for five seconds at most.
    earliest = -min(-drift, MOST_BEHIND_S) if drift < 0 else drift - 2
    if accepted:
        assert strong
        assert shown >= earliest
    if strong and max(0, drift) <= shown <= 60:
        assert accepted


def test_a_clock_behind_is_believed_as_far_as_it_was_measured(place: Place) -> None:
    found = {}
    for behind in (0, 3, 5, 30):
        place.drift(-behind)
        found[behind] = [place.reason({"auth_time": SECOND - late}) == "" for late in (0, 3, 5, 6)]

    assert found == {
        0: [True, False, False, False],
        3: [True, True, False, False],
        5: [True, True, True, False],
        30: [True, True, True, False],
    }


def test_a_clock_ahead_makes_no_old_sign_in_a_new_one(place: Place) -> None:
    place.drift(30)

    assert place.reason({"auth_time": SECOND + 20}) == "too_old"
    assert place.reason({"auth_time": SECOND + 30}) == ""


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (IdentityRefused("not_proven", "x"), "weak_proof"),
        (IdentityRefused("code_refused", "x"), "code_refused"),
        (TokenRefused("wrong_nonce", "x"), "wrong_nonce"),
        (ProviderUnreachable("x"), "unreachable"),
    ],
)
def test_whatever_speaks_against_an_answer_is_the_reason(
    place: Place, trouble: Exception, reason: str
) -> None:
    place.oidc.trouble = trouble

    assert place.reason() == reason


def test_an_answer_is_taken_by_its_own_act_session_and_browser_once(place: Place) -> None:
    add_flow(place.db, place.flow)
    _, other = Sessions(place.db, LIMITS).start(
        replace_person(place.actor.subject), address="192.0.2.1", agent="", now=NOW
    )

    def taken(actor: Actor = place.actor, act: str = "01a", browser: str = BROWSER) -> str:
        try:
            found = place.proofs.take("flow", actor, act, browser)
        except ProofRefused as error:
            return error.reason
        return "nothing" if found is None else "taken"

    assert taken(act="01b") == "wrong_challenge"
    assert taken(actor=other) == taken(browser="") == taken(browser="C" * 43) == "not_this_browser"
    assert [taken(), taken()] == ["taken", "nothing"]


@pytest.mark.parametrize("change", [{"act": "01b"}, {"session": "other"}, {"provider": "another"}])
def test_a_flow_of_something_else_proves_nothing(place: Place, change: dict[str, Any]) -> None:
    place.flow = changed(place.flow, **change)

    assert place.reason() == "wrong_challenge"
