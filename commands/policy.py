"""`gatehouse.py policy show|check|apply`."""

import sys
from argparse import Namespace

from commands.io import operator, read_document
from settings import Settings
from store.clock import now_us
from store.disk import need_room
from store.opening import open_database
from store.policies import apply_policy, check_document, policy_text


def main(arguments: Namespace, settings: Settings) -> int:
    """Show the document in force, or judge or apply another."""
    db = open_database(settings.data)
    match arguments.deed:
        case "show":
            sys.stdout.write(policy_text(db))
        case "check":
            wanted = check_document(db, read_document(arguments.file))
            print(f"this can be applied: {len(wanted.grants)} grants, as version {wanted.version}")
        case _:
            need_room(db)
            policy = apply_policy(db, read_document(arguments.file), now_us(), operator())
            print(f"version {policy.version} is in force: {len(policy.grants)} grants")
    return 0
