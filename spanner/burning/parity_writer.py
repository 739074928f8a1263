"""Computes a parity from all images of a set, which are made anew from their sources for it.

So a parity disc depends on the plan and the sources alone, as all discs do, and can be made at any
time on any drive; no image needs to be kept for it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing

from spanner.catalog.bag import texts
from spanner.catalog.parity_table import Write
from spanner.imaging.layout import lay_out
from spanner.imaging.stream import ImageStream
from spanner.model.plan import Disc, Plan
from spanner.model.units import SECTOR
from spanner.parity.files import write_parity

_MEMORY = 64 << 20  # bytes of buffers for all images together


def parity_writer(plan: Plan, disc: Disc) -> Write:
    """What writes the disc's parity, and then knows the hashes of all files of the set."""

    def write(sink: Callable[[memoryview], None]) -> Mapping[str, str]:
        images = plan.data_discs
        buffer = max(SECTOR, min(1 << 20, _MEMORY // len(images) // 4 // SECTOR * SECTOR))
        streams = [ImageStream(lay_out(plan, each, texts(plan, each)), buffer) for each in images]
        with ExitStack() as stack:
            readers = []
            for each, stream in zip(images, streams, strict=True):
                blocks = stack.enter_context(closing(stream.blocks()))
                readers.append(_InOrder(each, blocks))
            write_parity(readers, [_Sink(sink)], numbers=[disc.parity - 1])
            for reader in readers:
                reader.finish()
        return {path: digest for each in streams for path, digest in each.digests.files.items()}

    return write


class _Sink:
    """What a parity is written to."""

    def __init__(self, sink: Callable[[memoryview], None]) -> None:
        self.write = sink


class _InOrder:
    """An image that is read once, from its first sector to its last, while it is made."""

    def __init__(self, disc: Disc, blocks: Iterator[memoryview]) -> None:
        self.name = disc.volume_id
        self.sectors = disc.volume_sectors
        self._blocks = blocks
        self._block = memoryview(b"")
        self._next = 0

    def read(self, first: int, into: memoryview) -> Sequence[range]:
        """Fill `into` with the sectors from `first` on, which must be those that come next."""
        assert first == self._next, f"{self.name} is made in order"
        self._next += len(into) // SECTOR
        done = 0
        while done < len(into):
            if not self._block:
                self._block = next(self._blocks)
            count = min(len(self._block), len(into) - done)
            into[done : done + count] = self._block[:count]
            self._block = self._block[count:]
            done += count
        return ()

    def finish(self) -> None:
        """Have the image made to its end, after which its hashes are known."""
        assert not self._block, f"{self.name} is longer than planned"
        assert next(self._blocks, None) is None, f"{self.name} is longer than planned"
