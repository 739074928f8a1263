"""Paths as text, `/`-separated, odd bytes in them surrogates (os.fsdecode)."""

from collections.abc import Iterable


def is_safe(path: str) -> bool:
    """Whether the path is relative, stays below its start and can be a name on disk."""
    closed = f"/{path}/"
    steps = "//" in closed or "/./" in closed or "/../" in closed
    return not steps and is_bytes(path)


def is_bytes(text: str) -> bool:
    """Whether the system can take the text as a name: no NUL, no surrogates but of odd bytes."""
    if text.isascii():
        return "\0" not in text
    try:
        return b"\0" not in text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False


def parents(paths: Iterable[str]) -> set[str]:
    """All directories that the paths lie in, however far up; not the empty path."""
    found: set[str] = set()
    for path in paths:
        parent = path.rpartition("/")[0]
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition("/")[0]
    return found
