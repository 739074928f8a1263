"""Finds optical drives, writes disc images to them and reads them back. Usable without spanner."""

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
from burners.image import Burnt, Image, image_file
from burners.progress import Progress, silent

__all__ = [
    "BurnError",
    "Burnt",
    "BusyError",
    "FolderDrive",
    "Image",
    "MediumError",
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
    "image_file",
    "silent",
]
