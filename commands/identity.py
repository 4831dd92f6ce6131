"""`gatehouse.py identity check [NAME]`: contacts identity providers and says in words what is wrong."""

import sys
import warnings
from argparse import Namespace
from collections.abc import Iterator, Mapping
from typing import Final, cast

from auth.conditions import roles_that_prove
from auth.provider_check import Finding, Level, wrong
from auth.provider_contact import Case, check
from auth.providers import Provider, read_providers
from core.errors import StartRefused
from pages.foreign import visible
from settings import Settings
from store.clock import now_us
from store.database import FILE_NAME
from store.opening import open_database
from store.trust import TrustState, trust_states

_NO: Final = 1
_WRONG_USE: Final = 2


def main(arguments: Namespace, settings: Settings) -> int:
    """Check one provider or all; 0 where nothing is wrong, 1 where something is, 2 where none is meant."""
    written = _tables(settings)
    wanted = [arguments.name] if arguments.name else list(written)
    if not wanted or wanted[0] not in written:
        print(_nobody(arguments.name, written, settings), file=sys.stderr)
        return _WRONG_USE
    states = _states(settings)
    # MSAL would warn of response_mode = "query", which some providers leave no choice about.
    warnings.simplefilter("ignore", UserWarning)
    # Each is asked, also after one that is wrong.
    found = [_checked(name, written[name], settings, states.get(name, TrustState())) for name in wanted]
    return _NO if any(found) else 0


def _tables(settings: Settings) -> Mapping[str, object]:
    """Give each provider's table as it was written; raises StartRefused where they are none."""
    tables = settings.tables.get("providers", {})
    if not isinstance(tables, Mapping):
        read_providers(tables, settings.data)
    return cast("Mapping[str, object]", tables)


def _nobody(name: str | None, written: Mapping[str, object], settings: Settings) -> str:
    if name and written:
        return f"no provider is called '{visible(name)}'; write one of {', '.join(written)}"
    return f"no provider is configured: write [providers.<name>] in {settings.config}"


def _states(settings: Settings) -> Mapping[str, TrustState]:
    """Read what is known of sign-ins; creates nothing where there is no store."""
    if not (settings.data / FILE_NAME).exists():
        return {}
    return trust_states(open_database(settings.data))


def _checked(name: str, table: object, settings: Settings, state: TrustState) -> int:
    """Print each finding as it comes; gives how many are wrong."""
    print(f"{name}")
    count = 0
    for one in _findings(name, table, settings, state):
        count += one.level is Level.WRONG
        print(f"  {one.level.value} {one.check}: {visible(one.said)}", flush=True)
        if one.remedy:
            print(f"      {visible(one.remedy)}", flush=True)
    print(f"  {_many(count)} wrong\n")
    return count


def _many(count: int) -> str:
    return "nothing is" if not count else f"{count} thing{' is' if count == 1 else 's are'}"


def _findings(name: str, table: object, settings: Settings, state: TrustState) -> Iterator[Finding]:
    try:
        provider = _provider(name, table, settings)
        strong = roles_that_prove(settings.tables.get("conditions", {}))
    except StartRefused as error:
        yield wrong("Settings", f"{error}.")
        return
    case = Case(provider=provider, public_url=settings.public_url, now=now_us(), state=state, strong=strong)
    yield from check(case)


def _provider(name: str, table: object, settings: Settings) -> Provider:
    # By itself: a slip in another provider's table is that one's.
    (provider,) = read_providers({name: table}, settings.data)
    return provider
