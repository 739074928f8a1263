"""Reaper projects, the simplest sessions there are, and trees with media elsewhere."""

from collections.abc import Iterable


def reaper(*files: str) -> bytes:
    """A project that refers to these files."""
    return project(("WAVE", file) for file in files)


def project(sources: Iterable[tuple[str, str]]) -> bytes:
    """A project with these sources: what Reaper calls their kind, and the file."""
    items = "".join(
        f'  <TRACK\n    <ITEM\n      <SOURCE {kind}\n        FILE "{file}"\n      >\n    >\n  >\n'
        for kind, file in sources
    )
    return f'<REAPER_PROJECT 0.1 "7.0/linux-x86_64" 1700000000\n{items}>\n'.encode()
