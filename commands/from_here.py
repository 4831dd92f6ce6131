"""Whether something may be changed from where the person at the command line sits.

Who came by SSH has an address; who sits at the machine has none, and may. It keeps colleagues to what was
agreed, and shows who tried: whoever owns the data folder could change it in other ways.
"""

import os

from auth.networks import Area, Networks
from commands.io import operator
from core.errors import NotPermitted
from core.leaf import Draft
from core.records import Kind
from settings import Settings
from store.clock import now_us
from store.database import Database
from store.log import append


def need_network(db: Database, settings: Settings, area: Area) -> None:
    """Raise NotPermitted, with a record, where `[networks]` does not let this address change such things."""
    address, _, _ = os.environ.get("SSH_CONNECTION", "").partition(" ")
    networks = Networks.of(settings.tables.get("networks", {}))
    if not address or networks.allows(area, address):
        return
    record = Draft(
        kind=Kind.OPERATOR_PAGE_REFUSED,
        received=now_us(),
        reason="wrong_network",
        refs={"page": area, "by": "command line"},
        private={"subject": operator(), "address": address},
    )
    append(db, [record])
    raise NotPermitted(f"networks.{area} does not let {address} change this; it has been recorded")
