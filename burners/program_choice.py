"""Chooses the program that burns: of those installed the best for the disc."""

from burners import cdrecord, growisofs
from burners.disc_types import SIMULATED, display_name
from burners.drives import Drive
from burners.errors import ProgramError
from burners.programs import Program

PROGRAMS = (growisofs.PROGRAMS, cdrecord.PROGRAMS)
"""All that are known, the best first."""

PROGRAM_NAMES = tuple(program.name for family in PROGRAMS for program in family.known)


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
    for family in PROGRAMS:
        for each in family.installed():
            if (
                only in ("", each.name)
                and each.can_burn(kind)
                and each.takes(kind, sectors, medium.free_sectors)
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
    able = " or ".join(_able_to_burn(kind))
    raise ProgramError(
        f"no program here can write this image on a {name}: "
        + (f"install {able}" if able else "none is known that could")
    )


def _able_to_burn(kind: str) -> list[str]:
    """The names of programs that could, were they installed."""
    known = (program for family in PROGRAMS for program in family.known)
    return [program.name for program in known if program.can_burn(kind)]
