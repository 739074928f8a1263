"""Chooses the program that burns: of those installed the best for the disc."""

import shutil
from collections.abc import Iterator

from burners.cdrecord import FAMILY, Cdrecord, find_dialect, memory_is_limited
from burners.disc_types import SIMULATED, display_name
from burners.drives import Drive
from burners.errors import ProgramError
from burners.growisofs import Growisofs
from burners.programs import Program

_KNOWN: tuple[Program, ...] = (Growisofs(), *(Cdrecord(name, name) for name in FAMILY))


def choose_program(
    drive: Drive, sectors: int, *, simulate: bool = False, only: str = ""
) -> Program:
    """The best installed program for an image of that many sectors on the disc in the drive.

    `simulate`: it must be able to pretend only; `only`: it must be the one of that name.

    Raises:
        ProgramError: there is none.
    """
    medium = drive.medium
    assert medium
    kind, name = medium.kind, display_name(medium.kind)
    # growisofs takes nothing under 64 KiB, nor what leaves half of a DVD-R DL empty.
    small = sectors < 32 or (kind == "dvd-r-dl" and sectors * 2 < medium.free_sectors)
    for each in _programs(kind):
        if (
            only in ("", each.name)
            and not (small and isinstance(each, Growisofs))
            and (not simulate or each.can_simulate(kind))
        ):
            return each
    if simulate and kind not in SIMULATED:
        able = ", ".join(map(display_name, sorted(SIMULATED)))
        raise ProgramError(
            f"no program can only pretend to write on a {name}: that is possible on {able}"
        )
    if only:
        raise ProgramError(f"{only} cannot write this image on a {name}, or is not installed")
    able = " or ".join(each.name for each in _KNOWN if each.can_burn(kind))
    raise ProgramError(
        f"no program here can write this image on a {name}: "
        + (f"install {able}" if able else "none is known that could")
    )


def _programs(kind: str) -> Iterator[Program]:
    """The installed programs that write on such a medium, the best first."""
    if shutil.which(Growisofs.name) and Growisofs().can_burn(kind):
        yield Growisofs()
    family = [
        Cdrecord(name, find_dialect(name), memory_is_limited())
        for name in FAMILY
        if shutil.which(name)
    ]
    for dialect in FAMILY:
        for each in family:
            if each.dialect == dialect and each.can_burn(kind):
                yield each
