"""What commands print: one JSON document, or lines for people."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from spanner.cli.table import Column, lines
from spanner.planning.plan_file import encode


def print_json(document: Any) -> None:
    """Print the document, a dict or struct, as one line of JSON."""
    sys.stdout.write(encode(document).decode("utf-8") + "\n")
    sys.stdout.flush()


def print_lines(*lines: str) -> None:
    """Print lines; what the terminal cannot show is escaped, nothing fails."""
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        text = line.encode(encoding, "backslashreplace").decode(encoding)
        sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns; numbers (by their header's leading space) are set to the right."""
    columns = [
        [Column(head.strip(), [((cell, ""),) for cell in cells], right=head.startswith(" "))]
        for head, *cells in zip(header, *rows, strict=True)
    ]
    for line in lines(columns):
        print_lines("".join(text for text, _ in line).rstrip())


def confirming(*, yes: bool) -> Callable[[str], bool]:
    """Asks each question that it is called with, as `confirm` does."""
    return lambda question: confirm(question, yes=yes)


def confirm(question: str, *, yes: bool) -> bool:
    """Ask, unless `yes`; where there is no terminal to ask at, the answer is no."""
    if yes:
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
