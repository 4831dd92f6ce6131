"""What each device family can tell, as the table of docs/devices.md.

`python -m connectors.capabilities` prints it.
"""

from typing import Final

from connectors.devices import FAMILIES, Family
from connectors.devices.family import Answer, Clock, Trust

_HEAD: Final = (
    "family",
    "calls",
    "door sensor",
    "heartbeat",
    "the same event is known by",
    "its times are",
    "answer to an unlock",
    "who vouches for the sender",
)
_CLOCKS: Final = {Clock.UTC: "UTC", Clock.LOCAL: "local", Clock.NONE: "missing: time of receipt"}
_ANSWERS: Final = {
    Answer.ACK: "`ack`: with our own id",
    Answer.RESULT_NO_ID: "`result-no-id`: a result without an id",
    Answer.STATE_ONLY: "`state-only`: the lock's state afterwards",
    Answer.NONE: "`none`",
}
_TRUST: Final = {
    Trust.OWN_ACL: "its own account at the broker",
    Trust.SHARED_GATEWAY: "a gateway, for all behind it",
    Trust.ANONYMOUS_BRIDGE: "whoever may write there",
}


def table() -> str:
    """Write the table in Markdown, one line a family."""
    rows = (_HEAD, ("---",) * len(_HEAD), *(_row(family) for family in FAMILIES.values()))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(family: Family) -> tuple[str, ...]:
    can = family.capabilities
    return (
        f"[`{family.name}`](#{family.name})",
        _yes(can.call),
        _yes(can.door_sensor),
        _yes(can.heartbeat),
        can.dedupe or "nothing",
        _CLOCKS[can.clock],
        _ANSWERS[can.unlock],
        _TRUST[can.trust],
    )


def _yes(given: bool) -> str:  # noqa: FBT001 - the one thing it is about
    return "yes" if given else "-"


if __name__ == "__main__":
    print(table())  # noqa: T201 - that is what it is run for
