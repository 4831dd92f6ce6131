"""The route table (DESIGN, section 3) as data: who may come to which path."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from auth.sessions import STAYS_WHEN_IDLE


class Access(StrEnum):
    """Who a route is for, and by which rule."""

    BLOCKED = "blocked"
    PUBLIC = "public"
    SIGN_IN = "sign_in"
    CALLBACK = "callback"
    BEARER = "bearer"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line: a path, and with `below` everything under it as well."""

    path: str
    access: Access
    below: bool = False
    any_host: bool = False

    def covers(self, path: str) -> bool:
        """Whether this line speaks of a path."""
        return path == self.path or (self.below and path.startswith(f"{self.path}/"))


def _below(path: str, access: Access) -> Route:
    return Route(path=path, access=access, below=True)


# The first line that covers a path decides.
TABLE: Final = (
    # Streamlit's own sign-in, whose cookie can't be taken back (docs/decisions/0006).
    _below("/auth/login", Access.BLOCKED),
    _below("/auth/logout", Access.BLOCKED),
    _below("/oauth2callback", Access.BLOCKED),
    # It would let a client press buttons, and tell anybody how many sessions there are.
    _below("/_stcore/agent", Access.BLOCKED),
    _below("/_stcore/metrics", Access.BLOCKED),
    Route(path="/sign-in", access=Access.SIGN_IN),
    Route(path="/sign-in/finish", access=Access.SIGN_IN),
    Route(path="/sign-out", access=Access.SIGN_IN),
    Route(path="/auth/local", access=Access.SIGN_IN),
    _below("/auth", Access.CALLBACK),
    _below("/saml", Access.CALLBACK),
    # Monitors ask by address, not by name.
    Route(path="/healthz", access=Access.PUBLIC, any_host=True),
    Route(path="/readyz", access=Access.PUBLIC, any_host=True),
    Route(path="/metrics", access=Access.BEARER, any_host=True),
    _below("/scim", Access.BEARER),
    _below("/assets/gatehouse", Access.PUBLIC),
    _below("/static", Access.PUBLIC),
    Route(path="/favicon.png", access=Access.PUBLIC),
    Route(path="/manifest.json", access=Access.PUBLIC),
)
_REST: Final = Route(path="/", access=Access.SESSION, below=True)
# What draws the wall and the desk, which stay on screen when nobody has touched them for long.
_DRAWS: Final = ("/_stcore", "/live", "/desk", "/me/preferences", "/component", "/media")


def route_of(path: str) -> Route:
    """Find the line for a path; what no line names needs a session."""
    return next((route for route in TABLE if route.covers(path)), _REST)


def stays_when_idle(path: str) -> bool:
    """Whether a person whose browser nobody touches may still see this path."""
    return path in STAYS_WHEN_IDLE or any(path == top or path.startswith(f"{top}/") for top in _DRAWS)
