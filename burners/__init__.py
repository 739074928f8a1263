"""Finds optical drives, writes disc images to them and reads them back. Usable without spanner."""

from burners.disc_recording import burn
from burners.drives import Drive, LoadedMedium, Monitor, drives, look
from burners.errors import (
    BurnError,
    BusyError,
    MediumError,
    NoDriveError,
    NoMediumError,
    ProgramError,
    ReadBackError,
    RecordingError,
    StoppedError,
    TargetFullError,
    TooSmallError,
    UsedMediumError,
)
from burners.folder import FolderDrive
from burners.growing import GrownImage, scratch_file
from burners.image import Burnt, Image, image_file
from burners.progress import Progress, silent
from burners.readback import read_back, reload

__all__ = [
    "BurnError",
    "Burnt",
    "BusyError",
    "Drive",
    "FolderDrive",
    "GrownImage",
    "Image",
    "LoadedMedium",
    "MediumError",
    "Monitor",
    "NoDriveError",
    "NoMediumError",
    "ProgramError",
    "Progress",
    "ReadBackError",
    "RecordingError",
    "StoppedError",
    "TargetFullError",
    "TooSmallError",
    "UsedMediumError",
    "burn",
    "drives",
    "image_file",
    "look",
    "read_back",
    "reload",
    "scratch_file",
    "silent",
]
