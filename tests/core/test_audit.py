"""The records of operators as lines: one an act, with who began it and how it ended."""

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.acts import Action
from core.audit import AUDITED, USUAL, Ending, Fact, line_of, stands_at, usual
from core.leaf import Scalar
from core.log_filter import LogFilter
from core.outcomes import Outcome
from core.records import Kind, classes

ACT = "01j00000000000000000000000"
OTHER = "01j00000000000000000000001"


def fact(number: int, kind: Kind, act: str = ACT, **refs: Scalar) -> Fact:
    return Fact(id=number, kind=kind, refs={"act": act, **refs} if act else refs)


def asked(number: int, kind: Kind, act: str = ACT) -> Fact:
    return fact(number, kind, act, session="s-1", proof="passkey")


def walked(*kinds: Kind) -> list[Fact]:
    first, *rest = kinds
    return [asked(1, first), *(fact(number, kind) for number, kind in enumerate(rest, start=2))]


@pytest.mark.parametrize(
    ("kinds", "action", "end", "ending"),
    [
        ((Kind.UNLOCK_REQUESTED,), Action.UNLOCK, Kind.UNLOCK_REQUESTED, Ending.OPEN),
        ((Kind.UNLOCK_REQUESTED, Kind.UNLOCK_SENT), Action.UNLOCK, Kind.UNLOCK_SENT, Ending.OPEN),
        (
            (Kind.UNLOCK_REQUESTED, Kind.UNLOCK_SENT, Kind.UNLOCK_ACCEPTED, Kind.UNLOCK_CONFIRMED),
            Action.UNLOCK,
            Kind.UNLOCK_CONFIRMED,
            Ending.GOOD,
        ),
        (
            (Kind.UNLOCK_REQUESTED, Kind.UNLOCK_SENT, Kind.UNLOCK_REFUSED),
            Action.UNLOCK,
            Kind.UNLOCK_REFUSED,
            Ending.BAD,
        ),
        (
            (Kind.UNLOCK_REQUESTED, Kind.UNLOCK_SENT, Kind.UNLOCK_UNCONFIRMED, Kind.UNLOCK_ANSWERED_LATE),
            Action.UNLOCK,
            Kind.UNLOCK_UNCONFIRMED,
            Ending.BAD,
        ),
        (
            (Kind.UNLOCK_REQUESTED, Kind.COMMAND_TAKEN, Kind.UNLOCK_CONFIRMED, Kind.UNLOCK_SECURED),
            Action.UNLOCK,
            Kind.UNLOCK_CONFIRMED,
            Ending.GOOD,
        ),
        (
            (Kind.UNLOCK_REQUESTED, Kind.UNLOCK_CONFIRMED, Kind.UNLOCK_NOT_SECURED),
            Action.UNLOCK,
            Kind.UNLOCK_NOT_SECURED,
            Ending.BAD,
        ),
        (
            (Kind.UNLOCK_REQUESTED, Kind.UNLOCK_CONFIRMED, Kind.UNLOCK_NOT_SECURED, Kind.UNLOCK_SECURED),
            Action.UNLOCK,
            Kind.UNLOCK_CONFIRMED,
            Ending.GOOD,
        ),
        ((Kind.UNLOCK_REFUSED,), Action.UNLOCK, Kind.UNLOCK_REFUSED, Ending.BAD),
        (
            (Kind.HOLD_REQUESTED, Kind.HOLD_CONFIRMED, Kind.HOLD_ENDED),
            Action.HOLD,
            Kind.HOLD_ENDED,
            Ending.GOOD,
        ),
        (
            (Kind.HOLD_END_REQUESTED, Kind.HOLD_SENT, Kind.HOLD_ENDED),
            Action.END_HOLD,
            Kind.HOLD_ENDED,
            Ending.GOOD,
        ),
        ((Kind.EXPORT_REQUESTED, Kind.EXPORT_FAILED), Action.EXPORT, Kind.EXPORT_FAILED, Ending.BAD),
        (
            (Kind.OPERATOR_SECOND_AWAITED, Kind.UNLOCK_REQUESTED, Kind.UNLOCK_CONFIRMED),
            Action.UNLOCK,
            Kind.UNLOCK_CONFIRMED,
            Ending.GOOD,
        ),
        # A wrong code before the right one is no end.
        (
            (Kind.OPERATOR_PROOF_REFUSED, Kind.UNLOCK_REQUESTED, Kind.OPERATOR_PROOF_REFUSED),
            Action.UNLOCK,
            Kind.UNLOCK_REQUESTED,
            Ending.OPEN,
        ),
        ((Kind.OPERATOR_PROOF_REFUSED,), None, Kind.OPERATOR_PROOF_REFUSED, Ending.BAD),
    ],
)
def test_an_act_ends_as_its_last_step_tells(
    kinds: tuple[Kind, ...], action: Action | None, end: Kind, ending: Ending
) -> None:
    facts = walked(*kinds)
    line = line_of(facts)

    assert (line.action, line.ending) == (action, ending)
    assert {one.id: one.kind for one in facts}[line.end] is end


