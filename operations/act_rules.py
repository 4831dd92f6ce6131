"""What the estate demands of acts where they happen: by how many people, and whether a proof serves twice."""

from collections.abc import Iterable, Mapping

from core.acts import OPENS, Act
from core.model import FIVE_MINUTES, Door, Estate


def doors_of(act: Act, estate: Estate) -> tuple[Door, ...]:
    """Give the doors in service that an act is about: named, or of its site those that were shown, or all."""
    site, shown = act.target.get("site"), act.doors
    if site is not None:
        there = (one for one in estate.doors.values() if one.site == site)
        return tuple(one for one in there if not shown or one.id in shown)
    return tuple(estate.doors[name] for name in act.doors if name in estate.doors)


def persons_for(act: Act, estate: Estate) -> int:
    """Say how many people must prove it: the most that any of its doors and sites demands.

    What secures doors is done by one: nobody must have to find a colleague to lock a door.
    """
    if act.action not in OPENS:
        return act.persons
    doors = doors_of(act, estate)
    sites = {one.site for one in doors}
    demanded = [*(one.persons for one in doors), *(estate.sites[one].persons for one in sites)]
    return max([act.persons, *demanded])


def rule_of(act: Act, estate: Estate) -> str:
    """Name what demands as many people as must prove it: `usual` for one, its `door` or its `site`.

    `act`: none of these; what it is about demanded it when it was asked for, as a locked-down door does.
    """
    if act.persons == 1:
        return "usual"
    doors = doors_of(act, estate)
    if any(one.persons >= act.persons for one in doors):
        return "door"
    sites = {one.site for one in doors}
    return "site" if any(estate.sites[one].persons >= act.persons for one in sites) else "act"


def may_stand(act: Act, estate: Estate) -> bool:
    """Whether a provider's proof serves further acts here: one door, one person, and the site says so."""
    door = estate.doors.get(act.door)
    return door is not None and act.persons == 1 and estate.sites[door.site].proof == FIVE_MINUTES


def site_of(act: Act, estate: Estate) -> str:
    """Give the one site of an act, empty where there are several or none."""
    return _one_of({one.site for one in doors_of(act, estate)}) or str(act.target.get("site", ""))


def shown_of(act: Act, estate: Estate) -> Mapping[str, str]:
    """Name the door and the site of an act, for the prompt of its proof."""
    doors = doors_of(act, estate)
    sites = _one_of({estate.sites[one.site].name for one in doors})
    named = act.target.get("site")
    site = estate.sites[str(named)].name if named in estate.sites else sites
    found = {"door": _one_of({one.name for one in doors}) if act.door else "", "site": site}
    return {name: value for name, value in found.items() if value}


def _one_of(names: Iterable[str]) -> str:
    found = list(names)
    return found[0] if len(found) == 1 else ""
