"""Tables for the terminal: the one renderer, which counts the cells that characters take."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from rich.cells import cell_len

GAP = 2
"""Cells between columns."""

Line = tuple[tuple[str, str], ...]
"""Texts, each with its style (rich's; empty: none)."""

_EMPTY: Line = ()


class Column(NamedTuple):
    """What is shown of each row under one head."""

    head: str
    cells: Sequence[Line]
    right: bool = False

    @property
    def width(self) -> int:
        """Cells that the widest of it takes."""
        return max(map(_width, (((self.head, ""),), *self.cells)))


Stack = Sequence[Column]
"""Columns of which each has a line of its own in every row, one above the other."""


def lines(stacks: Sequence[Stack]) -> Iterator[Line]:
    """The table, head first; the first column of a stack says to which side all are set."""
    widths = [max(column.width for column in stack) for stack in stacks]
    yield from _row(
        [[((column.head, ""),) for column in stack] for stack in stacks], stacks, widths
    )
    for index in range(len(stacks[0][0].cells)):
        cells = [[column.cells[index] for column in stack] for stack in stacks]
        yield from _row(cells, stacks, widths)


def _row(
    cells: Sequence[Sequence[Line]], stacks: Sequence[Stack], widths: Sequence[int]
) -> Iterator[Line]:
    for texts in zip_longest(*cells, fillvalue=_EMPTY):
        line: list[tuple[str, str]] = []
        for text, stack, width in zip(texts, stacks, widths, strict=True):
            space = (" " * (width - _width(text)), "")
            line += [space, *text] if stack[0].right else [*text, space]
            line.append((" " * GAP, ""))
        del line[-1 if stacks[-1][0].right else -2 :]  # no line ends in spaces
        yield tuple(line)


def _width(line: Line) -> int:
    return sum(cell_len(text) for text, _ in line)
