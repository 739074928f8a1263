"""An image with error correction behind it: made by dvdisaster, checked without it."""

import hashlib
import threading

from burners import GrownImage, Image, Progress, StoppedError
from burners.image import Checksums, blocks_of
from spanner.ecc import dvdisaster
from spanner.ecc.codeword import ChecksumCheck, CodewordCheck
from spanner.ecc.rs03 import Rs03
from spanner.errors import SpannerError
from spanner.model.units import SECTOR
from spanner.wording import printable


def protected(image: Image, layout: Rs03) -> GrownImage:
    """The image with RS03 behind it, which is made when the image is written.

    That raises SpannerError where dvdisaster failed, or made something else than was expected of
    it, and ProgramError where it cannot be run.
    """

    def grow(
        path: str, start: Checksums, progress: Progress, stop: threading.Event | None
    ) -> Checksums:
        size = layout.total * SECTOR
        with progress.task(f"adding error correction to {image.volume_id}", size):
            dvdisaster.augment(path, layout, progress, stop)
        with progress.task(f"checking the error correction of {image.volume_id}", size):
            return _checked(path, layout, start.sha256, progress, stop)

    return GrownImage(image.volume_id, layout.total, image, grow)


def _checked(
    path: str, layout: Rs03, sha256: str, progress: Progress, stop: threading.Event | None
) -> Checksums:
    """The checksums of an augmented image whose own part is as before, and whose parity is right.

    Raises:
        SpannerError: they are not.
    """
    checksums = Checksums()
    codewords = CodewordCheck(layout)
    errors = ChecksumCheck(layout)
    own = hashlib.sha256()
    left = layout.data * SECTOR
    for block in blocks_of(path):
        if stop and stop.is_set():
            raise StoppedError("it was stopped")
        own.update(block[:left])
        left -= len(block[:left])
        codewords.update(block)
        errors.update(block)
        checksums.update(block)
        progress.advance(len(block))
    checksums.finish()
    if own.hexdigest() != sha256:
        raise SpannerError(f"{printable(path)}: {dvdisaster.PROGRAM} changed the image itself")
    if codewords.bad_sectors() or errors.bad_sectors():
        raise SpannerError(f"{printable(path)}: the error correction is not right")
    return checksums
