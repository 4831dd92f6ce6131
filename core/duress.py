"""The words by which somebody says, unnoticed, that they are being forced. Pure."""


def same_words(said: str, agreed: str) -> bool:
    """Whether a reason is the one that was agreed on: who types it in a hurry may slip in case and spaces."""
    return _plain(said) == _plain(agreed)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold().rstrip(".!")
