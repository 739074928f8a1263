"""Writes good images of discs that are lost or damaged."""

import os
from collections.abc import Iterable, Iterator, Sequence

from burners.progress import Progress
from spanner.model.plan import DiscKey
from spanner.model.units import SECTOR
from spanner.reading.discs import ImageDisc
from spanner.reading.ecc_repair import RepairedCopies
from spanner.reading.sectors import UnreadableSectorsError
from spanner.reading.verify import verify
from spanner.restoring.opened_discs import OpenedDisc
from spanner.restoring.rebuilding import Rebuilder
from spanner.wording import printable

_CHUNK = 1024  # sectors


class ImageRepair:
    """Makes images in a folder, and checks each before it gets its name."""

    def __init__(
        self,
        rebuilder: Rebuilder,
        repaired: RepairedCopies,
        opened: Sequence[OpenedDisc],
        folder: str,
        progress: Progress,
    ) -> None:
        self._rebuilder = rebuilder
        self._repaired = repaired
        self._opened = opened
        self._folder = folder
        self._progress = progress

    def images(self, discs: Iterable[DiscKey]) -> list[str]:
        """Write images of these discs, and return the paths of those that are good; others go."""
        os.makedirs(self._folder, exist_ok=True)
        found: list[str] = []
        for key in sorted(discs):
            path = self._image(key, found)
            found += [path] if path else []
        return found

    def _image(self, key: DiscKey, others: Sequence[str]) -> str:
        """Write a good image of a disc beside the `others`; return its path, or nothing."""
        for disc, total in self._candidates(key):
            path = os.path.join(self._folder, f"{disc.image.volume_id}.iso")
            if path in others:  # a disc of another set, by the same name
                path = os.path.join(self._folder, f"{disc.image.volume_id}-{key.set_id[:8]}.iso")
            partial = f"{path}.partial"
            try:
                self._write(disc, total, partial)
                if not verify(partial, self._progress).problems:
                    os.replace(partial, path)
                    self._progress.note(f"{printable(path)}: repaired, and found good")
                    return path
            except UnreadableSectorsError as error:
                self._progress.note(str(error))
            if os.path.exists(partial):
                os.unlink(partial)
        self._progress.note(f"disc {key.number} cannot be repaired from what is there")
        return ""

    def _candidates(self, key: DiscKey) -> Iterator[tuple[ImageDisc, int]]:
        """What the disc may be read from, and how many sectors of it, the best first.

        That is copies as their own error correction restores them, with it; then all copies, merged
        ones, and what parity restores, without what lies behind their volume.
        """
        copies = [disc for disc in self._opened if disc.key == key]
        for disc in copies:
            repaired = None if disc.merged else self._repaired.of(disc.source.path)
            if isinstance(repaired, ImageDisc):
                yield repaired, repaired.image.file_sectors
        for disc in copies:
            if isinstance(disc.source, ImageDisc):
                yield disc.source, disc.source.image.total_sectors
        for source in self._rebuilder.discs(key):
            yield source, source.image.total_sectors

    def _write(self, disc: ImageDisc, total: int, path: str) -> None:
        sectors = disc.image.sectors
        buffer = memoryview(bytearray(_CHUNK * SECTOR))
        with (
            self._progress.task(f"repairing {disc.image.volume_id}", total * SECTOR),
            open(path, "wb") as out,
        ):
            for first in range(0, total, _CHUNK):
                chunk = buffer[: min(_CHUNK, total - first) * SECTOR]
                sectors.read_into(first * SECTOR, chunk)
                out.write(chunk)
                self._progress.advance(len(chunk))
            out.flush()
            os.fsync(out.fileno())
