"""Asks for discs at the drives, takes any that helps, in any order, and says what is left."""

import select
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

from burners import BurnError, Progress, tray
from burners.mounted_discs import unmount
from spanner.errors import DriveError, SpannerError
from spanner.model.plan import DiscKey
from spanner.reading.discs import ImageDisc
from spanner.restoring.opened_discs import OpenedDisc, open_discs
from spanner.restoring.restore_plan import SourceDisc
from spanner.wording import printable

_NAP = 0.5  # seconds between looks at the drives
_READY = 120.0  # seconds that a disc may take to be recognised


class DiscPrompt:
    """Drives at which discs are asked for.

    `wait`: seconds for a disc to come, None: for ever. `where` says where a disc of a set is kept,
    or nothing. At a terminal a line typed in means that the disc asked for first is lost.
    """

    def __init__(
        self,
        nodes: Sequence[str],
        progress: Progress,
        wait: float | None,
        where: Callable[[str, int], str] = lambda _set, _number: "",
    ) -> None:
        self._nodes = nodes
        self._progress = progress
        self._wait = wait
        self._where = where
        self._seen: set[str] = set()  # drives whose disc was looked at
        self._said = ""

    def first(self, stack: ExitStack, set_words: str, as_of: str = "") -> list[OpenedDisc]:
        """The first disc of a set, open; the words and date as `open_discs` has them.

        Raises:
            DriveError: none came.
        """
        drives = " or ".join(self._nodes)
        self._say(f"put any disc of the set into {drives}")
        for node in self._arrivals(lambda: False):
            opened = self._open(stack, node, set_words, as_of)
            if opened:
                return opened
        raise DriveError(f"no disc of a set came into {drives}")

    def discs(
        self, sources: Mapping[DiscKey, SourceDisc], needed: Callable[[], list[DiscKey]]
    ) -> Iterator[OpenedDisc]:
        """Discs that are needed, open, one after another, until none is or no more come.

        `sources` describes all discs that may be, `needed` gives those that would be enough for
        what is still to be read. A disc that was read is not asked for again.
        """
        done: set[DiscKey] = set()

        def left() -> list[DiscKey]:
            return [key for key in needed() if key not in done]

        def lose() -> bool:
            """Give up the disc that was asked for first."""
            done.add(left()[0])
            self._ask(sources, left())
            return not left()

        self._ask(sources, left())
        for node in self._arrivals(lose) if left() else ():
            with ExitStack() as stack:
                for disc in self._open(stack, node):
                    known = sources.get(disc.key)
                    if not known:
                        self._progress.note(f"{node}: none of the discs is of the set")
                        continue
                    name = f"{known.volume_id} in {node}"
                    if disc.key in left():
                        self._progress.note(f"{name}: reading")
                        done.add(disc.key)
                        yield disc
                    else:
                        self._progress.note(f"{name}: not needed")
            self.eject(node)
            if not left():
                return
            self._ask(sources, left())

    def release(self, opened: Sequence[OpenedDisc]) -> None:
        """Let the discs out of the drives that were read."""
        for disc in opened:
            if isinstance(disc.source, ImageDisc) and disc.source.path in self._nodes:
                disc.source.image.close()
                self.eject(disc.source.path)

    def eject(self, node: str) -> None:
        """Open the drive's tray for the next disc."""
        try:
            unmount(node)
            tray.eject(node)
        except BurnError as error:
            self._progress.note(f"{error}; take the disc out by hand")

    def _open(
        self, stack: ExitStack, node: str, set_words: str = "", as_of: str = ""
    ) -> list[OpenedDisc]:
        """The disc in the drive, if it is of the set; else it comes out again, with the reason."""
        try:
            return open_discs(stack, [node], set_words, [], as_of)
        except SpannerError as error:
            self._progress.note(f"{node}: {error}")
            self.eject(node)
            return []

    def _ask(self, sources: Mapping[DiscKey, SourceDisc], keys: Sequence[DiscKey]) -> None:
        """Ask for the first disc, by all its names, and say which others will be asked for."""
        if not keys:
            return
        first, *others = (sources[key] for key in keys)
        place = self._where(*keys[0])
        kept = f", kept at {printable(place)}" if place else ""
        several = len({key.set_id for key in sources}) > 1
        of_set = f' of set "{printable(first.set)}", {first.created[:10]}' if several else ""
        more = ", ".join(each.volume_id for each in others[:6])
        rest = f" ({len(others)} more after it, in any order: {more})" if others else ""
        self._say(
            f"put in disc {first.number} of {first.count}, {first.volume_id}, "
            f'"{printable(first.title)}"{of_set}{kept}{rest}'
        )

    def _say(self, text: str) -> None:
        """Ask for a disc, unless that was what was asked last."""
        if text != self._said:
            self._said = text
            lost = "; press Enter if it is lost" if _at_terminal() else ""
            self._progress.note(f"{text}{lost}")

    def _arrivals(self, give_up: Callable[[], bool]) -> Iterator[str]:
        """Drives into which a disc has come; `give_up` is asked when someone pressed Enter."""
        deadline = None if self._wait is None else time.monotonic() + self._wait
        while deadline is None or time.monotonic() < deadline:
            for node in self._nodes:
                if self._arrived(node):
                    yield node
                    deadline = None if self._wait is None else time.monotonic() + self._wait
            if _entered() and give_up():
                return
            time.sleep(_NAP)

    def _arrived(self, node: str) -> bool:
        """Whether a disc is in the drive that was not looked at yet, and can be read."""
        try:
            if tray.status(node) in ("open", "empty"):
                self._seen.discard(node)
            elif node not in self._seen and tray.wait_ready(node, _READY):
                self._seen.add(node)
                return True
        except BurnError as error:
            if node not in self._seen:
                self._progress.note(str(error))
                self._seen.add(node)
        return False


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _entered() -> bool:
    """Whether someone at the terminal pressed Enter since it was asked last."""
    if not _at_terminal() or not select.select([sys.stdin], [], [], 0)[0]:
        return False
    sys.stdin.readline()
    return True
