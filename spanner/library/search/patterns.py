"""What is searched for, as conditions on the names of files and of folders.

The texts that conditions are about, with a `/` at their ends, are those that `folding` describes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from spanner.catalog.escaping import escape
from spanner.library.search.folding import fold

_WILDCARD = re.compile(r"[*?]|\[\^?\]?[^\]]*\]")
_HASH = re.compile(r"[0-9a-f]{8,64}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a text: SQL with `{}` for the text and `?` for each of the values.

    `literals` are in every text that fulfils it; they lead to it through the index.
    """

    literals: tuple[str, ...] = ()
    sql: str = ""
    values: tuple[str, ...] = ()


ANY = Condition()
"""No condition."""


@dataclass(frozen=True, slots=True)
class Place:
    """Files whose name and whose folder fulfil these conditions."""

    name: Condition = ANY
    folder: Condition = ANY


def is_hash(pattern: str) -> bool:
    """Whether it can be a SHA-256, or the beginning of one, of 8 digits or more."""
    return bool(_HASH.fullmatch(pattern))


def places(pattern: str) -> list[Place]:
    """The places that a pattern means; a file is found where it is in any of them.

    Nothing means all. A part of a name; with wildcards (`*`, `?`, `[a-z]`) the whole name; with
    a `/` the end of a folder and the beginning of a name, or a part of a folder. With both, the
    end of the path: the last part is the whole name, a `*` before it stands for slashes too.
    """
    if not pattern:
        return [Place()]
    text = fold(escape(pattern))
    glob = text.replace("[!", "[^")
    found = _places_of_glob(glob) if _WILDCARD.search(glob) else []
    if "*" in text or "?" in text:
        return found
    return [*found, *_places_of_part(text)]  # a name may well have brackets


def _places_of_glob(glob: str) -> list[Place]:
    folder, _, name = glob.rpartition("/")
    return [Place(_glob(f"/{name}//"), _glob(f"*/{folder}//") if folder else ANY)]


def _places_of_part(text: str) -> list[Place]:
    folder, slash, name = text.rpartition("/")
    if not slash:
        return [Place(_contains(name))]
    found = [Place(folder=_contains(text))]
    if name:
        found.append(Place(_contains(f"/{name}"), _contains(f"{folder}//") if folder else ANY))
    return found


def _contains(text: str) -> Condition:
    return Condition((text,), "instr({}, ?)", (text,))


def _glob(glob: str) -> Condition:
    literals = tuple(piece for piece in _WILDCARD.split(glob) if piece)
    # A bracket that nothing closes is one of the name.
    glob = "".join(part if wild else part.replace("[", "[[]") for part, wild in _parts(glob))
    return Condition(literals, "{} GLOB ?", (glob,))


def _parts(glob: str) -> Iterator[tuple[str, bool]]:
    """The literals and wildcards in order; whether each is a wildcard."""
    end = 0
    for match in _WILDCARD.finditer(glob):
        yield glob[end : match.start()], False
        yield match[0], True
        end = match.end()
    yield glob[end:], False
