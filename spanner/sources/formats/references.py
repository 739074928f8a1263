"""Collects the media references of a session while it is read, within bounds."""

from collections.abc import Callable

from spanner.model.session import MediaReference
from spanner.sources.formats.opening import refused
from spanner.sources.formats.recorded import ElsewhereError

_MOST_NOTES = 100
_MOST_USES = 200_000  # of media files, each as often as it is used
_BUDGET = 100_000_000  # bytes that all references may take, roughly: about 60 000 usual ones


class References:
    """The media references of one session so far: each place once, in order; and what to note."""

    def __init__(self, path: str) -> None:
        self.notes: list[str] = []
        self._path = path
        self._found: dict[tuple[object, ...], MediaReference] = {}
        self._spent = self._uses = 0

    def all(self) -> tuple[MediaReference, ...]:
        """The references so far."""
        return tuple(self._found.values())

    def add(self, make: Callable[[], MediaReference], where: str) -> None:
        """Add the reference that `make` makes of a recorded place, unless that is known already.

        `where` says where in the session it stands. Where `make` raises ElsewhereError, that
        becomes a note.

        Raises:
            SessionError: `make` raised another ValueError, or there are too many.
        """
        self._uses += 1
        if self._uses > _MOST_USES:
            raise refused(self._path, f"{where}: more uses of media than a session has")
        try:
            found = make()
        except ElsewhereError as error:
            self.note(f"{where}: the medium's place {error}")
            return
        except ValueError as error:
            raise refused(self._path, f"{where}: the medium's place {error}") from None
        key = (found.volume, found.directory, found.name, found.embedded)
        if key in self._found:
            return
        # A hostile file must not fill the memory with a million places.
        self._spent += 200 + 4 * len(found.recorded) + 100 * len(found.directory)
        if self._spent > _BUDGET:
            raise refused(self._path, f"{where}: more media than a session has")
        self._found[key] = found

    def note(self, text: str) -> None:
        """Note what was not understood; only the first hundred are kept."""
        if len(self.notes) < _MOST_NOTES and text not in self.notes:
            self.notes.append(text)