def test_the_end_of_a_hold_that_was_refused_is_not_taken_for_a_hold() -> None:
    refused = fact(1, Kind.HOLD_REFUSED, session="s-1", wants="end_hold")
    withdrawn = fact(1, Kind.OPERATOR_ACT_NOT_DONE, session="s-1", action="lockdown")

    assert line_of([refused]).action is Action.END_HOLD
    assert line_of([withdrawn]).action is Action.LOCKDOWN


def test_an_act_at_many_doors_is_one_line_and_as_bad_as_its_worst_door() -> None:
    facts = [asked(1, Kind.LOCKDOWN_REQUESTED)]
    for door in (1, 2, 3):
        facts.append(asked(door * 10, Kind.LOCKDOWN_REQUESTED, f"{ACT}-{door}"))
        facts.append(fact(door * 10 + 1, Kind.LOCKDOWN_SENT, f"{ACT}-{door}"))
    facts += [fact(12 + door * 10, Kind.LOCKDOWN_CONFIRMED, f"{ACT}-{door}") for door in (1, 2)]
    facts.append(fact(50, Kind.LOCKDOWN_UNCONFIRMED, f"{ACT}-3"))
    line = line_of(facts)

    assert (line.act, line.action, line.doors, line.done) == (ACT, Action.LOCKDOWN, 3, 2)
    assert (line.ending, line.end) == (Ending.BAD, 50)


def test_who_did_it_is_told_by_the_record_with_the_proof() -> None:
    wrong = fact(1, Kind.OPERATOR_PROOF_REFUSED, session="s-1")
    begun = asked(2, Kind.UNLOCK_REQUESTED)

    assert line_of([wrong, begun, fact(3, Kind.UNLOCK_SENT)]).told_by == begun.id
    assert line_of([wrong]).told_by == wrong.id


def test_a_record_of_no_act_is_a_line_without_an_end() -> None:
    line = line_of([Fact(id=7, kind=Kind.POLICY_CHANGED)])

    assert (line.action, line.ending, line.told_by, line.records) == (None, None, 7, (7,))


def test_what_only_follows_and_idle_seals_are_looked_through_only_if_asked_for() -> None:
    every = classes(*AUDITED)

    assert usual(LogFilter()).kinds == USUAL
    assert Kind.UNLOCK_SENT not in USUAL
    assert Kind.LEDGER_HEARTBEAT not in USUAL
    assert usual(LogFilter(reasons=frozenset({"not_answered"}))).kinds == every - {Kind.LEDGER_HEARTBEAT}
    for wanted in (
        LogFilter(kinds=frozenset({Kind.LEDGER_HEARTBEAT})),
        LogFilter(outcomes=frozenset({Outcome.FAILED})),
    ):
        assert usual(wanted) is wanted


STEPS = st.sampled_from(sorted(kind for kind in classes(*AUDITED)))
NAMES = st.sampled_from(["", ACT, f"{ACT}-1", f"{ACT}-2", OTHER])
LOGS = st.lists(st.tuples(STEPS, NAMES, st.booleans()), min_size=1, max_size=30).map(
    lambda rows: [
        fact(number, kind, name, **({"session": "s", "proof": "totp"} if proved else {}))
        for number, (kind, name, proved) in enumerate(rows, start=1)
    ]
)


def by_act(log: list[Fact]) -> list[list[Fact]]:
    acts = sorted((one for one in log if one.act), key=lambda one: one.whole)
    return [[one] for one in log if not one.act] + [
        list(some) for _, some in groupby(acts, key=lambda one: one.whole)
    ]


@given(LOGS, st.sets(STEPS))
def test_each_record_that_fits_is_in_exactly_one_line_that_stands(
    log: list[Fact], left_out: set[Kind]
) -> None:
    def fits(one: Fact) -> bool:
        return one.kind not in left_out

    for facts in by_act(log):
        standing = [one for one in facts if fits(one) and stands_at(one, facts, fits)]
        assert len(standing) == (1 if any(map(fits, facts)) else 0)
        assert all(standing[0].id <= one.id for one in facts if fits(one))
        assert set(line_of(facts).records) == {one.id for one in facts}


@given(LOGS, st.randoms())
def test_a_line_is_the_same_in_whatever_order_its_records_come(log: list[Fact], chance: object) -> None:
    for facts in by_act(log):
        mixed = list(facts)
        chance.shuffle(mixed)  # type: ignore[attr-defined]
        assert line_of(mixed) == line_of(facts)


@given(LOGS)
def test_a_line_names_records_of_its_own_and_no_more_good_ends_than_doors(log: list[Fact]) -> None:
    for facts in by_act(log):
        line = line_of(facts)
        assert {line.end, line.told_by} <= set(line.records)
        assert 0 <= line.done <= max(line.doors, 0)
        if line.doors and line.ending is Ending.GOOD:
            assert line.done >= 1
