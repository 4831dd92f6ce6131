"""Who sat at the console in the demo's past: sign-ins, sign-outs, mistyped passwords. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from connectors.simulator.history_calendar import is_workday
from connectors.simulator.history_stage import OperatorWord, Stage
from core.records import Kind
from core.times import HOUR_US, SECOND_US

_SESSION_BITS: Final = 128
_FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_EDGE: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 "
    "Safari/537.36 Edg/141.0.0.0"
)
_FORGETS: Final = 0.08
_MISTYPES: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """When somebody works at the console: on which part of a site's working days, from when and how long.

    `longest` is after how many hours a forgotten session ends by itself.
    """

    username: str
    site: str
    often: float
    starts: float
    stays: float
    longest: int
    address: str
    agent: str = _FIREFOX


DUTIES: Final = (
    Duty(username="agent", site="berlin", often=1, starts=7.7, stays=8.8, longest=12, address="10.20.1.14"),
    Duty(
        username="agent.newyork", site="newyork", often=1, starts=7.4, stays=9.4, longest=12,
        address="10.21.1.9", agent=_EDGE,
    ),
    Duty(
        username="supervisor", site="berlin", often=0.8, starts=8.9, stays=7.5, longest=12,
        address="10.20.1.31",
    ),
    Duty(
        username="admin", site="berlin", often=0.17, starts=10.5, stays=1.2, longest=8, address="10.20.4.2",
        agent=_EDGE,
    ),
    Duty(
        username="auditor", site="singapore", often=0.12, starts=13.2, stays=2.6, longest=12,
        address="10.22.7.40",
    ),
    Duty(
        username="user", site="berlin", often=0.06, starts=12.4, stays=0.2, longest=12, address="10.20.9.117"
    ),
)  # fmt: skip


def plan_duties(stage: Stage, site: str, day: date, *, deserted: bool) -> None:
    """Plan who signs in on a day of a site; on a `deserted` one nobody sits at its desk."""
    place = stage.estate.sites.get(site)
    if place is None or not is_workday(place.time_zone, day):
        return
    for duty in DUTIES:
        at_desk = duty.often == 1
        if duty.site == site and not (deserted and at_desk):
            _plan(stage, duty, day)


def _plan(stage: Stage, duty: Duty, day: date) -> None:
    lots = stage.draw(duty.username, day)
    often = lots.random()
    came = stage.local(duty.site, day, duty.starts + lots.gauss(0, 0.12))
    if often >= duty.often or not stage.spans(came):
        return
    session = f"{lots.getrandbits(_SESSION_BITS):032x}"
    if lots.random() < _MISTYPES:
        wrong = word(Kind.OPERATOR_SIGN_IN_REFUSED, duty, reason="wrong_password")
        stage.operate(came - 20 * SECOND_US, wrong)
    stage.operate(came, word(Kind.OPERATOR_SIGNED_IN, duty, session=session))
    left = came + int((duty.stays + abs(lots.gauss(0, 0.15))) * HOUR_US)
    gone = word(Kind.OPERATOR_SIGNED_OUT, duty, session=session, reason="signed_out")
    if lots.random() < _FORGETS:
        left = came + duty.longest * HOUR_US
        gone = word(Kind.OPERATOR_SESSION_ENDED, duty, session=session, reason="absolute_end")
    stage.operate(left, gone)


def word(kind: Kind, duty: Duty, *, session: str = "", reason: str = "") -> OperatorWord:
    """Say what somebody on duty did, from their usual browser."""
    return OperatorWord(
        kind=kind,
        username=duty.username,
        address=duty.address,
        agent=duty.agent,
        session=session,
        reason=reason,
    )
