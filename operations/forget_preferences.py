"""Forget what a person has chosen for their screens."""

from auth.current import Services
from operations.asking import awake
from store.preferences import forget_preferences


def forget_own_preferences(services: Services, asking: str, now: int) -> None:
    """Let the person whose session asks begin as on the first day; raises NotPermitted."""
    forget_preferences(services.db, awake(services, asking, now).subject)
