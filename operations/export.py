"""Export a part of the log: asked for, proved, written down, and then built by a process of its own.

What may be read is asked for four times: when it is asked for, when it was proved, when the file is built and
whenever it is taken.
"""

from collections.abc import Mapping
from typing import Final

from auth.step_up import Proof
from core.acts import Act, check_reason
from core.errors import ActRefused, DiskNearlyFull, Invalid, NotPermitted
from core.exports import Format, State, most_rows, scope_text
from core.leaf import Draft, Scalar
from core.permissions import Scope
from core.records import Kind
from operations.acting import Acting
from operations.deeds import Told, Wish
from operations.evidence import personal, proved_as
from operations.export_target import PAGE, Source, measure, read_format, read_source, scope_of_export
from operations.exports.passwords import passwords
from operations.not_done import draft_of
from operations.page_refusal import refuse_page
from store import exports
from store.database import Database
from store.disk import need_room
from store.extract_size import Size
from store.log import append
from store.sealed import is_sealing

_NOTHING: Final = "No record that you may export fits this: choose another filter or more time."
_FULL: Final = "Nothing was exported: the disk is nearly full."
_NOT_SEALED: Final = (
    "Nothing was exported: the log is not being sealed just now, so nobody could prove it later."
)
_TOO_MANY: Final = (
    "An evidence package holds {most:,} records at most, so that any browser can open it: narrow the filter, "
    "or make several."
)


class Export:
    """A file of all records that fit a filter, up to the newest one when it was asked for."""

    def plan(self, acting: Acting, wish: Wish) -> Act:
        """Take what is wished for, if there is anything that this person may export."""
        if wish.seconds is not None or wish.until is not None:
            raise Invalid("an export takes no time: leave out `seconds` and `until`")
        try:
            source, scope = _find(acting, wish.target)
        except NotPermitted:
            refuse_page(acting.services.db, acting.actor, PAGE, acting.now)
            raise
        why = check_reason(wish.reason, "the log is to be exported")
        _need_ready(acting)
        exports.need_few(acting.services.db, acting.actor.session)
        _need_some(acting.services.db, scope, source, wish.target)
        return acting.pending(wish, why)

    def allow(self, acting: Acting, act: Act) -> None:
        """Raise NotPermitted where this person may export nothing of it."""
        _find(acting, act.target)

    def do(self, acting: Acting, act: Act, proofs: tuple[Proof, ...]) -> None:
        """Write the intent and have it built, if there still is anything that may be exported."""
        db = acting.services.db
        try:
            source, scope = _find(acting, act.target)
            _need_ready(acting)
            size = _need_some(db, scope, source, act.target)
            form = read_format(str(act.target["format"]))
            row = exports.Export(
                id=act.id,
                subject=act.subject,
                session=act.session,
                filter=source.text,
                format=form,
                upto=size.upto,
                scope=scope_text(scope),
                rows=size.rows,
                created=acting.now,
            )
            intent = _intent(acting, act, proofs, row=row, scope=scope)
            if form is Format.CLOSED_PACKAGE:
                # Known before the export is: whoever finds one that waits without a password knows it lost.
                passwords.draw(act.id, acting.now)
            exports.add_export(db, row, intent)
        except (ActRefused, NotPermitted) as error:
            reason = error.reason if isinstance(error, ActRefused) else "no_role"
            record = draft_of(Kind.OPERATOR_ACT_NOT_DONE, acting, act, reason=reason, proofs=proofs)
            append(db, [record])
            raise

    def told(self, db: Database, act: Act) -> Told | None:
        """Tell that it was taken on; how far it is, the list of exports says."""
        row = exports.find_export(db, act.id)
        if row is None:
            return None
        return Told(
            id=act.id,
            action=act.action.value,
            state="refused" if row.state is State.FAILED else "accepted",
            expires_at=act.expires,
            final=True,
            good=row.state is not State.FAILED,
            persons=act.persons,
        )


def _need_ready(acting: Acting) -> None:
    """Raise ActRefused where its records might find no room, or would not be sealed."""
    db = acting.services.db
    try:
        need_room(db)
    except DiskNearlyFull as error:
        raise ActRefused("no_room", _FULL) from error
    if not is_sealing(db, acting.now):
        raise ActRefused("not_sealed", _NOT_SEALED)


def _find(acting: Acting, target: Mapping[str, Scalar]) -> tuple[Source, Scope]:
    """Read what is to be exported, and what of it this person may by the rights of this moment."""
    if "filter" not in target:
        raise Invalid("recordings can't be exported: name a `filter` of the log")
    source = read_source(str(target["filter"]))
    read_format(str(target["format"]))
    scope = scope_of_export(acting.services.db, acting.actor, source.page)
    if scope.empty:
        raise NotPermitted("there is nothing that this person may export")
    return source, scope


def _need_some(db: Database, scope: Scope, source: Source, target: Mapping[str, Scalar]) -> Size:
    size = measure(db, scope, source, int(target["upto"]))
    if not size.rows:
        raise ActRefused("nothing_fits", _NOTHING)
    most = most_rows(read_format(str(target["format"])))
    if most and size.rows > most:
        raise ActRefused("too_many_records", _TOO_MANY.format(most=most))
    return size


def _intent(
    acting: Acting, act: Act, proofs: tuple[Proof, ...], *, row: exports.Export, scope: Scope
) -> Draft:
    """Say what is about to be taken away, by whom, why, and how it was proved; persons are in the detail."""
    source = read_source(row.filter)
    whole = source.text != source.impersonal
    return Draft(
        kind=Kind.EXPORT_REQUESTED,
        received=acting.now,
        site=site_of_export(source, scope),
        refs={
            "act": act.id,
            "session": act.session,
            **proved_as(acting, act, proofs, sites=scope.sites),
            "filter": source.impersonal,
            "format": row.format.value,
            "upto": row.upto,
            "rows": row.rows,
        },
        private={**personal(acting.whole, act, proofs), **({"filter": source.text} if whole else {})},
    )


def site_of_export(source: Source, scope: Scope) -> str | None:
    """Give the one site that an export is of, None where it is of several or of the organisation."""
    sites = scope.sites & source.wanted.sites if source.wanted.sites else scope.sites
    return next(iter(sites)) if len(sites) == 1 and not scope.organisation else None
