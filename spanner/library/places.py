"""Places: where the copies of each disc are kept."""

import os
import sqlite3

from spanner.catalog.escaping import escape, unescape
from spanner.errors import UsageError
from spanner.library.copies import SPOILT, Copies, Copy, image_key
from spanner.library.database import now
from spanner.library.set_names import is_named
from spanner.model.plan import DiscKey
from spanner.wording import printable


class Places:
    """Where a library's discs and images are kept, and what people call them."""

    def __init__(self, db: sqlite3.Connection, copies: Copies) -> None:
        self._db = db
        self._copies = copies

    def discs(self, words: str) -> list[DiscKey]:
        """The disc that a volume ID or SET:NUMBER names, or all discs of the set that words name.

        A set goes by its id, the beginning of it, or its title.

        Raises:
            UsageError: none, or discs of several sets.
        """
        rows = self._db.execute(
            "SELECT set_id, number FROM discs WHERE volume_id = ? ORDER BY set_id", (words.upper(),)
        )
        found = [DiscKey(*row) for row in rows]
        if not found:
            found = self._of_set(words)
        sets = sorted({set_id for set_id, _ in found})
        if len(sets) > 1:
            ids = ", ".join(f"{set_id[:8]}:NUMBER" for set_id in sets)
            raise UsageError(f"{printable(words)!r} is in {len(sets)} sets, say which: {ids}")
        return found

    def images(self, path: str) -> list[int]:
        """The ids of the images and folders that lie at a path or below it, seen or not."""
        wanted = {os.path.abspath(path), os.path.realpath(path)}
        return [
            image
            for image, place in self._db.execute("SELECT id, place FROM images ORDER BY id")
            if any(_is_below(unescape(place), folder) for folder in wanted)
        ]

    def put(self, disc: DiscKey, place: str, number: int = 0) -> Copy:
        """Record where a burnt disc is kept; without a number it is the first without a place.

        Raises:
            UsageError: there is no such disc, or several have places already.
        """
        copy = self._copy(disc, number)
        with self._db:
            self._db.execute("UPDATE copies SET place = ? WHERE id = ?", (escape(place), copy.id))
        return self._again(copy)

    def give_up(self, disc: DiscKey, number: int = 0) -> Copy:
        """Record that a burnt disc is lost or was thrown away.

        It counts no more, until a check finds it good.

        Raises:
            UsageError: as for `put`.
        """
        copy = self._copy(disc, number)
        with self._db:
            self._copies.change(copy.id, SPOILT, remark="lost")
            self._db.execute("UPDATE copies SET lost = ? WHERE id = ?", (now(), copy.id))
        return self._again(copy)

    def keep_images(self, images: list[int], place: str) -> None:
        """Record where the drive is kept on which images lie."""
        with self._db:
            self._db.executemany(
                "UPDATE images SET kept = ? WHERE id = ?",
                ((escape(place), image) for image in images),
            )

    def give_up_images(self, images: list[int]) -> None:
        """Forget images that are gone: they are copies no more."""
        with self._db:
            self._db.executemany("DELETE FROM images WHERE id = ?", ((each,) for each in images))

    def discs_of_images(self, images: list[int]) -> list[DiscKey]:
        """The discs that images are of, each once."""
        found: dict[DiscKey, None] = {}
        for image in images:
            row = self._db.execute("SELECT set_id, disc FROM images WHERE id = ?", (image,))
            found.update((DiscKey(*each), None) for each in row)
        return list(found)

    def _of_set(self, words: str) -> list[DiscKey]:
        name, colon, number = words.rpartition(":")
        numbered = bool(colon) and number.isascii() and number.isdigit()
        wanted = name if numbered else words
        rows = self._db.execute("SELECT id, title FROM sets").fetchall()
        sets = [set_id for set_id, title in rows if is_named(wanted, set_id, title)]
        found: list[DiscKey] = []
        for set_id in sets:
            discs = self._db.execute(
                "SELECT set_id, number FROM discs WHERE set_id = ? ORDER BY number", (set_id,)
            )
            found += [DiscKey(*key) for key in discs if not numbered or key[1] == int(number)]
        if not found:
            raise UsageError(
                f"no disc {printable(words)!r} in the library: say its volume ID, or SET:NUMBER"
            )
        return found

    def _copy(self, disc: DiscKey, number: int) -> Copy:
        copies = [copy for copy in self._copies.of(image_key(*disc)) if copy.known]
        name = self._name(disc)
        if not copies:
            raise UsageError(
                f"the library knows of no burnt copy of {name}: `spanner verify DRIVE` records one"
            )
        if number:
            for copy in copies:
                if copy.number == number:
                    return copy
            known = ", ".join(str(copy.number) for copy in copies)
            raise UsageError(f"there is no copy {number} of {name}; known are {known}")
        unplaced = [copy for copy in copies if not copy.place]
        if not unplaced and len(copies) > 1:
            raise UsageError(f"{name} has {len(copies)} copies: say which with --copy N")
        return unplaced[0] if unplaced else copies[0]

    def _name(self, disc: DiscKey) -> str:
        row = self._db.execute(
            "SELECT volume_id FROM discs WHERE set_id = ? AND number = ?", disc
        ).fetchone()
        return str(row[0])

    def _again(self, copy: Copy) -> Copy:
        return next(each for each in self._copies.of(copy.image) if each.id == copy.id)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))
