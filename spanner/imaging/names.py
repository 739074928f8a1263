"""Names on disc: a safe name where another program would trip, and the ISO 9660 identifier."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator

_PERCENT = re.compile(r"%0[ad]|%25", re.IGNORECASE)
_NOT_D = re.compile(r"[^A-Z0-9_]")
_TROUBLE = {"Cc", "Cs", "Zl", "Zp"}  # control characters, surrogates, line and paragraph separators
_POSIX_LIMIT = 253  # bytes of UTF-8: of longer ones a Linux kernel shows another name
_UDF_LIMIT = 253  # bytes behind the one that tells the code (UDF 2.3.4.2)


def is_plain(name: str) -> bool:
    """No program that reads discs, bags or checksum files is known to trip over the name.

    Troublesome are control characters and all that ends a line to some reader, a backslash
    (coreutils escape it), `%0A`, `%0D`, `%25` (BagIt tools decode them), a space at the end (they
    strip it), bytes that are not UTF-8, and what is too long for Rock Ridge or UDF.
    """
    if name.isascii() and name.isprintable():
        trouble = "\\" in name or ("%" in name and _PERCENT.search(name))
        return not trouble and len(name) <= _UDF_LIMIT and not name.endswith(" ")
    return (
        "\\" not in name
        and not _PERCENT.search(name)
        and name == name.rstrip()
        and not any(unicodedata.category(c) in _TROUBLE for c in name)
        and len(name.encode()) <= _POSIX_LIMIT
        and len(udf_bytes(name)) <= _UDF_LIMIT
    )


def udf_bytes(name: str) -> bytes:
    """The name as UDF stores it, without the byte that tells which of two codes it is (2.1.1)."""
    try:
        return name.encode("latin-1")
    except UnicodeEncodeError:
        return name.encode("utf-16-be", "surrogatepass")


class DiscNames:
    """Gives each path of a set its path on disc, the same on every disc of the set.

    A path keeps its name where that is plain and differs from its neighbours by more than case or
    Unicode form. Others get `NAME~xxxxxxxx.EXT`, with a part of the name's SHA-256.
    """

    def __init__(self) -> None:
        self._directories: dict[str, str] = {"": "data"}
        self._taken: dict[str, set[str | bytes]] = {}

    def directory(self, path: str) -> str:
        """Where the directory `SESSION/...` lies on disc."""
        known = self._directories.get(path)
        if known is None:
            known = self._directories[path] = self._place(path, 1)
        return known

    def file(self, path: str, parts: int = 1) -> str:
        """Where the file lies on disc; with parts, the name that `.001` ... are put behind."""
        return self._place(path, parts)

    def _place(self, path: str, parts: int) -> str:
        head, _, name = path.rpartition("/")
        parent = self.directory(head)
        taken = self._taken.setdefault(parent, set())
        for candidate in _candidates(name):
            suffixed = (
                [candidate]
                if parts == 1
                else [f"{candidate}.{part:03}" for part in range(1, parts + 1)]
            )
            if all(is_plain(each) for each in suffixed):
                # pycdlib tells the names in a UDF directory apart by their bytes alone.
                keys = {key for each in suffixed for key in (_folded(each), udf_bytes(each))}
                if taken.isdisjoint(keys):
                    taken |= keys
                    return f"{parent}/{candidate}"
        raise AssertionError("there is always a free name")


def _folded(name: str) -> str:
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _candidates(name: str) -> Iterator[str]:
    yield name
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode("utf-8", "surrogateescape")) > 12:
        stem, dot, extension = name, "", ""
    stem, extension = _cleaned(stem), _cleaned(extension)
    dot = dot if extension else ""
    for length in range(8, 64, 4):
        yield f"{stem}~{digest[:length]}{dot}{extension}"


def _cleaned(text: str) -> str:
    """At most 60 characters and 180 bytes of it, with `_` for each that is in the way."""
    text = "".join(
        "_" if c == "\\" or unicodedata.category(c) in _TROUBLE else c for c in text[:60]
    )
    while len(text.encode()) > 180:
        text = text[:-1]
    return _PERCENT.sub("_", text).rstrip()


class IsoNames:
    """ISO 9660 identifiers (A-Z 0-9 _, at most 30 characters), unique in each directory."""

    def __init__(self) -> None:
        self._directories: dict[str, str] = {"": ""}
        self._used: set[str] = set()
        self._counts: dict[str, int] = {}

    def directory(self, path: str) -> str:
        """The ISO path of the directory at disc path `path`, as pycdlib wants it."""
        parent, _, name = path.rpartition("/")
        iso = self._unique(self._directories[parent], _d_characters(name)[:28], "")
        self._directories[path] = iso
        return iso

    def file(self, path: str) -> str:
        """The ISO path of the file at disc path `path`."""
        parent, _, name = path.rpartition("/")
        stem, dot, extension = name.rpartition(".")
        if not dot:
            stem, extension = name, ""
        tail = "." + _d_characters(extension)[:4]
        return self._unique(self._directories[parent], _d_characters(stem)[:24], tail) + ";1"

    def _unique(self, parent: str, stem: str, tail: str) -> str:
        stem = stem or "_"
        path = f"{parent}/{stem}{tail}"
        # Stems that begin alike share a count, lest each tries all numbers that the others have.
        series = f"{parent}/{stem[:18]}{tail}"
        while path in self._used:
            number = self._counts[series] = self._counts.get(series, 0) + 1
            count = f"_{number:X}"
            path = f"{parent}/{stem[: 24 - len(count)]}{count}{tail}"
        self._used.add(path)
        return path


def _d_characters(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in text if not unicodedata.combining(c))
    return _NOT_D.sub("_", text.upper())
