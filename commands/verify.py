"""`gatehouse.py verify PACKAGE|--log`: each of the two knows how."""

import importlib
from argparse import Namespace

from core.errors import StartRefused
from settings import Settings


def main(arguments: Namespace, settings: Settings) -> int:
    """Verify what is named; raises StartRefused for a word that belongs to the other one."""
    if arguments.log and arguments.password_file is not None:
        raise StartRefused("--password-file opens a package: leave it out with --log")
    if not arguments.log and (arguments.checkpoint or arguments.json):
        raise StartRefused("--checkpoint and --json are for --log: a package brings its checkpoint with it")
    # The one needs nothing of a data folder, the other nothing that reads packages.
    name = "commands.verify_log" if arguments.log else "commands.verify_package"
    code: int = importlib.import_module(name).main(arguments, settings)
    return code
