"""Produces an image's bytes strictly in order: each source byte is read once and hashed on its way.

One thread reads and hashes the files into a few large buffers; whoever takes the blocks hashes the
image and writes it. Memory does not depend on the size of the data.
"""

import hashlib
import os
import queue
import stat
import threading
from collections.abc import Generator, Iterator

from spanner.errors import SourceChangedError, SourceError
from spanner.imaging.authoring import author
from spanner.imaging.layout import Computed, Digests, FileEntry, Layout, Piece
from spanner.model.units import SECTOR, sectors
from spanner.wording import printable

_BUFFER = 1 << 20
_BUFFERS = 4
_CHUNK = 512  # sectors of the structure that are written at once


class ImageStream:
    """One disc's image. After `blocks()` ran to its end, `digests` are known.

    `buffer`: bytes of each of the four buffers.
    """

    def __init__(self, layout: Layout, buffer: int = _BUFFER) -> None:
        self._layout = layout
        self._buffer = buffer
        self._structure = author(layout)
        self.sectors = self._structure.total
        self.digests = Digests()

    def contents(self) -> Iterator[tuple[int, int, str]]:
        """Where what lies, in order: first sector, sectors, what it is."""
        position = self._structure.data_start
        yield 0, position, "the disc's structure"
        for entry in self._layout.files:
            count = sectors(entry.size)
            for path in entry.paths:
                yield position, count, path
            position += count
        yield self.sectors - 1, 1, "the disc's structure"

    def blocks(self) -> Generator[memoryview]:
        """Yield the image's bytes in order; a block is valid until the next one is asked for.

        Raises:
            SourceChangedError: a source is not what the plan says.
            SourceError: a source cannot be read.
        """
        self.digests = Digests()
        buffers = _Buffers(self._buffer)
        reader = threading.Thread(target=self._produce, args=(buffers,), daemon=True)
        reader.start()
        try:
            while (block := buffers.next()) is not None:
                yield block
                buffers.give_back(block)
        finally:
            buffers.stop()
            reader.join()

    def _produce(self, buffers: "_Buffers") -> None:
        try:
            self._write(_Output(buffers))
        except _StoppedError:
            return
        except BaseException as error:  # raised again where the blocks are taken
            buffers.fail(error)

    def _write(self, out: "_Output") -> None:
        structure = self._structure
        last = _sectors(structure.blocks, structure.total - 1, 1)
        head = hashlib.sha256()
        for first in range(0, structure.data_start, _CHUNK):
            chunk = _sectors(structure.blocks, first, min(_CHUNK, structure.data_start - first))
            head.update(chunk)
            out.write(chunk)
        self.digests.structure = [
            (head.hexdigest(), 0, structure.data_start),
            (hashlib.sha256(last).hexdigest(), structure.total - 1, 1),
        ]
        for entry in self._layout.files:
            digest = self._file(out, entry)
            for path in entry.paths:
                self.digests.files[path] = digest
            out.pad()
        out.zeros(structure.total * SECTOR - SECTOR - out.position)
        out.write(last)
        out.flush()

    def _file(self, out: "_Output", entry: FileEntry) -> str:
        if isinstance(entry.content, Piece):
            return _copy_piece(out, entry.content, entry.size)
        if isinstance(entry.content, Computed):
            return self._compute(out, entry.content)
        text = b"".join(entry.content(self.digests))
        assert len(text) == entry.size, f"{entry.path} changed its length"
        out.write(text)
        return hashlib.sha256(text).hexdigest()

    def _compute(self, out: "_Output", content: Computed) -> str:
        digest = hashlib.sha256()
        start = out.position

        def sink(data: memoryview) -> None:
            digest.update(data)
            out.write(data)

        self.digests.files.update(content.write(sink))
        assert out.position == start + content.size, f"{content.path} changed its length"
        return digest.hexdigest()


def _sectors(blocks: dict[int, bytes], first: int, count: int) -> bytearray:
    """The bytes of `count` sectors of the structure, from sector `first` on."""
    chunk = bytearray(count * SECTOR)
    for index in range(count):
        block = blocks.get(first + index)
        if block:
            chunk[index * SECTOR : index * SECTOR + len(block)] = block
    return chunk


