"""`gatehouse.py erase PERSON --basis TEXT`: erases somebody from all that is not sealed without them."""

from argparse import Namespace

from commands.from_here import need_network
from commands.io import agrees, operator
from commands.retention import told_later
from pages.foreign import visible
from settings import Settings
from store.clock import now_us
from store.disk import need_room
from store.erasing import Order, erase
from store.erasure_register import What
from store.finishing import finish
from store.opening import open_database


def main(arguments: Namespace, settings: Settings) -> int:
    """Erase a cardholder by number, or an operator by subject."""
    db = open_database(settings.data)
    what = What.OPERATOR if arguments.operator else What.CARDHOLDER
    if not (arguments.yes or agrees(f"Erase {what} {visible(arguments.who)} for ever?")):
        print("nothing was changed")
        return 1
    need_network(db, settings, "people")
    need_room(db)
    order = Order(what=what, number=arguments.who, basis=arguments.basis, by=operator(), now=now_us())
    erased = erase(db, order)
    print(f"{erased.details:,} details and {erased.rows:,} other rows were deleted or rid of them")
    if not finish(db, now_us):
        print(told_later())
    print("what was downloaded, printed or backed up before is beyond this: see docs/privacy.md")
    return 0
