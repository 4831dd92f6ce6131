"""What an export is of: a page of the log with its filter, as one text; and what of that may be read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl, urlencode

from auth.access import scopes_for
from auth.sessions import Actor
from core.errors import Invalid
from core.exports import EXACT_ROWS, OFFERED, READ_BY, Format, export_scope
from core.log_filter import NAMES, LogFilter, of_query, to_query
from core.permissions import Permission, Scope
from core.records import Class
from store.database import Database
from store.export_rows import Extract
from store.extract_size import Size, size_of
from store.log_names import LogNames

_WORDS: Final = "the filter of an export is `log?` or `audit?` and the query of that page, in its one form"
_PRESET: Final = "say the time of an export by `from` and `to`: a word such as `24h` moves on"
# What a look at the size of an export, and the refusal of one, are noted under.
PAGE: Final = "exports"
_DURESS: Final = frozenset({Class.DURESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A page of the log and what is wanted of it."""

    page: str
    wanted: LogFilter

    @property
    def text(self) -> str:
        """Write it in its one form."""
        return f"{self.page}?{urlencode(sorted(to_query(self.wanted).items()))}"

    @property
    def impersonal(self) -> str:
        """Write it without the person that it asks for."""
        return replace(self, wanted=replace(self.wanted, person=None)).text


def read_source(text: str) -> Source:
    """Read what an export is of; raises Invalid for what is not in its one form, or has no absolute times."""
    source = parse_source(text)
    if source.text != text:
        raise Invalid(_WORDS)
    return source


def parse_source(text: str) -> Source:
    """Read what an export is of, in any form; raises Invalid for what has no absolute times."""
    page, mark, query = text.partition("?")
    if page not in READ_BY or not mark:
        raise Invalid(_WORDS)
    try:
        told = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    except ValueError as error:
        raise Invalid(_WORDS) from error
    if not told.keys() <= set(NAMES):
        raise Invalid(_WORDS)
    source = Source(page=page, wanted=of_query(told))
    if source.wanted.span is not None and source.wanted.span.preset is not None:
        raise Invalid(_PRESET)
    return source


def read_format(text: str) -> Format:
    """Read the format of an export; raises Invalid for one that is not offered."""
    if text not in {one.value for one in OFFERED}:
        raise Invalid(f"an export is one of {', '.join(OFFERED)}")
    return Format(text)


def scope_of_export(db: Database, actor: Actor, page: str) -> Scope:
    """Say what this person may take away of a page now: only what may be read and exported."""
    read_by = READ_BY[page]
    scopes: Mapping[Permission, Scope] = scopes_for(db, actor, (read_by, Permission.LOG_EXPORT))
    scope = export_scope(scopes[read_by], scopes[Permission.LOG_EXPORT])
    # That somebody was made to open a door stays where it can be read: a file goes anywhere.
    return replace(scope, classes=scope.classes - _DURESS)


def known_of(wanted: LogFilter, names: LogNames) -> LogFilter:
    """Leave out of a filter the places that are none of these: in a leaf stands no word of a person's own."""
    return replace(
        wanted,
        sites=wanted.sites & names.sites.keys(),
        doors=wanted.doors & names.doors.keys(),
        device=wanted.device if wanted.device in names.devices else None,
    )


def measure(db: Database, scope: Scope, source: Source, upto: int | None = None) -> Size:
    """Count what there is to export, exactly up to a number; without `upto`, as of now."""
    return size_of(db, Extract(scope=scope, wanted=source.wanted, upto=upto or 2**53 - 2), EXACT_ROWS + 1)
