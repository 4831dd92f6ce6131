"""`gatehouse.py ledger key show|rotate`: the key that signs checkpoints."""

from argparse import Namespace

from auth.ledger_keys import LedgerKeys
from commands.from_here import need_network
from settings import Settings
from store.opening import open_database


def main(arguments: Namespace, settings: Settings) -> int:
    """Show the public key, or lay another one ready, which the sealer records and takes."""
    keys = LedgerKeys(settings.data, settings.public_url)
    if arguments.deed == "show":
        key = keys.public()
        print(f"{key.text}\n{key.fingerprint}")
        return 0
    db = open_database(settings.data)
    try:
        need_network(db, settings, "estate")
    finally:
        db.close()
    key = keys.lay_ready()
    print(f"{key.text}\n{key.fingerprint}")
    print("A running ingest takes it within a second: write its fingerprint down where no one can change it.")
    return 0
