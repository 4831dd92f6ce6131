"""What an act is about, in one form, and what a proof of it is bound to."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.acts import NEEDS, Act, Action, read_target
from core.errors import Invalid
from core.leaf import canonical
from tests.auth.people import NOW

SUM = "0" * 64
ACT = Act(
    id="01a",
    subject="local:ben",
    session="s",
    action=Action.UNLOCK,
    target={"door": "front"},
    seconds=5,
    why="a visitor",
    nonce=b"n" * 32,
    created=NOW,
)
GOOD: Mapping[Action, tuple[Mapping[str, object], ...]] = {
    Action.UNLOCK: ({"door": "front"},),
    Action.HOLD: ({"door": "front"},),
    Action.END_HOLD: ({"door": "front"},),
    Action.LOCKDOWN: ({"doors": ["front", "back"]}, {"site": "berlin"}),
    Action.RELEASE: ({"doors": ["front"]}, {"site": "berlin"}),
    Action.EXPORT: (
        {"filter": "kind=door.opened", "format": "csv", "upto": 7},
        {"recording": "01r", "from": 1, "to": 2},
    ),
    Action.POLICY: ({"document": "policy", "sha256": SUM},),
    Action.ESTATE: ({"document": "estate", "sha256": SUM},),
}


@dataclass(frozen=True)
class Bad:
    """A target that no act of this kind has."""

    action: Action
    target: dict[str, object]


def test_each_action_says_what_it_needs_and_what_it_is_about() -> None:
    assert set(NEEDS) == set(GOOD) == set(Action)
    for action, targets in GOOD.items():
        for target in targets:
            canonical(dict(read_target(action, target)))


def test_several_doors_are_one_text_whatever_their_order() -> None:
    one = read_target(Action.LOCKDOWN, {"doors": ["front", "back"]})

    assert one == read_target(Action.LOCKDOWN, {"doors": ["back", "front"]}) == {"doors": "back,front"}
    assert replace(ACT, target=one).doors == ("back", "front")
    assert ACT.doors == ("front",)


@pytest.mark.parametrize(
    "bad",
    [
        Bad(Action.UNLOCK, {}),
        Bad(Action.UNLOCK, {"door": "front", "site": "berlin"}),
        Bad(Action.UNLOCK, {"door": "front,back"}),
        Bad(Action.UNLOCK, {"door": ["front"]}),
        Bad(Action.UNLOCK, {"doors": ["front"]}),
        Bad(Action.LOCKDOWN, {"doors": []}),
        Bad(Action.LOCKDOWN, {"doors": ["front", "front"]}),
        Bad(Action.LOCKDOWN, {"doors": ["a,b"]}),
        Bad(Action.LOCKDOWN, {"doors": ["a"] * 501}),
        Bad(Action.LOCKDOWN, {"doors": ["a", 1]}),
        Bad(Action.EXPORT, {"filter": "", "format": "csv", "upto": True}),
        Bad(Action.EXPORT, {"recording": "r", "from": -1, "to": 2}),
        Bad(Action.ESTATE, {"document": "estate", "sha256": "F" * 64}),
    ],
)
def test_what_is_no_target_is_refused(bad: Bad) -> None:
    with pytest.raises(Invalid):
        read_target(bad.action, bad.target)


@given(
    st.sampled_from(
        [
            {"id": "01b"},
            {"subject": "local:ada"},
            {"session": "t"},
            {"action": Action.HOLD},
            {"target": {"door": "back"}},
            {"target": {"doors": "front"}},
            {"seconds": 6},
            {"until": 1},
            {"persons": 2},
            {"why": "a visitors"},
            {"nonce": b"m" * 32},
            {"created": NOW + 1},
        ]
    )
)
def test_whatever_differs_between_two_acts_differs_in_what_is_signed(other: dict[str, object]) -> None:
    assert replace(ACT, **other).challenge != ACT.challenge
