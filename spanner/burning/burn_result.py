"""What a job has written."""

import msgspec


class BurnResult(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A disc that was written: into a `file`, or by a `drive` as the copy of that number.

    `verified`: it was read back and was right; `simulated`: nothing was written.
    """

    number: int
    volume_id: str
    sha256: str
    sectors: int
    verified: bool
    file: str = ""
    drive: str = ""
    copy: int = 0
    simulated: bool = False
