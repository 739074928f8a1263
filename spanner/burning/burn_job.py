"""What the drives of a burn job share."""

import threading
from dataclasses import dataclass, field

from burners import Progress
from spanner.burning.burn_result import BurnResult
from spanner.burning.disc_image import DiscImage
from spanner.burning.tasks import TaskQueue
from spanner.library import BURN, DISC, SPOILT, VERIFIED, CheckResult, Copy, Library


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnOptions:
    """How a job burns. `wait`: seconds for a disc to come, None: for ever.

    `scratch`: folder for an image that has to be made before it is burnt, empty: the usual one.
    """

    copies: int = 1
    speed: float | None = None
    simulate: bool = False
    verify: bool = True
    wait: float | None = None
    program: str = ""
    scratch: str = ""


@dataclass(slots=True, kw_only=True)
class BurnJob:
    """What is to be burnt and how, who hears of it and who records it; `lock` guards the library.

    `unverified`: copies that an earlier run burnt, or began to, and did not read back.
    """

    options: BurnOptions
    tasks: TaskQueue
    library: Library
    progress: Progress
    unverified: list[tuple[Copy, DiscImage]] = field(default_factory=list)
    results: list[BurnResult] = field(default_factory=list)
    failure: Exception | None = None
    """Why the last disc failed that did."""
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def record_state(self, copy: int, state: str, sha256: str = "", remark: str = "") -> None:
        """Record what became of the copy with that id: its state, and its image's hash if known."""
        with self.lock:
            self.library.copies.settle(copy, state, sha256, remark)

    def record_check(
        self,
        copy: int,
        image: DiscImage,
        drive: str,
        sha256: str = "",
        problems: tuple[str, ...] = (),
    ) -> None:
        """Record what was found of a copy when its disc was read back; no problems: it is good."""
        with self.lock:
            state = SPOILT if problems else VERIFIED
            self.library.copies.settle(copy, state, sha256, "; ".join(problems))
            if image.belongs:
                set_id, disc = image.belongs
                finding = CheckResult(
                    set_id=set_id, disc=disc, place=drive, kind=DISC, how=BURN, problems=problems
                )
                self.library.checks.note(finding, copy)
