"""Writes disc images to drives and reads them back. Usable without spanner."""

from burners.errors import BurnError, TargetFullError
from burners.folder import FolderDrive
from burners.image import Drive, Image
from burners.progress import Progress, silent

__all__ = ["BurnError", "Drive", "FolderDrive", "Image", "Progress", "TargetFullError", "silent"]
