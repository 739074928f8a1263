"""Writing files so that they are whole or not there."""

import contextlib
import os
from collections.abc import Iterable


def write_atomically(path: str, chunks: Iterable[bytes]) -> None:
    """Write the chunks to `path`: beside it first, flushed, then renamed."""
    partial = f"{path}.partial"
    try:
        with open(partial, "wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise
