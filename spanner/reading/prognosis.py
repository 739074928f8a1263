"""Whether a damaged disc can be repaired: tried on a scratch copy, which is checked in turn."""

from dataclasses import dataclass

from burners.progress import Progress
from spanner.errors import SpannerError
from spanner.reading.ecc_repair import may_carry, outcome, repaired_copy
from spanner.reading.verify import verify


@dataclass(frozen=True, slots=True)
class Repairability:
    """`good`: all comes back, None: that could not be found out; `words` says it to people."""

    good: bool | None
    words: str


def prognosis(path: str, scratch: str, progress: Progress) -> Repairability:
    """What the error correction of a damaged image or disc can do, with a copy in `scratch`."""
    try:
        if may_carry(path):
            with repaired_copy(path, scratch, progress) as found:
                if found:
                    problems = verify(found.path, progress).problems
                    tail = "" if problems else ": `spanner restore` gives all of it"
                    return Repairability(not problems, f"{outcome(found)}{tail}")
    except SpannerError as error:
        return Repairability(None, f"whether it can be repaired is not known: {error}")
    return Repairability(False, "it carries no error correction that could be found")
