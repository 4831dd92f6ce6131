"""What is wrong with a provider, by what was last seen of it: from when it warns, and from when it alarms."""

from datetime import date
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from msgspec.structs import replace

from auth.expiry import Credential
from auth.providers import Provider
from auth.remedies import remedy_of
from auth.trust_health import Fault, ending, faults, offset_of
from core.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from store.trust import TrustState
from tests.auth.people import NOW
from tests.auth.providing import a_provider

WELL = TrustState(checked=NOW, reached=NOW, since=NOW - HOUR_US, keys_at=NOW, drift_ms=200)
FAR = Credential(kind="secret", ends=NOW + 300 * DAY_US)
TENANT = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def sso(tmp_path: Path) -> Provider:
    return a_provider(tmp_path, secret_expires=date(2999, 1, 1))


def judged(sso: Provider, credential: Credential = FAR, **known: Any) -> list[Fault]:
    return list(faults(sso, replace(WELL, **known), credential, NOW))


def one(found: list[Fault]) -> tuple[str, bool, bool, str]:
    (fault,) = found
    return fault.key, fault.alarm, fault.shuts, fault.title


def test_a_provider_that_was_just_reached_has_no_fault(sso: Provider) -> None:
    assert judged(sso, good=NOW, issued_ms=-2_000) == []


def test_one_that_is_lost_for_more_than_a_minute_is_an_alarm_with_its_reason(sso: Provider) -> None:
    lost: dict[str, Any] = {"reason": "unreachable", "problem": "nobody listens there"}

    assert judged(sso, lost=NOW - MINUTE_US, **lost) == []
    found = judged(sso, lost=NOW - MINUTE_US - 1, **lost)
    assert one(found) == ("lost", True, True, "can't be reached")
    assert found[0].since == NOW - MINUTE_US - 1
    assert found[0].meaning.startswith("Nobody listens there. ")
    assert found[0].steps[0] == remedy_of("unreachable")


def test_one_that_answers_wrongly_is_told_from_one_that_is_away(sso: Provider) -> None:
    found = judged(sso, lost=NOW - HOUR_US, reason="misconfigured", problem="the issuer is another")

    assert found[0].title == "can't be worked with"
    assert "identity check sso" in found[0].steps[1]


@pytest.mark.parametrize(
    ("known", "title", "alarm"),
    [
        ({"drift_ms": 5_000}, None, False),
        ({"drift_ms": 5_600}, "clock is 6 s ahead of ours", False),
        ({"drift_ms": -30_000}, "clock is 30 s behind ours", False),
        ({"drift_ms": -31_000}, "clock is 31 s behind ours", True),
        ({"issued_ms": -9_000}, None, False),
        ({"issued_ms": -12_000}, "clock is 12 s behind ours", False),
        ({"issued_ms": 900}, None, False),
        ({"issued_ms": 7_000}, "clock is 7 s ahead of ours", False),
        ({"issued_ms": 45_000}, "clock is 45 s ahead of ours", True),
        ({"issued_ms": 7_000, "drift_ms": -8_000}, "clock is 8 s behind ours", False),
        ({"issued_ms": 9_000, "drift_ms": -8_000}, "clock is 9 s ahead of ours", False),
        ({"issued_ms": 45_000, "good": NOW - 13 * HOUR_US}, None, False),
        ({"drift_ms": None}, None, False),
    ],
)
def test_a_clock_is_judged_by_the_worse_of_dates_and_the_last_token_where_that_is_clear(
    sso: Provider, known: dict[str, Any], title: str | None, alarm: bool
) -> None:
    found = judged(sso, **{"good": NOW, **known})

    assert [(fault.title, fault.alarm) for fault in found] == ([] if title is None else [(title, alarm)])


def test_a_token_of_some_seconds_ago_says_nothing_of_a_clock(sso: Provider) -> None:
    offset = offset_of(sso, replace(WELL, good=NOW, issued_ms=-8_000), NOW)

    assert offset is not None
    assert (offset.ms, offset.by, offset.words) == (200, "Date", "as ours")


def test_entra_that_dates_tokens_five_minutes_back_has_no_wrong_clock(tmp_path: Path) -> None:
    entra = a_provider(tmp_path, preset="entra", tenant=TENANT)

    assert judged(entra, good=NOW, issued_ms=-301_000) == []
    assert one(judged(entra, good=NOW, issued_ms=20_000))[0] == "clock"


@pytest.mark.parametrize(
    ("left", "words", "alarm"),
    [
        (31 * DAY_US, None, False),
        (31 * DAY_US - 1, "ends in 30 days", False),
        (DAY_US, "ends tomorrow", False),
        (SECOND_US, "ends today", False),
        (0, "has ended", True),
        (-DAY_US, "has ended", True),
    ],
)
@pytest.mark.parametrize("kind", ["secret", "certificate"])
def test_what_we_prove_ourselves_by_warns_30_days_before_its_end_and_alarms_after_it(
    sso: Provider, kind: Any, left: int, words: str | None, alarm: bool
) -> None:
    found = judged(sso, Credential(kind=kind, ends=NOW + left))

    assert [(fault.title, fault.alarm, fault.shuts) for fault in found] == (
        [] if words is None else [(f"{kind} {words}", alarm, alarm)]
    )


def test_an_end_that_nobody_knows_is_no_fault_and_a_certificate_that_nobody_can_read_is(
    sso: Provider,
) -> None:
    unknown, broken = Credential(kind="secret"), Credential(kind="certificate", problem="no PEM")

    assert judged(sso, unknown) == []
    assert ending(unknown, NOW) == "has no end written down"
    assert one(judged(sso, broken)) == ("credential", True, True, "certificate can't be read")


def test_groups_that_the_last_sign_in_did_not_bring_are_a_warning_since_then(sso: Provider) -> None:
    (found,) = judged(sso, good=NOW - 7, lacking="groups, roles")

    assert (found.key, found.alarm, found.since) == ("groups", False, NOW - 7)
    assert "groups, roles" in found.meaning
    assert "[providers.sso]" in found.steps[0]


@pytest.mark.parametrize(
    ("checked", "title"),
    [
        (0, "was never looked at"),
        (NOW - 5 * MINUTE_US, None),
        (NOW - 5 * MINUTE_US - 1, "has not been looked at for a while"),
    ],
)
def test_one_that_nobody_looks_at_is_a_warning(sso: Provider, checked: int, title: str | None) -> None:
    assert [fault.title for fault in judged(sso, checked=checked)] == ([] if title is None else [title])


def test_every_fault_says_what_to_do(sso: Provider) -> None:
    known = {"checked": 1, "lost": 1, "problem": "x", "drift_ms": 9_000, "lacking": "groups"}
    found = judged(sso, Credential(kind="secret", ends=1), **known)

    assert {fault.key for fault in found} == set(get_args(get_type_hints(Fault)["key"]))
    assert all(step.endswith(".") for fault in found for step in fault.steps)
    assert all(fault.steps for fault in found)


def test_a_reason_that_nobody_knows_here_is_for_the_providers_log() -> None:
    assert "provider's own log" in remedy_of("something_new")
    assert "GroupMember.Read.All" in remedy_of("groups_unavailable")
