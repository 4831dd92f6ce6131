"""The command line. Exit codes: 0 fine, 1 the answer is no, 2 wrong use or settings."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias, cast

from core import errors
from settings import Settings, SettingsRefused, load_settings

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name
Command: TypeAlias = Callable[[argparse.Namespace, Settings], int]
MOST_DAYS: Final = 1_000
NO: Final = 1
WRONG: Final = 2


def parser() -> argparse.ArgumentParser:
    """Know every verb without importing any, so that help comes at once."""
    top = argparse.ArgumentParser(
        prog="gatehouse.py", description="Gatehouse, the console of your front doors."
    )
    verbs = top.add_subparsers(metavar="VERB", required=True)
    _verb(verbs, "run", "start everything on this machine")
    _demo(verbs)
    for verb, text in (
        ("web", "the web process alone"),
        ("ingest", "the MQTT process alone"),
    ):
        _verb(verbs, verb, text)
    # Named without help, it stays off the list: only the demo starts it.
    simulate = verbs.add_parser("simulate")
    simulate.set_defaults(module="simulate")
    _still(simulate)
    # So does this one, which the web process starts.
    verbs.add_parser("build-exports").set_defaults(module="build_exports")
    # And this one, which ingest does.
    verbs.add_parser("check-log").set_defaults(module="check_log")
    _health(verbs)
    _estate(verbs)
    _policy(verbs)
    _account(verbs)
    _breakglass(verbs)
    _passkey(verbs)
    _identity(verbs)
    _ledger(verbs)
    _verify(verbs)
    _encrypt(verbs)
    _backup(verbs)
    _retention(verbs)
    _legal_hold(verbs)
    _erase(verbs)
    return top


def _verb(verbs: Verbs, name: str, text: str, module: str | None = None) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=text, description=text)
    verb.set_defaults(module=module or name)
    return verb


def _demo(verbs: Verbs) -> None:
    text = "start everything with a demo estate, a simulator and an account a role"
    demo = _verb(verbs, "demo", text)
    _still(demo)
    demo.add_argument(
        "--history",
        type=_days,
        metavar="DAYS",
        help=f"before all else, write what happened in so many days, at most {MOST_DAYS} (docs/demo.md)",
    )


def _still(verb: argparse.ArgumentParser) -> None:
    text = "let nothing happen by itself to this device and at its doors (may be given again)"
    verb.add_argument("--still", action="append", default=[], metavar="DEVICE", help=text)


def _days(text: str) -> int:
    days = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_DAYS)) else 0
    if not 1 <= days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days from 1 to {MOST_DAYS}")
    return days


def _health(verbs: Verbs) -> None:
    health = _verb(verbs, "health", "say how each part is; exit code 1 if one is not well")
    health.add_argument("--json", action="store_true", help="write JSON")


def _estate(verbs: Verbs) -> None:
    estate = _verb(verbs, "estate", "sites, devices and doors").add_subparsers(
        dest="deed", metavar="DEED", required=True
    )
    imports = estate.add_parser(
        "import", help="bring a TOML document into service; what it leaves out is retired"
    )
    how = imports.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="tell the difference only")
    how.add_argument("--apply", action="store_true", help="do not ask")
    imports.add_argument("file", type=Path, help="the document; '-' reads standard input")
    export = estate.add_parser("export", help="write what is in service as such a document")
    export.add_argument("file", type=Path, help="where to; '-' writes standard output")
    _keys(estate.add_parser("key", help="what devices know our commands by"))


def _keys(key: argparse.ArgumentParser) -> None:
    key.set_defaults(module="estate_key")
    deeds = key.add_subparsers(dest="deed", metavar="DEED", required=True)
    issue = deeds.add_parser(
        "issue", help="draw a key and show it once, or keep what a controller knows us by"
    )
    for name, text in (("hotp", "HOTP secret (base32)"), ("hmac", "HMAC key"), ("card", "service card")):
        issue.add_argument(f"--{name}", action="store_true", help=f"read the {text} from standard input")
    rotate = deeds.add_parser("rotate", help="draw the next key and show it once; the old one stays in use")
    rotate.add_argument("--use", action="store_true", help="put the next key into use: the device knows it")
    revoke = deeds.add_parser("revoke", help="forget the keys, and refuse all further commands")
    for deed in (issue, rotate, revoke):
        deed.add_argument("device", metavar="DEVICE")
    deeds.add_parser("list", help="say how it stands with each device's key")


def _policy(verbs: Verbs) -> None:
    policy = _verb(verbs, "policy", "who may do what where").add_subparsers(
        dest="deed", metavar="DEED", required=True
    )
    policy.add_parser("show", help="write the document in force")
    check = policy.add_parser("check", help="say whether a document could be applied, and whom it changes")
    check.add_argument("file", type=Path, help="'-' reads standard input")
    apply = policy.add_parser("apply", help="put a document in force")
    how = apply.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="tell the difference only")
    how.add_argument("--apply", action="store_true", help="do not ask")
    apply.add_argument("file", type=Path, help="'-' reads standard input")
    explain = policy.add_parser("explain", help="say what somebody may do and why")
    explain.add_argument("who", help="a username, or a subject as records name it")


def _account(verbs: Verbs) -> None:
    account = _verb(verbs, "account", "local accounts").add_subparsers(
        dest="deed", metavar="DEED", required=True
    )
    create = account.add_parser("create", help="create an account, or give it a new password and groups")
    create.add_argument("username")
    create.add_argument("--name", help="the person's name, as others see it")
    create.add_argument("--group", action="append", default=[], metavar="ID", help="a group id of the policy")
    create.add_argument(
        "--totp", action="store_true", help="ask for one-time codes from now on; shows their secret once"
    )
    account.add_parser("list", help="list the accounts")
    account.add_parser("disable", help="end an account and its sessions").add_argument("username")


def _breakglass(verbs: Verbs) -> None:
    sealed = _verb(verbs, "breakglass", "sealed accounts for when no identity provider works").add_subparsers(
        dest="deed", metavar="DEED", required=True
    )
    create = sealed.add_parser("create", help="draw two accounts and show once what to seal")
    create.add_argument("--replace", action="store_true", help="end those that exist, and draw anew")
    create.add_argument("--group", metavar="ID", help="a group of the policy; without it the first that fits")
    drill = sealed.add_parser("drill", help="try password and code of an account, without a session")
    drill.add_argument("username", nargs="?", metavar="NAME", help="without it the one that is due first")
    sealed.add_parser(
        "status", help="say when each was used and tried; exit code 1 if one can't be relied on"
    )


def _passkey(verbs: Verbs) -> None:
    passkey = _verb(verbs, "passkey", "passkeys, and codes to add one").add_subparsers(
        dest="deed", metavar="DEED", required=True
    )
    code = passkey.add_parser("code", help="make a one-time code, shown once, by which somebody may add one")
    listing = passkey.add_parser("list", help="list somebody's passkeys")
    remove = passkey.add_parser("remove", help="remove one of somebody's passkeys for ever")
    for deed in (code, listing, remove):
        deed.add_argument("who", help="a username, or a subject as records name it")
    remove.add_argument("ref", help="its name in the list")


def _identity(verbs: Verbs) -> None:
    identity = _verb(verbs, "identity", "identity providers").add_subparsers(
        dest="deed", metavar="DEED", required=True
    )
    check = identity.add_parser(
        "check", help="contact providers and say what is wrong; exit code 1 if something is"
    )
    check.add_argument("name", nargs="?", metavar="NAME", help="as in [providers.<name>]; without it all")


def _ledger(verbs: Verbs) -> None:
    ledger = _verb(verbs, "ledger", "what seals the log").add_subparsers(
        dest="part", metavar="PART", required=True
    )
    key = ledger.add_parser("key", help="the key that signs checkpoints")
    key.set_defaults(module="ledger_key")
    deeds = key.add_subparsers(dest="deed", metavar="DEED", required=True)
    deeds.add_parser("show", help="write its public key and fingerprint")
    deeds.add_parser("rotate", help="let another key follow it, by the word of both")


def _encrypt(verbs: Verbs) -> None:
    text = "write an evidence package anew so that it opens by a password, drawn now and shown once"
    encrypt = _verb(verbs, "encrypt", text, module="encrypt_package")
    encrypt.add_argument(
        "package", type=Path, metavar="PACKAGE", help="the ZIP, or the folder that was in it"
    )
    encrypt.add_argument(
        "target", type=Path, metavar="FILE", help="the ZIP to write; it may not be there yet"
    )


def _verify(verbs: Verbs) -> None:
    text = "check that the log, or an evidence package, is what was sealed; exit code 1 if it is not"
    verify = _verb(verbs, "verify", text)
    which = verify.add_mutually_exclusive_group(required=True)
    which.add_argument("--log", action="store_true", help="the log of this data folder")
    which.add_argument(
        "package", nargs="?", type=Path, metavar="PACKAGE", help="the ZIP, or the folder that was in it"
    )
    verify.add_argument(
        "--checkpoint",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="of the log: a file of checkpoints that was kept elsewhere (may be given again)",
    )
    verify.add_argument("--key", default="", help="whose it must be: the fingerprint of the key, or its vkey")
    verify.add_argument("--json", action="store_true", help="of the log: write JSON")
    verify.add_argument(
        "--password-file", type=Path, metavar="FILE", help="of a package: what opens an encrypted ZIP"
    )


def _backup(verbs: Verbs) -> None:
    backup = _verb(verbs, "backup", "encrypted backups of the data folder").add_subparsers(
        dest="deed", metavar="DEED", required=True
    )
    create = backup.add_parser("create", help="write one beside whatever runs")
    check = backup.add_parser("check", help="say whether one could be put back; exit code 1 if not")
    restore = backup.add_parser("restore", help="put one in the data folder's place, with nothing running")
    for deed in (create, check, restore):
        deed.add_argument("file", type=Path)
        how = deed.add_mutually_exclusive_group()
        text = "a file with the passphrase, mode 0600; else by the keys of [backup]"
        how.add_argument("--passphrase-file", type=Path, metavar="FILE", help=text)
        if deed is not create:
            text = "the key that opens it, as `age-keygen` writes it, mode 0600"
            how.add_argument("--identity-file", type=Path, metavar="FILE", help=text)
    restore.add_argument("--apply", action="store_true", help="do not ask")
    for name, text in (
        ("checkpoint", "a checkpoint of the log from elsewhere"),
        ("erasures", "a copy of the register of erasures from elsewhere"),
    ):
        restore.add_argument(
            f"--{name}",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help=f"{text} (again for more)",
        )


def _retention(verbs: Verbs) -> None:
    kept = _verb(verbs, "retention", "how long personal data is kept").add_subparsers(
        dest="deed", metavar="DEED", required=True
    )
    kept.add_parser("show", help="say how long what is kept, and what is due")
    change = kept.add_parser("set", help="keep a class for so many days, or by default again")
    change.add_argument("kept", metavar="CLASS", help="as `retention show` names it")
    change.add_argument("days", metavar="DAYS", help="from 1 to 3650, or 'default'")
    change.add_argument("--site", default="", metavar="ID", help="at this site only")
    run = kept.add_parser("run", help="mark what is due, delete what was a day ago, finish what could not be")
    run.add_argument("--hourly", action="store_true", help=argparse.SUPPRESS)


def _legal_hold(verbs: Verbs) -> None:
    hold = _verb(verbs, "legal-hold", "what must not be deleted while a case lasts", "legal_hold")
    deeds = hold.add_subparsers(dest="deed", metavar="DEED", required=True)
    place = deeds.add_parser("place", help="hold what these options say, all of them together")
    place.add_argument("case", metavar="CASE", help="a number or name of the case")
    place.add_argument("--reason", required=True, metavar="TEXT", help="why, as the log is to tell it")
    place.add_argument("--site", default="", metavar="ID", help="what is of this site")
    place.add_argument("--door", action="append", default=[], metavar="ID", help="of these doors")
    place.add_argument("--person", default="", metavar="NUMBER", help="of this cardholder or operator")
    for name, text in (("since", "first"), ("until", "last")):
        place.add_argument(f"--{name}", metavar="DAY", help=f"the {text} day (YYYY-MM-DD, UTC)")
    deeds.add_parser("release", help="let it go").add_argument("case", metavar="CASE")
    deeds.add_parser("list", help="list all holds there ever were")


def _erase(verbs: Verbs) -> None:
    erase = _verb(verbs, "erase", "erase a person from everything but what is sealed without them")
    erase.add_argument("who", metavar="PERSON", help="a cardholder's number, or an operator's subject")
    erase.add_argument("--basis", required=True, metavar="TEXT", help="on which basis; name nobody in it")
    erase.add_argument("--operator", action="store_true", help="PERSON is an operator's subject")
    erase.add_argument("--yes", action="store_true", help="do not ask")


def main(arguments: list[str]) -> int:
    """Do what the command line asks for and give the exit code."""
    wanted = parser().parse_args(arguments)
    try:
        settings = load_settings(os.environ)
        command = cast("Command", importlib.import_module(f"commands.{wanted.module}").main)
        return command(wanted, settings)
    except (SettingsRefused, errors.StartRefused) as error:
        return _fail(error, WRONG)
    except errors.GatehouseError as error:
        return _fail(error, NO)
    except KeyboardInterrupt:
        return _fail("stopped", NO)


def _fail(error: object, code: int) -> int:
    print(f"gatehouse: {error}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
