"""Parity byte by byte, from the text of `spanner.parity` alone; and readers with bad sectors."""

from collections.abc import Iterable, Sequence

from spanner.model.units import SECTOR


def slow_product(a: int, b: int) -> int:
    """The product of two polynomials over GF(2), then its remainder modulo 0x11D."""
    product = 0
    for bit in range(8):
        if b >> bit & 1:
            product ^= a << bit
    for bit in range(14, 7, -1):
        if product >> bit & 1:
            product ^= 0x11D << (bit - 8)
    return product


def slow_power(a: int, exponent: int) -> int:
    result = 1
    for _ in range(exponent):
        result = slow_product(result, a)
    return result


def slow_coefficient(i: int, j: int) -> int:
    if i == 0:
        return 1
    if i == 1:
        return slow_power(2, j)
    return slow_power(slow_power(2, i - 1) ^ slow_power(slow_power(2, j), 254), 254)


def slow_parities(images: Sequence[bytes], count: int) -> list[bytes]:
    """All parities of the images."""
    longest = max(map(len, images))
    parities = []
    for i in range(count):
        parity = bytearray(longest)
        for j, image in enumerate(images):
            factor = slow_coefficient(i, j)
            products = bytes(slow_product(factor, byte) for byte in range(256))
            for n, byte in enumerate(image):
                parity[n] ^= products[byte]
        parities.append(bytes(parity))
    return parities


class MemoryReader:
    """An image in memory, with bad sectors, which are filled with rubbish."""

    def __init__(self, content: bytes, name: str = "image", bad: Iterable[int] = ()) -> None:
        assert len(content) % SECTOR == 0
        self.content = content
        self.name = name
        self.sectors = len(content) // SECTOR
        self.bad = set(bad)
        self.asked: list[range] = []

    def read(self, first: int, into: memoryview) -> list[range]:
        count = len(into) // SECTOR
        assert count
        assert first + count <= self.sectors
        self.asked.append(range(first, first + count))
        into[:] = self.content[first * SECTOR : (first + count) * SECTOR]
        bad = [sector for sector in range(first, first + count) if sector in self.bad]
        for sector in bad:
            into[(sector - first) * SECTOR : (sector - first + 1) * SECTOR] = b"\xa5" * SECTOR
        return [range(sector, sector + 1) for sector in bad]
