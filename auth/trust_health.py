"""What is known of a provider, judged: what is wrong, and what an administrator can do about it. Pure."""

from dataclasses import dataclass
from typing import Final, Literal

from auth.expiry import Credential
from auth.providers import Provider
from auth.remedies import remedy_of
from core.times import HOUR_US, MINUTE_US
from store.trust import TrustState

DRIFT_WARNS_MS: Final = 5_000
DRIFT_ALARMS_MS: Final = 30_000
# A way there that broke for a moment is no trouble yet.
LOST_TELLS_US: Final = MINUTE_US
# Looks are due once a minute; after so long none will come by itself.
_UNWATCHED_US: Final = 5 * MINUTE_US
# A token is some seconds old when it is judged: as slow as the way to here, and both sides, may be.
_TOKEN_AGE_MS: Final = 10_000
_TOKEN_AHEAD_MS: Final = 1_000
# A shift: after the clock was set right, it may be that nobody has come since.
_TOKEN_TELLS_US: Final = 12 * HOUR_US
_SECOND_MS: Final = 1_000
CLOCK_STEPS: Final = (
    "Compare the server's clock with a time server (`timedatectl`, or `chronyc tracking`).",
    "If ours is right, tell whoever runs the provider.",
)
RENEW: Final = {
    "secret": (
        "Make a new secret at the provider, write it into client_secret_file and its last day into "
        "secret_expires. The old one can go when the new one is here."
    ),
    "certificate": (
        "Make a new certificate, add it at the provider, and put it into certificate_file and its key into "
        "private_key_file. The old one can go when the new one is here."
    ),
}


@dataclass(frozen=True, slots=True)
class Offset:
    """A provider's clock minus ours, by the `Date` of its answers or the `iat` of its last token."""

    ms: int
    by: Literal["Date", "iat"]

    @property
    def words(self) -> str:
        """Say it as people do; a Date is told to the second."""
        seconds = round(abs(self.ms) / _SECOND_MS)
        return f"{seconds} s {'ahead of' if self.ms > 0 else 'behind'} ours" if seconds else "as ours"

    @property
    def warns(self) -> bool:
        """Whether it is more than a clock that is kept right is off."""
        return abs(self.ms) > DRIFT_WARNS_MS

    @property
    def alarms(self) -> bool:
        """Whether sign-in is about to fail by it."""
        return abs(self.ms) > DRIFT_ALARMS_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong: `title` goes after the provider's name; `shuts`: nobody comes in by it.

    `since` is µs UTC, 0 where nobody knows.
    """

    key: Literal["lost", "unwatched", "clock", "credential", "groups"]
    alarm: bool
    title: str
    meaning: str
    steps: tuple[str, ...]
    since: int = 0
    shuts: bool = False


def faults(provider: Provider, state: TrustState, credential: Credential, now: int) -> tuple[Fault, ...]:
    """Say what is wrong with a provider, by what was last seen of it."""
    found = (
        _lost(provider, state, now),
        _of_credential(provider, credential, now),
        _of_clock(provider, state, now),
        _of_groups(provider, state),
        _unwatched(state, now),
    )
    return tuple(one for one in found if one is not None)


def _unwatched(state: TrustState, now: int) -> Fault | None:
    if state.checked and now - state.checked <= _UNWATCHED_US:
        return None
    return Fault(
        key="unwatched",
        alarm=False,
        title="has not been looked at for a while" if state.checked else "was never looked at",
        meaning="The console looks at each provider once a minute. Nobody knows how this one is now.",
        steps=("See whether the part Console runs; if it does, start it again.",),
        since=state.checked,
    )


def _lost(provider: Provider, state: TrustState, now: int) -> Fault | None:
    if not state.lost or now - state.lost <= LOST_TELLS_US:
        return None
    return Fault(
        key="lost",
        alarm=True,
        title="can't be reached" if state.reason == "unreachable" else "can't be worked with",
        meaning=f"{sentence(state.problem)} Nobody can sign in by it now. Whoever is signed in stays so.",
        steps=(remedy_of(state.reason), _check(provider)),
        since=state.lost,
        shuts=True,
    )


def _of_credential(provider: Provider, credential: Credential, now: int) -> Fault | None:
    kind, ended = credential.kind, credential.ended(now)
    if not (credential.problem or credential.ends_soon(now)):
        return None
    return Fault(
        key="credential",
        alarm=ended or bool(credential.problem),
        title=f"{kind} {ending(credential, now)}",
        meaning=f"By this {kind} Gatehouse proves itself to {provider.shown}. Without it nobody can sign in.",
        steps=(RENEW[kind], _check(provider)),
        since=(credential.ends or 0) if ended else 0,
        shuts=ended or bool(credential.problem),
    )


def ending(credential: Credential, now: int) -> str:
    """Say when a secret or certificate ends, after its name."""
    left = credential.days_left(now)
    if credential.problem:
        return "can't be read"
    if left is None:
        return "has no end written down"
    if credential.ended(now):
        return "has ended"
    return "ends " + {0: "today", 1: "tomorrow"}.get(left, f"in {left} days")


def _of_clock(provider: Provider, state: TrustState, now: int) -> Fault | None:
    offset = offset_of(provider, state, now)
    if offset is None or not offset.warns:
        return None
    source = "Date of its answers" if offset.by == "Date" else "time in the last token"
    return Fault(
        key="clock",
        alarm=offset.alarms,
        title=f"clock is {offset.words}",
        meaning=f"So says the {source}. When clocks are a minute apart, tokens are refused as too old or as "
        "not valid yet.",
        steps=CLOCK_STEPS,
    )


def offset_of(provider: Provider, state: TrustState, now: int) -> Offset | None:
    """Give the worse of what its answers say and its last token, whose word counts where it is clear."""
    by_date = None if state.drift_ms is None else Offset(state.drift_ms, "Date")
    told = [one for one in (by_date, _by_token(provider, state, now)) if one is not None]
    return max(told, key=lambda one: abs(one.ms), default=None)


def _by_token(provider: Provider, state: TrustState, now: int) -> Offset | None:
    ms = state.issued_ms
    if ms is None or now - state.good > _TOKEN_TELLS_US:
        return None
    # Entra dates its tokens five minutes back, for those whose clocks are late.
    late = ms < -_TOKEN_AGE_MS and provider.preset != "entra"
    return Offset(ms, "iat") if late or ms > _TOKEN_AHEAD_MS else None


def _of_groups(provider: Provider, state: TrustState) -> Fault | None:
    if not state.lacking:
        return None
    return Fault(
        key="groups",
        alarm=False,
        title="names no groups",
        meaning=f"The last sign-in brought none of: {state.lacking}. Who comes in without has no role.",
        steps=(groups_remedy(provider),),
        since=state.good,
    )


def groups_remedy(provider: Provider) -> str:
    """Say how groups come into tokens."""
    return (
        f"Let {provider.shown} put groups into its ID tokens by that name, or write the name that it uses "
        f"under [providers.{provider.name}] as groups."
    )


def _check(provider: Provider) -> str:
    return f"On the server, run `gatehouse.py identity check {provider.name}`: it says what does not fit."


def sentence(words: str) -> str:
    """Make a sentence of the words of an error."""
    return f"{words[:1].upper()}{words[1:].removesuffix('.')}." if words else ""
