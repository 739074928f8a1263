"""The prompt of `spanner find`: shows the first files at each key that is pressed."""

import os
import re
import select
import shutil
import sys
import termios
import tty
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from rich.cells import set_cell_size

from spanner.cli.find_view import lines
from spanner.library import FileQuery, Library

_ENTER, _BACKSPACE, _CLEAR, _LEAVE = "\r\n", "\x7f\b", "\x15", "\x04\x1b"
_ARROWS = re.compile(r"\x1b[\[O][0-9;]*[A-Za-z~]")  # and other keys that mean nothing here
_OTHER_SCREEN, _FIRST_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"
_HELP = "part of a name or path, a glob, a hash; Enter prints it, Esc leaves"


def prompt(library: Library, query: FileQuery) -> FileQuery | None:
    """Let the user type what to find, until Enter: the query with that; None: the user left."""
    decode = getincrementaldecoder("utf-8")("replace").decode
    typed, shown = "", None
    with _screen():
        while True:
            if typed != shown and not _key_waits():
                asked = msgspec.structs.replace(query, pattern=typed)
                found = library.search.find_unless(_key_waits, asked) if typed else None
                if found or not typed:
                    _draw(typed, list(lines(found)) if found else [_HELP])
                    shown = typed
            keys = decode(os.read(sys.stdin.fileno(), 4096))
            for key in _ARROWS.sub("", keys):
                if key in _LEAVE:
                    return None
                if key in _ENTER:
                    return msgspec.structs.replace(query, pattern=typed)
                typed = _after(typed, key)


def _after(typed: str, key: str) -> str:
    """What stands there after the key."""
    if key in _BACKSPACE:
        return typed[:-1]
    if key == _CLEAR:
        return ""
    return typed + key if key.isprintable() else typed


def _key_waits() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


@contextmanager
def _screen() -> Iterator[None]:
    """A screen of its own, and keys as they are pressed; afterwards all is as it was."""
    usual = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin, termios.TCSADRAIN)  # what was typed already is not lost
    try:
        _write(_OTHER_SCREEN)
        yield
    finally:
        _write(_FIRST_SCREEN)
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, usual)


def _draw(typed: str, found: list[str]) -> None:
    """The prompt, below it as much of what was found as there is room for."""
    columns, rows = shutil.get_terminal_size()
    shown = [set_cell_size(line, columns - 1).rstrip() for line in found[: rows - 1]]
    below = "".join(f"\r\n{line}{_REST_OF_LINE}" for line in shown)
    line = set_cell_size(f"find: {typed}", columns - 1).rstrip(" ")
    _write(f"{_HOME}{_REST_OF_LINE}{below}{_REST_OF_SCREEN}{_HOME}{line}")


def _write(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()
