"""How a simulated door is, as what happens changes it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.doors import EFFECTS
from core.records import Kind


@dataclass(slots=True)
class DoorWords:
    """A door's position, lock, mode and alarm."""

    words: dict[str, str] = field(
        default_factory=lambda: {"position": "closed", "lock": "locked", "mode": "normal", "alarm": "none"}
    )

    def fold(self, kind: Kind, words: Mapping[str, object]) -> bool:
        """Take in what happens; returns whether anything is different now."""
        before = dict(self.words)
        self.words.update({name: str(value) for name, value in EFFECTS.get(kind, {}).items()})
        if kind is Kind.DOOR_MODE_CHANGED:
            self.words["mode"] = str(words["mode"])
        return self.words != before
