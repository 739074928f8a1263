"""The outer form of Pro Tools session files: header, obfuscation, blocks and the fields in them.

A file is a plain header of 20 bytes and, obfuscated, blocks that follow each other without a gap.
Avid has published nothing of it: what is here was read from sessions of Pro Tools 5.1 to 2024.10;
the obfuscation is that of the open reader ptformat (https://github.com/zamaudio/ptformat).
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from spanner.model.session import SessionError
from spanner.sources.formats.opening import read_file
from spanner.wording import printable

MAGIC = b"\x030010111100101011"
"""The first 17 bytes of every session."""

SCHEME_1, SCHEME_5 = 1, 5
"""Ways to obfuscate: of Pro Tools 5 to 9 (.pts .pt5 .ptf), and of 10 and later (.ptx)."""

INDEX = 0x0002
"""Content type of the last block."""

_HEADER = 20  # bytes
_HEAD = 9  # bytes of a block before its payload: 5A, type, size, content type
_SIZE_FROM = 7  # a block's size counts from its content type on
_PERIOD = 256 * 4096  # bytes after which the keys of both schemes begin again
_ROOT = 0  # stands for a content type where there is no block


class Block(NamedTuple):
    """A block: where it begins in the file, its content type, and where its payload lies."""

    offset: int
    content_type: int
    start: int
    end: int


class SessionFile:
    """A session file in memory, in clear; offsets are those in the file.

    Attributes:
        scheme: how it was obfuscated, SCHEME_1 or SCHEME_5.
        order: the byte order of its integers.

    Raises:
        SessionError: it cannot be read or is no session that is known here. All methods raise it,
            with the path, the offset and the block's content type, for what does not fit the form.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        data = read_file(path)
        if not data:
            raise SessionError(
                f"{printable(path)} is empty; sessions up to Pro Tools 5.0 lie in the resource "
                f"fork, which a copy can lose"
            )
        if len(data) < _HEADER or not data.startswith(MAGIC):
            raise SessionError(f"{printable(path)} is no Pro Tools session")
        order, self.scheme, seed = data[0x11:_HEADER]
        if order > 1:
            raise self.error(0x11, _ROOT, f"byte order {order} is not known")
        if self.scheme not in {SCHEME_1, SCHEME_5}:
            raise self.error(0x12, _ROOT, f"obfuscation {self.scheme} is not known")
        self.order: Literal["big", "little"] = "big" if order else "little"
        self.data = _clear(data, self.scheme, seed)

    def __iter__(self) -> Iterator[Block]:
        """The top-level blocks but the first, which tells where the last, the index, begins."""
        end = len(self.data)
        pointer = self._head(_HEADER, end, _ROOT)
        if pointer.end - pointer.offset != _SIZE_FROM + 4:
            raise self.error(_HEADER, _ROOT, "the first block does not have 4 bytes")
        index = self.number(_HEADER + _SIZE_FROM, 4)
        at = pointer.end
        last = None
        while at < end:
            last = self.block(at, end, _ROOT)
            yield last
            at = last.end
        if last is None or (last.offset, last.content_type) != (index, INDEX):
            raise self.error(
                end, _ROOT, f"it does not end with the index that is said to begin at {index:#x}"
            )

    def block(self, at: int, end: int, within: int) -> Block:
        """The block that begins at offset `at` in a block of type `within` that ends at `end`."""
        block = self._head(at, end, within)
        if block.end < block.start:
            raise self.error(at, within, "the block is too small for its content type")
        return block._replace(content_type=self.number(at + _SIZE_FROM, 2))

    def number(self, at: int, size: int) -> int:
        """The unsigned integer of `size` bytes at an offset that was found to be in the file."""
        return int.from_bytes(self.data[at : at + size], self.order)

    def error(self, at: int, content_type: int, what: str) -> SessionError:
        """The error to raise for what lies at offset `at`, in a block of that type or in none."""
        block = f" in block {content_type:#06x}" if content_type else ""
        return SessionError(
            f"{printable(self.path)} is damaged or of an unknown kind: at {at:#x}{block}: {what}"
        )

    def _head(self, at: int, end: int, within: int) -> Block:
        """A block without its content type."""
        if end - at < _SIZE_FROM or self.data[at] != 0x5A:
            raise self.error(at, within, "no block begins here")
        size = self.number(at + 3, 4)
        if size > end - at - _SIZE_FROM:
            raise self.error(at, within, f"{size} bytes of a block do not fit here")
        return Block(at, _ROOT, at + _HEAD, at + _SIZE_FROM + size)


class Fields:
    """Reads a block's payload field by field; `at` is the offset of the next.

    Raises:
        SessionError: by all methods, where the payload ends too early or holds something else.
    """

    def __init__(self, file: SessionFile, block: Block) -> None:
        self.file = file
        self.block = block
        self.at = block.start

    @property
    def left(self) -> int:
        """Bytes to the payload's end."""
        return self.block.end - self.at

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if size > self.left:
            raise self.error(f"{size} bytes do not fit into the {self.left} that are left")
        self.at += size
        return self.file.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        """The next unsigned integer, of `size` bytes."""
        return int.from_bytes(self.take(size), self.file.order)

    def count(self, smallest: int) -> int:
        """The next u32, a number of things that take at least `smallest` bytes each."""
        count = self.number(4)
        if count > self.left // smallest:
            raise self.error(f"{count} entries do not fit into the {self.left} bytes left")
        return count

    def text(self) -> bytes:
        """The next string, which is of an encoding that only its version tells."""
        text = self.take(self.number(4))
        if b"\0" in text:
            raise self.error("a text holds a NUL")
        return text

    def inner(self, *content_types: int) -> "Fields":
        """The payload of the next block in this one, which must be of one of the types, if any."""
        block = self.file.block(self.at, self.block.end, self.block.content_type)
        if content_types and block.content_type not in content_types:
            raise self.error(f"a block {block.content_type:#06x} is not expected here")
        self.at = block.end
        return Fields(self.file, block)

    def error(self, what: str) -> SessionError:
        """The error to raise for what lies before `at`."""
        return self.file.error(self.at, self.block.content_type, what)


def _clear(data: bytes, scheme: int, seed: int) -> bytes:
    """The file in clear: each byte after the header is XORed with a key that goes by its offset."""
    needed = min(len(data), _PERIOD)  # bytes of keys
    if scheme == SCHEME_1:
        delta = seed * pow(53, -1, 256)
        keys = bytes(k * delta & 255 for k in range(256)) * -(-needed // 256)
    else:
        delta = -seed * pow(11, -1, 256)
        keys = b"".join(bytes((k * delta & 255,)) * 4096 for k in range(-(-needed // 4096)))
    parts = [data[:_HEADER]]
    for at in range(0, len(data), _PERIOD):
        part = data[max(at, _HEADER) : at + _PERIOD]
        key = keys[_HEADER if at == 0 else 0 :][: len(part)]
        mixed = int.from_bytes(part, "little") ^ int.from_bytes(key, "little")
        parts.append(mixed.to_bytes(len(part), "little"))
    return b"".join(parts)
