"""Which disc suits which image."""

from burners import BurnError, TooSmallError
from burners.disc_recording import check_medium
from burners.disc_types import RECORDABLE, display_name
from burners.drives import Drive
from spanner.burning.disc_image import DiscImage
from spanner.model.media_types import known_media
from spanner.model.units import SECTOR, format_size

_WORDS = {medium.name: medium.description.split(",")[0] for medium in known_media()}


def kinds(medium: str) -> frozenset[str]:
    """The types of discs that a medium of a plan stands for; the size of the disc decides more."""
    for kind in sorted(RECORDABLE, key=len, reverse=True):
        if medium == kind or medium.startswith(f"{kind}-"):  # bd-r-dl is a bd-r with two layers
            return frozenset((kind,))
    return frozenset(RECORDABLE)  # any disc that is large enough


def can_write(drive: Drive, image: DiscImage) -> bool:
    """Whether the drive writes on the type of disc that the image is for."""
    return bool(drive.writes & kinds(image.medium))


def fitting_blank(image: DiscImage) -> str:
    """What to put into a drive for the image: "a blank BD-R"."""
    name = _WORDS.get(image.medium)
    if name:
        return f"a blank {name}"
    return f"a blank disc of {format_size(image.sectors * SECTOR)} or more"


def refusal(drive: Drive, image: DiscImage) -> str:
    """Why the disc in the drive will not do; nothing where it does."""
    medium = drive.medium
    if medium and medium.kind not in kinds(image.medium):
        what = display_name(medium.kind)
        return f"the disc in {drive.name} is a {what}, wanted is {fitting_blank(image)}"
    try:
        check_medium(drive, image.sectors)
    except TooSmallError as error:
        return f"{error}, or plan again with --reserve if all are like this one"
    except BurnError as error:
        return str(error)
    return ""
