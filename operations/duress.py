"""What is to be warned of in silence: the words for duress, from the moment at which an act is asked for."""

from contextlib import suppress

from auth.access import permitted
from core.acts import NEEDS
from core.duress import same_words
from core.errors import StoreError
from core.leaf import Draft
from core.model import USUAL_REASONS, Estate
from core.permissions import Permission
from core.records import Kind
from core.times import MINUTE_US
from operations.acting import Acting
from operations.deeds import Wish
from store.acts import warn_of_wishes
from store.estate import load_estate


def wishes_of(acting: Acting, wish: Wish, estate: Estate) -> list[Draft]:
    """Say what is asked for at each site of a wish that this person has to do with, and the reason given."""
    named = str(wish.target.get("doors", "")) or wish.door
    doors = [estate.doors[one] for one in named.split(",") if one in estate.doors]
    places = {one.site: one.id for one in reversed(doors)}
    site = str(wish.target.get("site", ""))
    if site in estate.sites:
        places[site] = ""
    return [
        Draft(
            kind=Kind.OPERATOR_DURESS,
            received=acting.now,
            site=site,
            door=door or None,
            refs={"session": acting.actor.session},
            private={**acting.who, "why": wish.reason},
        )
        for site, door in places.items()
        if _concerned(acting, wish, site)
    ]


def warn_of_refused(acting: Acting, wish: Wish) -> None:
    """Warn of duress where what was asked for is refused at once: once a session, place and minute.

    What hinders the warning hinders nothing else: the answer is that of any other reason.
    """
    with suppress(StoreError):
        said = wishes_of(acting, wish, load_estate(acting.services.db))
        target = "/".join(str(one) for one in wish.target.values())
        warn_of_wishes(acting.services.db, said, f"{acting.actor.session}/{target}/{acting.now // MINUTE_US}")


def reason_for_second(why: str, site: str, estate: Estate) -> str:
    """Give the reason of an act as a second person is shown it: one that the site offers, or none.

    Somebody's own words are for the log alone, whatever they are: so that those for duress look like any.
    """
    one = estate.sites.get(site)
    if one is None or (one.duress_reason and same_words(why, one.duress_reason)):
        return ""
    return why if why in (one.reasons or USUAL_REASONS) else ""


def _concerned(acting: Acting, wish: Wish, site: str) -> bool:
    """Whether somebody watches or acts there: who has nothing to do with a site can't alarm it."""
    db, actor = acting.services.db, acting.actor
    return any(permitted(db, actor, one, site) for one in (Permission.LIVE_VIEW, NEEDS[wish.action]))
