"""What `gatehouse.py health` says of identity providers, beside the parts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from auth.expiry import credential_of
from auth.providers import Provider, read_providers
from auth.trust_health import Fault, ending, faults, offset_of
from core.errors import StartRefused
from core.times import SECOND_US, iso_us
from pages.foreign import visible
from pages.operator_words import OPERATORS
from settings import Settings
from store.clock import now_us
from store.database import FILE_NAME
from store.opening import open_database
from store.trust import TrustState, trust_states

State = Literal["ok", "degraded", "down", "unknown"]
_SIGNS: Final[Mapping[State, str]] = {"ok": "▪", "degraded": "▲", "down": "◆", "unknown": "?"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLine:
    """A provider as the command shows it; ages are seconds, None for never or nobody knows.

    `state` is down where nobody can sign in by it, `clock_ms` its clock minus ours by `clock_by`, `proof`
    what we prove ourselves by (`ends`: ISO 8601); `wrong` says each thing that is wrong.
    """

    name: str
    state: State
    checked_s: float | None = None
    reached_s: float | None = None
    lost_s: float | None = None
    keys_s: float | None = None
    clock_ms: int | None = None
    clock_by: str = ""
    proof: str = ""
    ends: str | None = None
    ending: str = ""
    good_s: float | None = None
    failed_s: float | None = None
    failed_reason: str = ""
    wrong: tuple[str, ...] = ()


def read(settings: Settings) -> tuple[ProviderLine, ...]:
    """Judge each provider of the settings by what the console last saw of it; asks none, creates nothing."""
    tables = settings.tables.get("providers")
    if not isinstance(tables, Mapping):
        return ()
    states = _states(settings)
    return tuple(
        _line(name, table, settings, states.get(name, TrustState()))
        for name, table in cast("Mapping[str, object]", tables).items()
    )


def _states(settings: Settings) -> Mapping[str, TrustState]:
    if not (settings.data / FILE_NAME).exists():
        return {}
    return trust_states(open_database(settings.data))


def _line(name: str, table: object, settings: Settings, state: TrustState) -> ProviderLine:
    try:
        (provider,) = read_providers({name: table}, settings.data)
    except StartRefused as error:
        return ProviderLine(name=name, state="down", wrong=(str(error),))
    return line_of(provider, state, now_us())


def line_of(provider: Provider, state: TrustState, now: int) -> ProviderLine:
    """Judge one provider."""
    credential, offset = credential_of(provider), offset_of(provider, state, now)
    found = faults(provider, state, credential, now)
    return ProviderLine(
        name=provider.name,
        state=_state(found),
        checked_s=_ago(state.checked, now),
        reached_s=_ago(state.reached, now),
        lost_s=_ago(state.lost, now),
        keys_s=_ago(state.keys_at, now),
        clock_ms=offset.ms if offset else None,
        clock_by=offset.by if offset else "",
        proof=credential.kind,
        ends=None if credential.ends is None else iso_us(credential.ends),
        ending=ending(credential, now),
        good_s=_ago(state.good, now),
        failed_s=_ago(state.failed, now),
        failed_reason=state.failed_reason,
        wrong=tuple(f"{one.title}: {one.meaning} {' '.join(one.steps)}" for one in found),
    )


def _state(found: tuple[Fault, ...]) -> State:
    if any(one.shuts for one in found):
        return "down"
    if any(one.key == "unwatched" for one in found):
        return "unknown"
    return "degraded" if found else "ok"


def _ago(moment: int, now: int) -> float | None:
    return round((now - moment) / SECOND_US, 1) if moment else None


def text(line: ProviderLine) -> Iterator[str]:
    """Write a provider as lines for people."""
    refused = OPERATORS.get(line.failed_reason, (line.failed_reason, ""))[0]
    told = (
        _told("looked at {} ago", line.checked_s),
        _told("lost for {}", line.lost_s),
        _told("keys {} old", line.keys_s),
        "" if line.clock_ms is None else f"clock {line.clock_ms / 1_000:+.1f} s by {line.clock_by}",
        f"{line.proof} {line.ending}" if line.proof else "",
        _told("last sign-in {} ago", line.good_s),
        _told(f"last refused {{}} ago ({visible(refused)})", line.failed_s),
    )
    yield f"{line.name:<12} {line.state:<9} {' · '.join(one for one in told if one)}"
    yield from (f"  {_SIGNS[line.state]} {visible(one)}" for one in line.wrong)


def _told(words: str, seconds: float | None) -> str:
    return "" if seconds is None else words.format(f"{seconds:.0f} s")
