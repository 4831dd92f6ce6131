"""The words around a book of records: what it is called, what is new, and what to do where nothing is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.log_filter import to_query
from pages.formats import Formats
from pages.log_address import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What differs from book to book: its title, and what would be in it where it is empty."""

    title: str
    empty_title: str
    empty: str
    everything: str


def new_words(count: int, most: int) -> str:
    """Say how much has come since the book was opened, up to `most`; nothing where nothing has."""
    if not count:
        return ""
    if count >= most:
        return f"{most} or more new records"
    return f"{count} new record{'' if count == 1 else 's'}"


def span_words(ids: Sequence[int], write: Formats, *, newest: bool) -> str:
    """Say which part of the book is shown."""
    if newest:
        return "Newest first, as of "
    return f"Newest first, No. {write.number(ids[0])} to {write.number(ids[-1])}"


def empty_words(words: Words, asked: Asked) -> dict[str, object]:
    """Say why nothing is shown, and what to ask for instead."""
    if asked.problem:
        ways: list[dict[str, object]] = [{"text": "Show what is left of it", "query": dict(asked.instead)}]
        title = "This address asks for something that is not there"
        return {"title": title, "words": asked.problem, "ways": ways}
    if asked.before is not None or asked.after is not None:
        beyond = "Nothing that fits is on this side of it. What is newest may have come since."
        ways = [{"text": "Newest", "query": asked.query}]
        return {"title": "The log ends here", "words": beyond, "ways": ways}
    if not asked.query:
        return {"title": words.empty_title, "words": words.empty, "ways": []}
    ways = [{"text": words.everything, "query": {}}]
    if asked.wanted.span and len(asked.query) > 1:
        always = to_query(replace(asked.wanted, span=None))
        ways.insert(0, {"text": "The same at any time", "query": always})
    none = "No record of your sites fits all that is chosen above. Take a filter away, or look at more time."
    return {"title": "Nothing is recorded that fits", "words": none, "ways": ways}
