"""What lies on parity discs: the parity itself, and which images it was made from.

Parity is made of whole images, their bytes side by side, each image with zeros behind its end up to
the longest (`spanner.parity` has the code). `parity/images.tsv` lists them in their order.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from spanner.imaging.layout import Computed
from spanner.model.plan import Disc, Plan
from spanner.model.units import SECTOR

IMAGES = "parity/images.tsv"
HEADER = "number volume_id sectors".replace(" ", "\t")
_WIDTH = 10  # digits of sectors: the length of the text does not depend on them

Write = Callable[[Callable[[memoryview], None]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """An image that a parity was made from."""

    number: int
    volume_id: str
    sectors: int


def parity_path(number: int) -> str:
    """Where a parity lies on its disc."""
    return f"parity/parity_{number}.bin"


def parity_files(plan: Plan, disc: Disc, write: Write = lambda _: {}) -> list[Computed]:
    """The parity of a parity disc, which `write` computes; of other discs nothing."""
    return [Computed(parity_path(disc.parity), plan.longest * SECTOR, write)] if disc.parity else []


def image_lines(plan: Plan) -> Iterator[str]:
    """The lines of images.tsv, header first."""
    yield f"{HEADER}\n"
    for disc in plan.data_discs:
        yield f"{disc.number}\t{disc.volume_id}\t{disc.volume_sectors:0{_WIDTH}}\n"


def parse_images(text: str) -> list[ImageInfo]:
    """The images that an images.tsv lists, in their order.

    Raises:
        ValueError: it is not as `image_lines` writes it.
    """
    header, *lines = text.removesuffix("\n").split("\n")
    if header != HEADER or not lines:
        raise ValueError("it has no header or no images")
    found = []
    for expected, line in enumerate(lines, 1):
        number, volume_id, sectors = line.split("\t")
        if int(number) != expected or not sectors.isdecimal():
            raise ValueError(f"line {expected + 1} is damaged")
        found.append(ImageInfo(expected, volume_id, int(sectors)))
    return found
