"""What a sound file says of itself: its length, and the id by which Pro Tools knows it."""

import struct
from dataclasses import dataclass

_FORMS = (b"RIFF", b"RF64", b"BW64")
_HUGE = 0xFFFFFFFF  # the size is in the ds64 chunk (EBU Tech 3306)


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound file's length in samples, if it tells, and its unique id, empty without one."""

    frames: int | None = None
    unique_id: str = ""


def examine(path: str) -> Sound:
    """Read a WAV's chunk list (RIFF, RF64, BW64) to its end; other files tell nothing.

    Pro Tools writes its `umid` chunk behind the data; bytes 4 to 16 of it are the id.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(12)
            if head[:4] not in _FORMS or head[8:] != b"WAVE":
                return Sound()
            block = frames = None
            unique_id = ""
            data_size = 0
            while len(header := file.read(8)) == 8:
                name, size = header[:4], struct.unpack("<I", header[4:])[0]
                body = b""
                if name in (b"fmt ", b"ds64", b"umid"):
                    body = file.read(min(size, 1024))
                if name == b"ds64" and len(body) >= 16:
                    data_size = struct.unpack_from("<Q", body, 8)[0]
                elif name == b"fmt " and len(body) >= 14:
                    block = struct.unpack_from("<H", body, 12)[0]
                elif name == b"umid":
                    unique_id = body[4:16].hex()
                elif name == b"data":
                    size = data_size if size == _HUGE else size
                    frames = size // block if block else None
                file.seek(size + size % 2 - len(body), 1)
            return Sound(frames, unique_id)
    except (OSError, OverflowError):
        return Sound()
