"""The media types, their exact sectors, and the words of `--media`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from spanner.errors import UsageError
from spanner.model.units import SECTOR, parse_size, sectors

_TABLE: dict[str, tuple[int, str]] = {
    # 80 minutes are 360,000 sectors by name; real lead-outs lie at 79:59:74.
    "cd-r": (359_849, "CD-R, 80 minutes"),
    "cd-rw": (359_849, "CD-RW, 80 minutes"),
    "cd-r-74": (333_000, "CD-R, 74 minutes"),
    "cd-r-90": (405_000, "CD-R, 90 minutes"),
    "cd-r-99": (445_500, "CD-R, 99 minutes"),
    "cd-r-8cm": (94_500, "CD-R 8 cm, 21 minutes"),
    "dvd-r": (2_298_496, "DVD-R, 4.7 GB"),
    "dvd-rw": (2_298_496, "DVD-RW, 4.7 GB"),
    "dvd+r": (2_295_104, "DVD+R, 4.7 GB"),
    "dvd+rw": (2_295_104, "DVD+RW, 4.7 GB"),
    "dvd-r-dl": (4_171_712, "DVD-R dual layer, 8.5 GB"),
    "dvd+r-dl": (4_173_824, "DVD+R dual layer, 8.5 GB"),
    "dvd-ram": (2_236_704, "DVD-RAM, one side"),
    "dvd-r-8cm": (714_544, "DVD-R 8 cm, 1.4 GB"),
    "dvd+r-8cm": (714_544, "DVD+R 8 cm, 1.4 GB"),
    # No blank could be measured: planned with the nominal 15 and 30 GB.
    "hd-dvd-r": (15_000_000_000 // SECTOR, "HD DVD-R, 15 GB"),
    "hd-dvd-r-dl": (30_000_000_000 // SECTOR, "HD DVD-R dual layer, 30 GB"),
    # Write-once Blu-ray is burnt without spare area; rewritable discs are always formatted with it.
    "bd-r": (12_219_392, "BD-R, 25 GB"),
    "bd-re": (11_826_176, "BD-RE, 25 GB"),
    "bd-r-dl": (24_438_784, "BD-R dual layer, 50 GB"),
    "bd-re-dl": (23_652_352, "BD-RE dual layer, 50 GB"),
    "bd-r-xl": (48_878_592, "BD-R XL, 100 GB"),
    "bd-r-xl-128": (62_500_864, "BD-R XL, 128 GB"),
}
_ALIASES = {"cd": "cd-r", "dvd": "dvd+r", "dvd-dl": "dvd-r-dl", "bd": "bd-r", "bd-dl": "bd-r-dl"}
_ALIASES |= {"cd-r-80": "cd-r", "bd-r-tl": "bd-r-xl", "bd-r-ql": "bd-r-xl-128"}
_PRICE = re.compile(r"\d{1,12}(\.\d{0,12})?|\.\d{1,12}")
# A stock is made of digits and signs, so that the x of bd-r-xl starts none.
_TERM = re.compile(
    r"(?P<name>[^@]+?)(?:@(?P<price>[^x@]*))?(?:x(?P<stock>[-+.,\d]*))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """A type of disc that can be bought: its capacity in sectors, perhaps its price and stock.

    `reserve` sectors of it are left free; what is used of it holds error correction of `ecc`
    percent beside the image (0: none).
    """

    name: str
    sectors: int
    description: str
    price: float | None = None
    stock: int | None = None
    reserve: int = 0
    ecc: float = 0


def parse_media(text: str) -> tuple[Medium, ...]:
    """The media that "bd-r@1.20x10,dvd-r@0.25" names: NAME[@PRICE][xSTOCK], by commas.

    Raises:
        UsageError: unknown, given twice, or with a price or stock that is no number.
    """
    media = tuple(_parse_one(term.strip()) for term in text.split(","))
    names = [medium.name for medium in media]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--media names {name} twice")
    return media


def reserving(media: Iterable[Medium], text: str) -> tuple[Medium, ...]:
    """The media with so much of each left free: a size ("200MB") or a part of it ("5%").

    Raises:
        UsageError: it is neither.
    """
    percent = re.fullmatch(r"(\d{1,2}(?:\.\d{1,6})?) ?%", text.strip())
    if percent:
        share = Fraction(percent[1]) / 100
        return tuple(replace(each, reserve=ceil(each.sectors * share)) for each in media)
    try:
        count = sectors(parse_size(text))
    except ValueError as error:
        raise UsageError(f"--reserve: {error}, or a part such as 5%") from None
    return tuple(replace(each, reserve=count) for each in media)


def known_media(ecc: float = 0) -> tuple[Medium, ...]:
    """All media of the table, with that much error correction."""
    return tuple(
        Medium(name=name, sectors=size, description=words, ecc=ecc)
        for name, (size, words) in _TABLE.items()
    )


def _parse_one(term: str) -> Medium:
    match = _TERM.fullmatch(term)
    if not match:
        raise UsageError(f"--media {term!r}: say NAME[@PRICE][xSTOCK], such as bd-r@1.20x10")
    name = match["name"]
    if not name.lower().startswith("custom:"):  # a size keeps its spelling
        name = name.lower()
    size, words = _capacity(name)
    price, stock = match["price"], match["stock"]
    if price is not None and not _PRICE.fullmatch(price):
        raise UsageError(f"--media {term}: the price {price!r} is no number")
    if stock is not None and not re.fullmatch(r"\d{1,9}", stock):
        raise UsageError(f"--media {term}: the stock {stock!r} is no number")
    return Medium(
        name=_ALIASES.get(name, name),
        sectors=size,
        description=words,
        price=float(price) if price is not None else None,
        stock=int(stock) if stock is not None else None,
    )


def _capacity(name: str) -> tuple[int, str]:
    kind, colon, size = name.partition(":")
    if colon and kind.lower() == "custom":
        try:
            count = parse_size(size) // SECTOR
        except ValueError as error:
            raise UsageError(f"--media {name}: {error}") from None
        return count, f"custom, {size}"
    known = _TABLE.get(_ALIASES.get(name, name))
    if known is None:
        names = ", ".join(_TABLE)
        raise UsageError(f"unknown medium {name!r}; known are {names} and custom:SIZE")
    return known
