"""The menu: every page, its address, and which permission opens it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from auth.access import permitted
from auth.networks import Area
from auth.sessions import Actor
from core.permissions import EVERYWHERE, Permission
from pages import analytics, audit, desk, devices, health, log, me, people, policy, wall
from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page; any one of its permissions, at any site, opens it.

    `key` opens it from the keyboard, after a "g"; `keys` are what the page itself listens to and what each
    does, for the overview of "?". It has no icon: Streamlit would fetch that from a foreign host to put it
    on the browser's tab. What shows the whole `organisation` opens to a role at all sites only; what has a
    `network` may be opened from certain ones only, where gatehouse.toml names them.
    """

    title: str
    path: str
    permission: tuple[Permission, ...]
    render: Callable[[Actor], None]
    key: str
    keys: tuple[tuple[str, str], ...] = ()
    has_clock: bool = False
    organisation: bool = False
    network: Area | None = None

    def opens_to(self, db: Database, actor: Actor) -> bool:
        """Whether this person may open it by the policy of now."""
        site = EVERYWHERE if self.organisation else None
        return any(permitted(db, actor, one, site) for one in self.permission)


PAGES: Final = (
    Page(
        title="Desk",
        path="desk",
        key="k",
        keys=desk.KEYS,
        permission=(Permission.CALL_HANDLE,),
        render=desk.render,
        has_clock=True,
    ),
    Page(
        title="Live",
        path="live",
        key="l",
        keys=wall.KEYS,
        permission=(Permission.LIVE_VIEW,),
        render=wall.render,
        has_clock=True,
    ),
    Page(
        title="Log",
        path="log",
        key="o",
        keys=log.KEYS,
        permission=(Permission.LOG_READ,),
        render=log.render,
    ),
    Page(
        title="Analytics",
        path="analytics",
        key="a",
        permission=(Permission.ANALYTICS_VIEW,),
        render=analytics.render,
    ),
    Page(
        title="Audit",
        path="audit",
        key="u",
        keys=audit.KEYS,
        permission=(Permission.AUDIT_READ,),
        render=audit.render,
    ),
    Page(
        title="Devices",
        path="devices",
        key="d",
        permission=(Permission.LIVE_VIEW, Permission.LOG_READ, Permission.ESTATE_MANAGE),
        render=devices.render,
    ),
    Page(
        title="People",
        path="people",
        key="p",
        permission=people.READ_BY,
        render=people.render,
        organisation=True,
        network="people",
    ),
    Page(
        title="Policy",
        path="policy",
        key="y",
        permission=policy.READ_BY,
        render=policy.render,
        organisation=True,
        network="policy",
    ),
    Page(
        title="Health",
        path="health",
        key="h",
        permission=(Permission.LIVE_VIEW, Permission.LOG_READ),
        render=health.render,
    ),
    Page(
        title="Me",
        path="me",
        key="m",
        permission=(Permission.SELF,),
        render=me.render,
    ),
)


def home_of(db: Database, actor: Actor) -> Page | None:
    """Choose where somebody starts: watching before reading before oneself; None without a role.

    Who takes calls and minds no alarms starts at the desk.
    """
    receives = permitted(db, actor, Permission.CALL_HANDLE) and not permitted(
        db, actor, Permission.ALARM_HANDLE
    )
    starts = {"live", "log", "me"} | ({"desk"} if receives else set())
    return next((page for page in PAGES if page.path in starts and page.opens_to(db, actor)), None)
