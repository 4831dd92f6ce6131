"""`gatehouse.py policy show|check|apply|explain`."""

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from commands.from_here import need_network
from commands.io import STANDARD, agrees, operator, read_document
from core.errors import Invalid
from core.memberships import names_of, shown
from core.permissions import Permission, roles_text
from core.policy_changes import Change, Someone, in_words
from core.policy_explained import Explained, asked_for, explained
from pages.foreign import visible
from settings import Settings
from store.candidates import candidates
from store.clock import now_us
from store.database import Database
from store.disk import need_room
from store.opening import open_database
from store.policies import Trial, apply_policy, current_policy, policy_text, try_document


def main(arguments: Namespace, settings: Settings) -> int:
    """Show the document in force, judge or apply another, or say why somebody may do what they may."""
    db = open_database(settings.data)
    providers = providers_of(settings)
    match arguments.deed:
        case "show":
            sys.stdout.write(policy_text(db))
        case "check":
            _tell(try_document(db, read_document(arguments.file), now_us(), providers))
        case "explain":
            _explain(db, arguments.who, providers)
        case _:
            return _apply(db, arguments, settings)
    return 0


def providers_of(settings: Settings) -> frozenset[str]:
    """Name the providers that are configured."""
    tables = settings.tables.get("providers")
    return frozenset(cast("Mapping[str, object]", tables)) if isinstance(tables, Mapping) else frozenset()


def _apply(db: Database, arguments: Namespace, settings: Settings) -> int:
    providers = providers_of(settings)
    document = read_document(arguments.file)
    trial = try_document(db, document, now_us(), providers)
    _tell(trial)
    if arguments.dry_run:
        return 0
    if not (arguments.apply or arguments.file == STANDARD or agrees("Apply this?")):
        print("nothing was changed")
        return 1
    need_network(db, settings, "policy")
    need_room(db)
    version = trial.policy.version
    apply_policy(db, document, now_us(), operator(), providers=providers, as_version=version)
    print(f"version {version} is in force: {len(trial.policy.grants)} grants")
    return 0


# --- what it would change -----------------------------------------------------------------------------


def _tell(trial: Trial) -> None:
    print(f"this can be applied: {len(trial.policy.grants)} grants, as version {trial.policy.version}")
    for line in (*_notes(trial), *_counts(trial)):
        print(line)
    for change in sorted(trial.changes, key=lambda one: one.who.name.casefold()):
        print(f"  {_who(change.who)}: {_what(change)}")


def _notes(trial: Trial) -> Iterator[str]:
    if not trial.managed:
        yield (
            "nobody is known yet who can be counted on to sign in: that somebody could change this policy "
            "again could not be tried on anybody"
        )
    if trial.ours:
        yield "there are several providers: these grants name none, and hold for accounts of our own only"
        yield from (f"  grant {number}: {visible(grant.group)}" for number, grant in trial.ours)


def _counts(trial: Trial) -> Iterator[str]:
    changed = trial.changes
    if not changed:
        yield f"it changes nothing for the {trial.tried:,} known people"
        return
    gain, lose = sum(bool(one.gained) for one in changed), sum(bool(one.lost) for one in changed)
    yield (
        f"it changes something for {len(changed):,} of the {trial.tried:,} known people: {gain:,} gain, "
        f"{lose:,} lose, {sum(one.emptied for one in changed):,} end with nothing"
    )


def _what(change: Change) -> str:
    told = (
        f"gains {in_words(change.gained)}" if change.gained else "",
        f"loses {in_words(change.lost, change.after)}" if change.lost else "",
        "and ends with nothing" if change.emptied else "",
    )
    return ", ".join(one for one in told if one)


def _who(one: Someone) -> str:
    by = f" by {one.provider}" if one.provider else ""
    return visible(f"{one.name} ({one.username or one.subject}{by})")


# --- why somebody may do what they may ----------------------------------------------------------------


def _explain(db: Database, words: str, providers: frozenset[str]) -> None:
    policy = current_policy(db)
    who = found(words, candidates(db, now_us(), providers))
    print("\n".join((visible(f"{_who(who)}, {who.subject}"), *_lines(who, explained(policy, who.groups)))))


def found(words: str, people: Iterable[Someone]) -> Someone:
    """Find the one person of this username or subject; raises Invalid."""
    fit = [one for one in people if words in {one.subject, one.username}]
    if not fit:
        raise Invalid(
            f"nobody is known as '{words}': people are once they have signed in, accounts of our own always "
            "(but for disabled ones)"
        )
    if len(fit) > 1:
        subjects = ", ".join(one.subject for one in fit)
        raise Invalid(f"several people are known as '{words}'; write one of {visible(subjects)}")
    return fit[0]


def _lines(who: Someone, why: Explained) -> Iterator[str]:
    groups = ", ".join(map(visible, names_of(who.groups)))
    yield f"groups: {groups or 'none'}"
    yield f"version {why.version} of the policy gives {in_words(why.roles) if why.roles else 'nothing'}"
    for one in why.grants:
        names = ", ".join(visible(shown(group)) for group in one.grant.names(one.sites))
        yield f"  grant {one.number}: {in_words({one.grant.role: one.sites})}, to {names}"
    if who.roles is not None and who.roles != roles_text(why.roles):
        yield f"recorded last: {who.roles or 'nothing'} (what needs a second factor counts once one is shown)"
    yield from (_permission(one, sites) for one, sites in why.permissions.items())


def _permission(one: Permission, sites: frozenset[str]) -> str:
    held = in_words({one: sites}).removeprefix(f"{one} ") if sites else f"no: needs {asked_for(one)}"
    return f"  {one:<18} {held}"
