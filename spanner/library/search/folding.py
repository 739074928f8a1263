"""How names are compared, and the pieces of three letters that they are found by.

Names are compared without case and in one Unicode form. In the indexes a name has a `/` before it
and two behind it, a folder (which ends with one) one on each side: a `/` in a search is then a
beginning or an end, and every letter begins a piece of three.
"""

from collections.abc import Iterable
from unicodedata import normalize


def fold(name: str) -> str:
    """The name as it is compared: what differs in case or Unicode form only is the same."""
    if name.isascii():
        return name.lower()
    return normalize("NFC", normalize("NFD", name).casefold())


def folded_apart(name: str) -> str | None:
    """The folded name where it is not just what SQLite's `lower` makes of the name."""
    return None if name.isascii() else fold(name)


def pieces(text: str) -> Iterable[str]:
    """All pieces of three letters of a text, one after another."""
    return map("".join, zip(text, text[1:], text[2:], strict=False))
