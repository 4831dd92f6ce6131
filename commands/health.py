"""`gatehouse.py health [--json]`: how each part of the running Gatehouse is."""

import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Final

from commands import health_providers
from commands.health_providers import ProviderLine
from settings import Settings
from store.clock import now_us
from store.database import FILE_NAME
from store.opening import open_database
from store.touch import Part, PartState, parts, runs

_SUPERVISOR: Final = "supervisor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A part as the command shows it; ages are seconds since its last word and since its state began."""

    name: str
    state: str
    age_s: float
    since_s: float
    pid: int | None
    restarts: int
    info: dict[str, str | int]


def main(arguments: Namespace, settings: Settings) -> int:
    """Print how each part is; 0 when all are well, 1 when one is not or nothing runs.

    Identity providers are told of as well, and change neither state nor exit code: a provider that is away is
    no reason to restart a Gatehouse that works (docs/decisions/0028).
    """
    found, trusted = read(settings), health_providers.read(settings)
    if arguments.json:
        state = PartState.OK if well(found) else PartState.DEGRADED if found else PartState.DOWN
        told: dict[str, object] = {"state": state, "parts": [asdict(line) for line in found]}
        print(json.dumps(told | _providers(trusted), indent=1))
    elif not found:
        print(f"Gatehouse does not run on {settings.data}; start it with `gatehouse.py run`")
    else:
        print("\n".join((*map(_text, found), *chain.from_iterable(map(health_providers.text, trusted)))))
    return 0 if well(found) else 1


def _providers(trusted: Sequence[ProviderLine]) -> dict[str, object]:
    return {"providers": [asdict(line) for line in trusted]} if trusted else {}


def read(settings: Settings) -> tuple[Line, ...]:
    """Read every part's last word; creates nothing where there is no store."""
    if not (settings.data / FILE_NAME).exists():
        return ()
    listed = parts(open_database(settings.data))
    return lines(listed, now_us())


def lines(listed: Sequence[Part], now: int) -> tuple[Line, ...]:
    """Judge each part by its word, its age and whether its process is there."""
    restarts = next((part.info for part in listed if part.name == _SUPERVISOR), {})
    return tuple(_line(part, now, int(restarts.get(f"restarts.{part.name}", 0))) for part in listed)


def well(found: Sequence[Line]) -> bool:
    """Tell whether there are parts and all are well."""
    return bool(found) and all(line.state == PartState.OK for line in found)


def _line(part: Part, now: int, restarts: int) -> Line:
    age = (now - part.at) / 1_000_000
    info = {name: value for name, value in part.info.items() if not name.startswith("restarts")}
    gone = part.pid is not None and not runs(part.pid)
    silent = part.silent(now)
    return Line(
        name=part.name,
        state=PartState.DOWN if gone or silent else part.state,
        age_s=round(age, 1),
        since_s=round((now - part.since) / 1_000_000, 1),
        pid=part.pid,
        restarts=restarts,
        info=info | ({"cause": "its process is gone"} if gone else {"cause": "silent"} if silent else {}),
    )


def _text(line: Line) -> str:
    pid = f"process {line.pid}" if line.pid else "no process"
    told = " ".join(f"{name}={value}" for name, value in line.info.items())
    return (
        f"{line.name:<12} {line.state:<9} {line.age_s:6.1f} s ago  {pid:<16} {line.restarts} restarts  {told}"
    )
