"""An act as a row of the audit's table: who, by what right and proof, from where, why, and how it ended."""

from typing import Final

from core.audit import Ending
from core.records import KINDS, Kind
from pages.audit_words import ACTIONS, ENDINGS, network_words, proof_words
from pages.foreign import visible
from pages.formats import Formats
from pages.log_rows import UTC, Row
from pages.log_words import SEVERITIES, SIGNS, TONES, reason
from store.audit_pages import AuditLine
from store.log_names import LogNames

_SESSION: Final = 8


def row_of(one: AuditLine, names: LogNames, write: Formats) -> Row:
    """Write a line with the names of where it was; what is not named here keeps its id."""
    record = one.record
    site = names.sites.get(record.site or "")
    door = names.doors.get(record.door or "")
    device = names.devices.get(record.device or "")
    return {
        "id": record.id,
        "at": record.at,
        "received": record.received,
        "zone": site.time_zone if site else UTC,
        **_what(one),
        "site": record.site,
        "siteName": site.name if site else record.site,
        "door": None if one.line.doors else record.door,
        "doorName": visible(door.name if door else record.door or ""),
        "device": record.device,
        "deviceName": visible(device.name if device else record.device or ""),
        "doors": _doors(one, write),
        **_who(one),
        **_proof(one),
        "why": visible(one.private.get("why", "")),
        "told": _told(one),
        "outcome": _outcome(one),
    }


def _what(one: AuditLine) -> Row:
    kind = Kind(one.record.kind)
    label = one.record.label if one.line.action is None else ACTIONS[one.line.action]
    severity = KINDS[kind].severity
    if one.line.ending is not None:
        _, _, tone = ENDINGS[one.line.ending]
        return {"label": label, "sign": SIGNS[severity], "tone": tone, "severity": ""}
    return {
        "label": label,
        "sign": SIGNS[severity],
        "tone": TONES.get(severity, ""),
        "severity": SEVERITIES.get(severity, ""),
    }


def _doors(one: AuditLine, write: Formats) -> str:
    if not one.line.doors:
        return ""
    return "1 door" if one.line.doors == 1 else f"{write.number(one.line.doors)} doors"


def _who(one: AuditLine) -> Row:
    said, refs = one.private, one.refs
    # Where somebody did it to another, that one is named as well.
    by = said.get("by", "")
    subject = by or said.get("subject", "")
    name = "" if by else said.get("name", "")
    session = str(refs.get("session", ""))
    return {
        "name": visible(name or subject),
        "subject": visible(subject if name else ""),
        "roles": visible(str(refs.get("roles", ""))),
        "session": session[:_SESSION],
        "address": visible(said.get("address", "")),
        "network": network_words(refs),
    }


def _proof(one: AuditLine) -> Row:
    means, age = proof_words(one.refs)
    second, second_age = proof_words(one.refs, "second_")
    by = one.private.get("second_name") or one.private.get("second_subject") or ""
    return {
        "proof": visible(means),
        "proofAge": age,
        "second": visible(f"{second}, {second_age}" if second_age else second),
        "secondBy": visible(by or ("second person" if second else "")),
    }


def _told(one: AuditLine) -> list[str]:
    """Say what else there is to a record: what was looked for, which page was refused, whom it is about."""
    refs, said = one.refs, one.private
    if one.record.kind != Kind.LOG_SEARCHED:
        about = said.get("name") or said.get("subject") if "by" in said else None
        page = f"/{refs['page']}" if "page" in refs else None
        return [visible(word) for word in (page, about and f"about {about}") if word]
    query = str(refs.get("filter", ""))
    shown = f"/{refs.get('page', '')}{'?' if query else ''}{query}"
    sought = said.get("sought")
    return [visible(shown), *([f"person {visible(sought)}"] if sought else [])]


def _outcome(one: AuditLine) -> Row:
    """Say how it ended; of what is no act, what came of it if anything is said of that."""
    why = one.end.reason
    more = reason(why)[0] if why else visible((one.end.outcome or "").replace("_", " "))
    ending = one.line.ending
    if ending is None:
        return {"sign": "", "tone": "", "words": "", "label": "", "reason": more, "code": why}
    sign, words, tone = ENDINGS[ending]
    of = f"{one.line.done} of {one.line.doors} doors" if one.line.doors > 1 else ""
    label = one.end.label if ending is not Ending.GOOD or not of else ""
    return {
        "sign": sign,
        "tone": tone,
        "words": words,
        "label": ", ".join(filter(None, (of, label))),
        "reason": more,
        "code": why,
    }
