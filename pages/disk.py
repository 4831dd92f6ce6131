"""How full the disk is, in words, and the line above every page when it is nearly full."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import streamlit as st

from auth.access import permitted
from auth.current import the
from auth.sessions import Actor
from core.permissions import Permission
from pages import formats
from pages.live import quietly
from store.touch import parts as read_parts

EVERY_S: Final = 30.0
_MB_IN_GB: Final = 1_000


@dataclass(frozen=True, slots=True)
class Level:
    """How near the disk is to full: what is said above every page, and what to do."""

    title: str
    remedy: str
    urgent: bool


_LEVELS: Final = {
    "low": Level(
        "Disk nearly full",
        "Everything is still recorded. Tell whoever runs Gatehouse to free space on the disk of its data.",
        urgent=False,
    ),
    "critical": Level(
        "Disk almost full",
        "Acts such as unlocking are refused, so that what happens can still be recorded. "
        "Tell whoever runs Gatehouse to free space on the disk of its data at once.",
        urgent=True,
    ),
}


def level_of(info: Mapping[str, str | int]) -> Level | None:
    """Give how near the disk is to full by what the store tells; None while there is space."""
    return _LEVELS.get(str(info.get("level", "")))


def free_space(info: Mapping[str, str | int]) -> str | None:
    """Say how much space is left."""
    free = info.get("free_mb")
    if not isinstance(free, int):
        return None
    here = formats.here()
    if free < _MB_IN_GB:
        return f"{here.number(free)} MB free"
    return f"{here.number(free / _MB_IN_GB, 1)} GB free"


def warn(actor: Actor) -> None:
    """Put the line above a page, and keep looking, for those who watch doors or manage the estate."""
    if any(permitted(the().db, actor, one) for one in (Permission.LIVE_VIEW, Permission.ESTATE_MANAGE)):
        quietly(_line, every_s=EVERY_S)


def _line(_actor: Actor) -> None:
    info = next((part.info for part in read_parts(the().db) if part.name == "store"), {})
    level = level_of(info)
    if level is None:
        return
    left = free_space(info)
    words = f"{level.title}{f': {left}' if left else ''}. {level.remedy}"
    with st.container(key="gatehouse-banner"):
        if level.urgent:
            st.error(words, icon=":material/error:")
        else:
            st.warning(words, icon=":material/warning:")