def _copy_piece(out: "_Output", piece: Piece, size: int) -> str:
    """Copy a source's bytes and return their SHA-256; the source must be as it was planned."""
    digest = hashlib.sha256()
    try:
        # O_NONBLOCK: a pipe in the file's place must not hang.
        fd = os.open(piece.source, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            _check_unchanged(os.fstat(fd), piece.source, piece.mtime_ns, piece)
            position, end = piece.offset, piece.offset + size
            while position < end:
                room = out.room(end - position)
                count = os.preadv(fd, [room], position)
                if not count:
                    raise SourceChangedError(piece.source, f"it ends at byte {position:,}")
                digest.update(room[:count])
                out.advance(count)
                position += count
            _check_unchanged(os.fstat(fd), piece.source, piece.mtime_ns, piece)
        finally:
            os.close(fd)
        for duplicate, mtime_ns in piece.duplicates:
            _check_unchanged(os.stat(duplicate), duplicate, mtime_ns, piece)
    except OSError as error:
        raise SourceError(
            f"{printable(error.filename or piece.source)}: cannot be read ({error.strerror}); "
            f"the disc was not written"
        ) from error
    if piece.sha256 and piece.sha256 != digest.hexdigest():
        raise SourceChangedError(piece.source, "its content is not what was hashed for the plan")
    return digest.hexdigest()


def _check_unchanged(info: os.stat_result, source: str, mtime_ns: int, piece: Piece) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise SourceChangedError(source, "it is no regular file any more")
    if info.st_size != piece.file_size:
        raise SourceChangedError(
            source, f"it has {info.st_size:,} bytes, planned were {piece.file_size:,}"
        )
    if info.st_mtime_ns != mtime_ns:
        raise SourceChangedError(source, "its modification time changed since the plan")


class _StoppedError(Exception):
    """Whoever took the blocks is gone: the reading thread is to end."""


class _Buffers:
    """Hands filled buffers from the reading thread to the taker, and empty ones back."""

    def __init__(self, size: int) -> None:
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        self._full: queue.SimpleQueue[memoryview | BaseException | None] = queue.SimpleQueue()
        self._stopped = False
        for _ in range(_BUFFERS):
            self._free.put(memoryview(bytearray(size)))

    def take(self) -> memoryview:
        buffer = self._free.get()
        if self._stopped:
            raise _StoppedError
        return buffer

    def hand_over(self, block: memoryview | None) -> None:
        self._full.put(block)

    def fail(self, error: BaseException) -> None:
        self._full.put(error)

    def next(self) -> memoryview | None:
        block = self._full.get()
        if isinstance(block, BaseException):
            raise block
        return block

    def give_back(self, block: memoryview) -> None:
        self._free.put(memoryview(block.obj))

    def stop(self) -> None:
        self._stopped = True
        self._free.put(memoryview(b""))  # wakes the reading thread where it waits


class _Output:
    """Fills buffers with the image's bytes and hands them over."""

    def __init__(self, buffers: _Buffers) -> None:
        self._buffers = buffers
        self._buffer = buffers.take()
        self._used = 0
        self.position = 0

    def room(self, most: int) -> memoryview:
        """Return where up to `most` further bytes can be put; `advance` says how many were."""
        if self._used == len(self._buffer):
            self._buffers.hand_over(self._buffer)
            self._buffer, self._used = self._buffers.take(), 0
        return self._buffer[self._used : self._used + most]

    def advance(self, count: int) -> None:
        """Take note that `count` bytes were put into the room."""
        self._used += count
        self.position += count

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Put these bytes behind those that came before."""
        done = 0
        while done < len(data):
            room = self.room(len(data) - done)
            room[:] = data[done : done + len(room)]
            self.advance(len(room))
            done += len(room)

    def zeros(self, count: int) -> None:
        """Put `count` zero bytes behind those that came before."""
        self.write(bytes(count))

    def pad(self) -> None:
        """Fill the last sector with zeros."""
        self.zeros(-self.position % SECTOR)

    def flush(self) -> None:
        """Hand over the last buffer, and say that it was the last."""
        self._buffers.hand_over(self._buffer[: self._used])
        self._buffers.hand_over(None)
