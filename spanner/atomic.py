"""Writing files so that they are whole or not there."""

import contextlib
import os
from collections.abc import Iterable


def write_atomically(path: str, chunks: Iterable[bytes]) -> None:
    """Write the chunks to `path`: beside it first, flushed, then renamed.

    A device or a pipe, such as /dev/stdout, is written to as it is: nothing may take its place.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            file.writelines(chunks)
        return
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
