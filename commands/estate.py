"""`gatehouse.py estate import|export FILE`."""

from argparse import Namespace

from commands.from_here import need_network
from commands.io import STANDARD, agrees, operator, read_document, write_document
from connectors.devices import FAMILIES
from settings import Settings
from store.clock import now_us
from store.database import Database
from store.disk import need_room
from store.estate import EstateDocument, export_estate, import_estate, parse_estate
from store.opening import open_database


def main(arguments: Namespace, settings: Settings) -> int:
    """Import or export; an import shows the difference before it is made."""
    db = open_database(settings.data)
    if arguments.deed == "export":
        write_document(arguments.file, export_estate(db))
        return 0
    document = parse_estate(read_document(arguments.file), FAMILIES)
    if not _show(db, document) or arguments.dry_run:
        return 0
    if not (arguments.apply or arguments.file == STANDARD or agrees("Apply this?")):
        print("nothing was changed")
        return 1
    need_network(db, settings, "estate")
    need_room(db)
    change = import_estate(db, document, now_us(), operator())
    print(f"{len(change.added)} added, {len(change.changed)} changed, {len(change.retired)} retired")
    return 0


def _show(db: Database, document: EstateDocument) -> bool:
    change = import_estate(db, document, now_us(), operator(), dry_run=True)
    print("\n".join(change.lines()) or "no difference: this is in service already")
    return bool(change)
