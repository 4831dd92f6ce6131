"""Where checkpoints of the log have got to, and what is wrong with that, in words: pure, drawn by /health."""

from collections.abc import Callable, Iterator
from typing import Final

from pages.device_phrases import Tone
from pages.foreign import visible
from pages.parts import age
from pages.troubles import Trouble
from store.deliveries import Delivered, Deliveries, of_info
from store.touch import Part, PartState

_NAMES: Final = {
    "folder": "the folder elsewhere",
    "syslog": "the syslog server",
    "webhook": "the web server",
    "mqtt": "the message broker",
}
_LOOK: Final = {
    "folder": "Look whether the folder is mounted and has room. All that it lacks is added by itself.",
    "syslog": "Look whether the syslog server runs and takes connections from here.",
    "webhook": "Look whether the web server runs and takes our token.",
    "mqtt": "Look whether the message broker runs and our account may write there.",
}
_UNHARMED: Final = "Doors go on working, and every record is written and sealed as before."
_GUIDE: Final = "docs/ledger.md tells how each is set up: [checkpoints] in gatehouse.toml."


def of_checkpoints(part: Part | None, now: int) -> Iterator[Trouble]:
    """Say what is wrong with where checkpoints go; nothing where the part has never reported."""
    if part is None:
        return
    if part.judged(now) is PartState.DOWN:
        yield _nobody_sends(part)
        return
    told = of_info(part.info)
    yield from (_lost(one, told, part) for one in told.each if one.lost)
    if told.stays:
        yield _stays(told)


def _nobody_sends(part: Part) -> Trouble:
    return Trouble(
        key="checkpoints-down",
        tone="calm",
        title="Nobody sends checkpoints of the log",
        meaning="They are sent by the part Ingest, which is down as well.",
        steps=("See what is said about new records first.",),
        since=part.at,
    )


def _lost(one: Delivered, told: Deliveries, part: Part) -> Trouble:
    name = named(one)
    return Trouble(
        key=f"checkpoints-{one.name}",
        tone="warning",
        title=f"Checkpoints of the log do not get to {name}",
        meaning=f"{_UNHARMED} But since then nothing there shows that the log was not changed later.",
        steps=(
            _LOOK.get(one.name, "Look whether it runs."),
            "If it stays, call whoever runs Gatehouse and read this out.",
        ),
        since=one.since or part.since,
        lines=tuple(
            filter(
                None,
                (
                    f"last try: {visible(one.trouble)}" if one.trouble else "",
                    f"{told.behind(one)} records behind",
                ),
            )
        ),
    )


def _stays(told: Deliveries) -> Trouble:
    where = ", ".join(named(one) for one in told.each)
    kept = f"They are kept here alone: {where}, on this machine. " if where else ""
    meaning = (
        f"{kept}Whoever takes over this machine could write another log and seal it anew, and nobody could "
        "show the difference."
    )
    steps = ("Have checkpoints sent to another machine: whoever runs Gatehouse does that.", _GUIDE)
    if told.demo:
        steps = ("Nothing is to be done in a demo.", _GUIDE)
    tone: Tone = "calm" if told.demo else "warning"
    title = "No checkpoint of the log leaves this machine"
    return Trouble(key="checkpoints-stay", tone=tone, title=title, meaning=meaning, steps=steps)


def lines(part: Part, now: int, number: Callable[[int], str]) -> Iterator[str]:
    """Say of each destination what arrived there and when; `number` writes numbers as this reader does."""
    told = of_info(part.info)
    for one in told.each:
        name = named(one)
        place = f" ({visible(one.where)})" if one.where else ""
        yield f"{name[:1].upper()}{name[1:]}{place}: {_state(one, told, now, number)}"
    if not told.each:
        yield "No destination is set up."


def _state(one: Delivered, told: Deliveries, now: int, number: Callable[[int], str]) -> str:
    said = [f"{number(one.size)} records, sealed {age(now - one.at)} ago" if one.at else "nothing yet"]
    if behind := told.behind(one):
        said.append(f"{number(behind)} behind")
    if one.trouble:
        said.append(f"last try: {visible(one.trouble)}")
    elif one.name == "syslog" and one.where.startswith("udp"):
        said.append("by UDP nobody says whether it arrives")
    if not one.leaves:
        said.append("stays on this machine")
    return " · ".join(said)


def named(one: Delivered) -> str:
    """Say which destination it is."""
    return _NAMES.get(one.name, one.name)
