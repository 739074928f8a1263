"""Trees of files with names, times and modes that other archivers trip over."""

import hashlib
import os
import stat
from dataclasses import dataclass

OLD = -1_000_000_000_000_000_001
"""A time before 1970, to the nanosecond."""

ODD_NAMES = (
    "x" * 120 + ".wav",
    "y" * 251 + ".wav",
    "é" * 127 + ".",
    "emoji 🎸🥁.wav",
    "cafe\u0301.wav",
    "caf\u00e9.wav",
    "CASE.wav",
    "case.wav",
    "Case.WAV",
    "a%0Ab.wav",
    "a%0db.wav",
    "a%25.wav",
    "50% wet.wav",
    "carriage\rreturn.wav",
    "line\nfeed.wav",
    "latin \udce9\udcff.wav",
    "quo\"te's $(touch pwned) `x`;&|.wav",
    "back\\slash.wav",
    " space at both ends ",
    "-rf",
    "tab\tbell\x07.wav",
    "paragraph\u2029separator\u0085.wav",
    "con.wav",
    "dot at the end.",
    "nbsp at the end\u00a0",
    "<b>&amp;.wav",
)


@dataclass(frozen=True)
class Entry:
    """What must come back of a file, folder or link."""

    kind: str
    mode: int
    mtime_ns: int
    content: str
    links: int


def write(
    root: str,
    name: str,
    data: bytes = b"data",
    mode: int = 0o644,
    mtime_ns: int = 1_600_000_000_123_456_789,
) -> str:
    """Make a file below the root and return its path."""
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)
    os.utime(path, ns=(mtime_ns, mtime_ns))
    return path


def make_odd_tree(root: str) -> None:
    """Make a session with everything odd in it; special files are not among it."""
    for number, name in enumerate(ODD_NAMES):
        write(root, f"Audio Files/{name}", f"{number} {name}".encode("utf-8", "surrogateescape"))
    write(root, "/".join(f"level {number}" for number in range(20)) + "/deep.wav", b"deep")
    for letter in "KLMN":  # with all this, more than a disc of 1 MB takes
        write(root, f"Audio Files/{letter}ong.wav", letter.encode() * 60_000)
    write(root, "empty.wav", b"")
    write(root, "._empty.wav", b"AppleDouble")
    write(root, "old.wav", b"old", 0o600, OLD)
    write(root, "executable.sh", b"#!/bin/sh\n", 0o755)
    write(root, "set user id", b"s", 0o4755)
    write(root, "read only.wav", b"r", 0o400)
    write(root, "Odd.ptx", b"session" * 100)
    os.link(os.path.join(root, "executable.sh"), os.path.join(root, "Audio Files/further name.sh"))
    os.makedirs(os.path.join(root, "empty folder/in a folder"))
    os.makedirs(os.path.join(root, "folder of \udcff bytes\n"))
    os.symlink("empty.wav", os.path.join(root, "link"))
    os.symlink("/no/where \udcff\n", os.path.join(root, "dangling\n"))
    os.symlink("..", os.path.join(root, "up"))
    write(root, "read only folder/x.wav")
    os.chmod(os.path.join(root, "read only folder"), 0o555)
    for folder, _, _ in os.walk(root):
        os.utime(folder, ns=(1_500_000_000_987_654_321, 1_500_000_000_987_654_321))


def snapshot(root: str) -> dict[str, Entry]:
    """Everything below the root, and the root itself as ".", to compare with another tree."""
    found = {".": _entry(root)}
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            found[os.path.relpath(path, root)] = _entry(path)
    return found


def _entry(path: str) -> Entry:
    info = os.lstat(path)
    mode = stat.S_IMODE(info.st_mode)
    if stat.S_ISLNK(info.st_mode):
        return Entry("link", 0, 0, os.readlink(path), 1)
    if stat.S_ISDIR(info.st_mode):
        return Entry("folder", mode, info.st_mtime_ns, "", 1)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Entry("file", mode, info.st_mtime_ns, digest, info.st_nlink)
