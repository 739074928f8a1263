"""Reaper projects (.rpp): a tree of text lines, `<TAG …` down to `>`.

After the format's description at wiki.cockos.com ("State Chunk Definitions") and projects of
Reaper 4 to 7. Media are the FILE lines of SOURCE blocks; a SECTION source holds another source.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from spanner.model.session import Session
from spanner.sources.formats.opening import MOST_TEXT, opened, refused
from spanner.sources.formats.recorded import LONGEST, MOST_FOLDERS, folder, place
from spanner.sources.formats.references import References

_MOST_DEPTH = 200
_MOST_LINE = 1 << 20  # Reaper wraps what is long: its longest lines are notes
_MOST_WORDS = 4 * LONGEST  # bytes of a line that is understood
_MOST_LINES = 5_000_000  # a project with two hundred plug-ins has about 100 000
_START = b"<REAPER_PROJECT"
_TOKEN = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|([^\s"'`]\S*)|(\S))""")
_TELLING = (b"<", b">", b"FILE", b"RECORD_PATH", b"SAMPLERATE")  # how lines of interest begin
_KINDS = {"VIDEO": "video", "RPP_PROJECT": "project", "MIDI": "midi", "MIDIPOOL": "midi"}
_SAMPLER = re.compile(r"reasamplomatic|rs5k", re.IGNORECASE)


def is_reaper(head: bytes) -> bool:
    """Whether a file that begins so is a Reaper project."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_START)


def read(path: str) -> Session:
    """The Reaper project at `path`.

    Raises:
        SessionError: it cannot be read, or is no sound Reaper project; with the line.
    """
    parser = _ReaperParser(path)
    with opened(path) as file:
        parser.run(file)
    return Session(
        application="Reaper",
        version=parser.version,
        format="rpp",
        media=parser.references.all(),
        sample_rate=parser.sample_rate,
        search=tuple(dict.fromkeys(parser.search)),
        notes=tuple(parser.references.notes),
    )


class _ReaperParser:
    """The state of reading one project."""

    def __init__(self, path: str) -> None:
        self.references = References(path)
        self.version = ""
        self.sample_rate: int | None = None
        self.search: list[str] = []
        self._path = path
        self._open: list[tuple[str, str]] = []  # tags, and the first word after each
        self._number = self._searched = 0

    def run(self, file: BinaryIO) -> None:
        """Read the project to its end."""
        ended = False
        for line in self._lines(file):
            if ended:
                if line.strip("\0"):  # a disk that lost power leaves zeros behind the end
                    raise self._refused("more follows the project's end")
            elif line.startswith("<"):
                self._begin(line)
            elif line == ">":
                if not self._open:
                    raise self._refused("is no Reaper project")
                self._open.pop()
                ended = not self._open
            elif not self._open:
                raise self._refused("is no Reaper project")
            else:
                self._line(line)
        if not ended:
            tag = self._open[-1][0] if self._open else "REAPER_PROJECT"
            raise self._refused(f"cut short: <{tag} has no end")

    def _lines(self, file: BinaryIO) -> Iterator[str]:
        """The lines that can tell something, and all outside the project.

        The others, of MIDI and of plug-ins' states, can be millions.
        """
        size = 0
        while True:
            try:
                line = file.readline(_MOST_LINE)
            except OSError as error:
                raise self._refused(f"cannot be read ({error.strerror})") from error
            if not line:
                return
            self._number += 1
            size += len(line)
            if len(line) == _MOST_LINE:
                raise self._refused("a line that is longer than any of Reaper's")
            if self._number > _MOST_LINES or size > MOST_TEXT:
                raise self._refused("more lines than a project has")
            if self._number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            line = line.strip()
            if line.startswith(_TELLING) or (line and not self._open):
                # Old projects are not always UTF-8: keep the bytes, as names on disk keep theirs.
                yield line.decode("utf-8", "surrogateescape")

    def _begin(self, line: str) -> None:
        tag, _, rest = line[1:].partition(" ")
        if not self._open:
            if tag != "REAPER_PROJECT":
                raise self._refused("is no Reaper project")
            words = list(self._words(rest))
            self.version = words[1].partition("/")[0] if len(words) > 1 else ""
        elif len(self._open) >= _MOST_DEPTH:
            raise self._refused("blocks are nested too deep")
        if tag == "VST" and _SAMPLER.search(rest):
            self.references.note("the samples that ReaSamplOmatic5000 plays are not listed")
        self._open.append((tag, rest.split(" ", 1)[0]))

    def _line(self, line: str) -> None:
        key, _, rest = line.partition(" ")
        block, kind = self._open[-1]
        if key == "FILE" and block == "SOURCE":
            self._source(kind, self._words(rest))
        elif len(self._open) == 1 and key == "RECORD_PATH":
            for word in self._words(rest):
                self._search(word)
        elif len(self._open) == 1 and key == "SAMPLERATE":
            rate = rest.split(" ", 1)[0]
            if not (rate.isascii() and rate.isdecimal() and len(rate) < 10):
                raise self._refused("SAMPLERATE is no number")
            self.sample_rate = int(rate) or None

    def _source(self, kind: str, words: Iterator[str]) -> None:
        name = next(words, None)
        if name is None:
            raise self._refused("FILE without a name")
        if not name:  # a source whose file was never chosen
            return
        otherwise = _KINDS.get(kind, "audio")
        where = f"line {self._number}, SOURCE"
        self.references.add(lambda: place("", name, otherwise=otherwise), where)

    def _search(self, word: str) -> None:
        self._searched += 1
        if self._searched > MOST_FOLDERS:
            raise self._refused("more RECORD_PATHs than a project has")
        if not word:
            return
        try:
            self.search.append(folder(word))
        except ValueError as error:
            raise self._refused(f"RECORD_PATH {error}") from None

    def _words(self, text: str) -> Iterator[str]:
        """The words of a line, any of them in one of three kinds of quotes."""
        text = text.rstrip()
        if len(text) > _MOST_WORDS:
            raise self._refused("a line that is longer than any of Reaper's")
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if not match or match[5] is not None:
                raise self._refused("a quote without its end")
            yield next(group for group in match.groups() if group is not None)
            at = match.end()

    def _refused(self, what: str) -> Exception:
        return refused(self._path, what, self._number)
