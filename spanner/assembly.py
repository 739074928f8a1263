"""One disc of a plan put together: parity, texts, layout, stream, error correction.

The planner measures what is assembled here and a job writes it: what was planned to fit is what is
written.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from burners import GrownImage, Image
from spanner.catalog.bag import texts
from spanner.catalog.parity_table import parity_files
from spanner.ecc.grown import protected
from spanner.ecc.rs03 import planned
from spanner.errors import UsageError
from spanner.imaging.authoring import measure
from spanner.imaging.layout import Digests, Layout, lay_out
from spanner.imaging.stream import ImageStream
from spanner.model.plan import Disc, Plan
from spanner.model.units import SECTOR
from spanner.parity.files import write_parity

_MEMORY = 64 << 20  # bytes of buffers for all images together, while a parity is computed


@dataclass(frozen=True, slots=True)
class PreparedImage:
    """An image that can be written now.

    `contents`: first sector, sectors and name of what lies on it; `hashes`: path, part and SHA-256
    of its files, known after it was written.
    """

    image: Image | GrownImage
    contents: Callable[[], Iterable[tuple[int, int, str]]]
    hashes: Callable[[], Iterable[tuple[str, int, str]]]


def measured(plan: Plan, disc: Disc) -> int:
    """The exact sectors of the disc's image, without error correction. No source is opened."""
    return measure(_layout(plan, disc))


def text_length(plan: Plan, disc: Disc) -> int:
    """Bytes of all texts that lie beside the data of the disc."""
    empty = Digests()
    return sum(len(piece) for _, text in texts(plan, disc) for piece in text(empty))


def assemble(plan: Plan, disc: Disc) -> PreparedImage:
    """The disc's image, ready to be written; sources are read while it is.

    Raises:
        UsageError: its image has not the size that was planned.
    """
    stream = ImageStream(_layout(plan, disc))
    if stream.sectors != disc.volume_sectors:
        raise UsageError(
            f"{disc.volume_id}: its image has {stream.sectors} sectors, the plan says "
            f"{disc.volume_sectors}: it was made by another version, plan again"
        )

    def hashes() -> Iterator[tuple[str, int, str]]:
        for item in disc.items:
            digest = stream.digests.files[item.on_disc]
            for name in item.names():
                yield name.path, item.part, digest

    def contents() -> Iterator[tuple[int, int, str]]:
        yield from stream.contents()
        if disc.ecc_sectors:
            yield stream.sectors, disc.ecc_sectors, "the error correction"

    image = Image(disc.volume_id, stream.sectors, stream.blocks)
    if not disc.ecc_sectors:
        return PreparedImage(image, contents, hashes)
    return PreparedImage(protected(image, planned(stream.sectors, plan.ecc)), contents, hashes)


def _layout(plan: Plan, disc: Disc) -> Layout:
    computed = parity_files(plan, disc, lambda sink: _write_parity(plan, disc, sink))
    return lay_out(plan, disc, texts(plan, disc), computed)


def _write_parity(plan: Plan, disc: Disc, sink: Callable[[memoryview], None]) -> Mapping[str, str]:
    """Write a disc's parity, and return the SHA-256 of all files of the set, by path on disc.

    It is computed from all data discs' images, which are made anew from their sources for it. So
    a parity disc depends on the plan and the sources alone, as all discs do, and can be made at any
    time on any drive; no image needs to be kept for it.
    """
    images = plan.data_discs
    buffer = max(SECTOR, min(1 << 20, _MEMORY // len(images) // 4 // SECTOR * SECTOR))
    streams = [ImageStream(_layout(plan, each), buffer) for each in images]
    with ExitStack() as stack:
        readers = []
        for each, stream in zip(images, streams, strict=True):
            blocks = stack.enter_context(closing(stream.blocks()))
            readers.append(_InOrder(each, blocks))
        write_parity(readers, [_Sink(sink)], numbers=[disc.parity - 1])
        for reader in readers:
            reader.finish()
    return {path: digest for each in streams for path, digest in each.digests.files.items()}


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
