"""Copies of the library that go onto discs: each stays, so that an image can be made again."""

import hashlib
import os
import sqlite3
import uuid
from contextlib import closing, suppress

from spanner.errors import SpannerError
from spanner.library.library import Library
from spanner.model.tree import LibrarySnapshot
from spanner.wording import printable


def freeze(library: Library) -> LibrarySnapshot:
    """Copy the library as it is now into the folder `NAME.copies` beside it, even while in use.

    Where it did not change since the last copy, that one stands for it.

    Raises:
        SpannerError: it cannot be copied.
    """
    folder = f"{os.path.abspath(library.path)}.copies"
    partial = os.path.join(folder, f"{uuid.uuid4()}.partial")
    try:
        os.makedirs(folder, exist_ok=True)
        with closing(sqlite3.connect(partial)) as copy:
            library.copy_to(copy)
            # A disc cannot take the further files that a library in WAL mode wants beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
        with open(partial, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        path = os.path.join(folder, f"{sha256}.sqlite")
        if not os.path.exists(path):
            os.replace(partial, path)
        info = os.stat(path)
    except (OSError, sqlite3.Error) as error:
        raise SpannerError(f"cannot copy the library to {printable(folder)}: {error}") from error
    finally:
        with suppress(OSError):
            os.unlink(partial)
    return LibrarySnapshot(path, info.st_size, info.st_mtime_ns, sha256)
