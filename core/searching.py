"""What counts as the same when somebody types a name: case, accents and spaces do not matter."""

import unicodedata
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 64
# Letters that Unicode does not take apart into a plain one and its mark.
_PLAIN: Final = str.maketrans("øłđð\N{LATIN SMALL LETTER DOTLESS I}", "olddi") | str.maketrans(
    {"þ": "th", "æ": "ae", "œ": "oe"}
)
_GERMAN: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def folded(text: str) -> str:
    """Write text without case and accents: "Müller Straße" as "muller strasse" (Unicode 3.13, D146)."""
    if text.isascii():
        return text.lower()
    # Twice: what a sign is taken apart into may have capitals again.
    apart = _apart(_apart(unicodedata.normalize("NFD", text)))
    return "".join(one for one in apart if not unicodedata.combining(one)).translate(_PLAIN)


def _apart(text: str) -> str:
    return unicodedata.normalize("NFKD", text.casefold())


def spellings(text: str) -> tuple[str, ...]:
    """Give the ways to write text without accents: "Müller" as "muller" and, as Germans do, "mueller"."""
    plain = folded(text)
    if text.isascii():
        return (plain,)
    german = folded(unicodedata.normalize("NFC", text.casefold()).translate(_GERMAN))
    return (plain,) if german == plain else (plain, german)


def sought(*texts: str) -> str:
    """Write out, for the store to compare, every spelling of these texts."""
    return " ".join(dict.fromkeys(one for text in texts for one in spellings(text)))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: words that must all be there, anywhere, each in one of its spellings."""

    words: tuple[tuple[str, ...], ...]

    @staticmethod
    def of(text: str) -> "Wanted":
        """Read what was typed; what follows the first 64 characters is no name."""
        return Wanted(tuple(found for word in text[:LONGEST].split() if all(found := spellings(word))))

    @property
    def first(self) -> tuple[str, ...]:
        """The word by which the best answer begins."""
        return self.words[0]

    def rank(self, text: str) -> int | None:
        """Give how well a text fits, which begins with the name: 0 is best, None where a word is missing."""
        places = [self._place(said) for said in spellings(text)]
        return min((place for place in places if place is not None), default=None)

    def _place(self, said: str) -> int | None:
        if not all(any(one in said for one in word) for word in self.words):
            return None
        if said.startswith(self.first):
            return 0
        return 1 if any(f" {one}" in said for one in self.first) else 2
