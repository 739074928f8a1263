"""The bytes of session files, as they lie there or unpacked: never more than any session has.

What a file claims of its size is not believed, nor are archives that unpack to far more than the
files that programs write.
"""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Generator
from typing import BinaryIO, TypeVar

from spanner.model.session import SessionError
from spanner.wording import printable

Chunks = Generator[bytes, None, None]
"""A file's bytes, piece by piece; the file is open until the last, or until `close()`."""

MOST_TEXT = 200_000_000
"""Bytes of text, inflated or not, that are read at most."""

CHUNK = 1 << 16
"""Bytes in the chunks that files are read in."""

_MOST_BINARY = 64 << 20  # bytes that are read whole; large sessions have a few million
_MOST_DIRECTORY = 8_000_000  # bytes of a zip's directory: over 100 000 members
# Deflate packs 1032 to 1 at best, and session files about 20 to 1; past a few megabytes, what
# packs far better than those is a bomb.
_BOMB_SIZE = 2_000_000
_BOMB_RATIO = 200

_WRONG_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    OSError,
)

_Read = TypeVar("_Read")


def refused(path: str, what: str, line: int | None = None) -> SessionError:
    """The error that says why the session at `path` cannot be read, and where in it."""
    where = "" if line is None else f"line {line}: "
    return SessionError(f"{printable(path)}: {where}{what}")


def read_file(path: str, most: int = _MOST_BINARY) -> bytes:
    """All bytes of a regular file, which may have `most` of them.

    Raises:
        SessionError: it is larger, no regular file, or cannot be read.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):  # to open a pipe would wait
            raise SessionError(f"cannot read {printable(path)}: it is no file")
        if status.st_size > most:
            raise SessionError(f"{printable(path)} is no session: it has over {most} bytes")
        with open(path, "rb") as file:
            return file.read(status.st_size)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise SessionError(f"cannot read {printable(path)}: {reason}") from error


def opened(path: str) -> BinaryIO:
    """The session's file, open to read.

    Raises:
        SessionError: it cannot be opened.
    """
    try:
        return open(path, "rb")
    except OSError as error:
        raise refused(path, f"cannot be read ({error.strerror})") from error
    except ValueError as error:  # what is no name on disk
        raise refused(path, "cannot be read (no such name)") from error


def plain(path: str) -> Chunks:
    """The file's bytes in chunks.

    Raises:
        SessionError: it cannot be read.
    """
    with opened(path) as file:
        while chunk := _guarded(path, lambda: file.read(CHUNK)):
            yield chunk


def gunzipped(path: str) -> Chunks:
    """What the file holds that gzip packed (RFC 1952), in chunks; only its first member.

    Raises:
        SessionError: it cannot be read, is no gzip, is cut short, or grows beyond all bounds.
    """
    inflater = zlib.decompressobj(wbits=31)
    size = packed = 0
    for chunk in plain(path):
        packed += len(chunk)
        data = chunk
        while data and not inflater.eof:
            try:
                inflated = inflater.decompress(data, CHUNK)
            except zlib.error as error:
                raise refused(path, f"byte {packed}: damaged gzip data ({error})") from error
            data = inflater.unconsumed_tail
            size += len(inflated)
            _check_size(path, size, packed - len(data))
            if inflated:
                yield inflated
        if inflater.eof:
            return
    # All input is in; what the inflater still holds back is less than a chunk.
    while not inflater.eof:
        try:
            inflated = inflater.decompress(inflater.unconsumed_tail, CHUNK)
        except zlib.error as error:
            raise refused(path, f"byte {packed}: damaged gzip data ({error})") from error
        if not (inflated or inflater.eof):
            raise refused(path, f"byte {packed}: the gzip data is cut short")
        size += len(inflated)
        _check_size(path, size, packed)
        yield inflated


def members(path: str) -> dict[str, int]:
    """The members of the zip file and their sizes.

    Raises:
        SessionError: it cannot be read or is no zip file.
    """
    with opened(path) as file:
        archive = _guarded(path, lambda: zipfile.ZipFile(_BoundedZip(file)))
        return {info.filename: info.file_size for info in archive.infolist()}


def zipped(path: str, member: str) -> Chunks:
    """A member of the zip file, inflated in chunks.

    Raises:
        SessionError: the file cannot be read, has no such member, or that grows beyond all bounds.
    """
    with opened(path) as file:
        archive = _guarded(path, lambda: zipfile.ZipFile(_BoundedZip(file)))
        try:
            info = archive.getinfo(member)
        except KeyError:
            raise refused(path, f"holds no {member}") from None
        # Others, such as LZMA, can demand gigabytes to unpack; no program uses them here.
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refused(path, f"{member} is packed by method {info.compress_type}")
        source = _guarded(path, lambda: archive.open(info))
        size = 0
        while chunk := _guarded(path, lambda: source.read(CHUNK)):
            size += len(chunk)
            _check_size(path, size, info.compress_size)
            yield chunk


class _BoundedZip:
    """A file for zipfile, which reads a directory of any claimed size at once: not from here."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.close = file.close

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size > _MOST_DIRECTORY:
            raise ValueError("its directory is larger than a session's")
        return self._file.read(size)


def _guarded(path: str, step: Callable[[], _Read]) -> _Read:
    try:
        return step()
    except OSError as error:
        raise refused(path, f"cannot be read ({error.strerror or error})") from error
    except _WRONG_ZIP as error:
        raise refused(path, f"is a damaged zip file ({error})") from error


def _check_size(path: str, size: int, packed: int) -> None:
    if size > MOST_TEXT or (size > _BOMB_SIZE and size > _BOMB_RATIO * packed):
        raise refused(path, f"unpacks to {size} bytes or more, which no session does")
