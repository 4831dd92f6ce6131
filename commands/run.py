"""`gatehouse.py run`: everything on this machine under one supervisor."""

import logging
from argparse import Namespace

from commands import lock, logs
from commands.console import Console
from commands.programs import WEB, programs
from commands.sealing import make_key
from commands.supervisor import Supervisor
from settings import Settings
from store.directory import all_accounts
from store.opening import open_database


def main(_arguments: Namespace, settings: Settings) -> int:
    """Run until told to stop."""
    logs.set_up("supervisor", logging.WARNING)
    with lock.hold(settings.data):
        db = open_database(settings.data)
        console = Console()
        make_key(settings, console)
        supervisor = Supervisor(programs(settings, db), settings.data / "logs", db, console)
        supervisor.run(WEB, lambda: _greet(console, settings, has_accounts=bool(all_accounts(db))))
    return 0


def _greet(console: Console, settings: Settings, *, has_accounts: bool) -> None:
    console.say(f"is at {settings.public_url}; logs are in {settings.data / 'logs'}; Ctrl-C stops it")
    if not has_accounts:
        console.say("nobody can sign in yet: create an account with `gatehouse.py account create NAME`")
