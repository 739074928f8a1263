"""A folder's volume is told from its path, unless that leaves it open."""

import pytest

from spanner.model.mounts import mount_point


@pytest.mark.parametrize(
    ("folder", "volume"),
    [
        ("/Volumes/AG", "/Volumes/AG"),
        ("/Volumes/AG/Takes/old", "/Volumes/AG"),
        ("/run/media/eva/AG/Takes", "/run/media/eva/AG"),
        ("/mnt/AG", "/mnt/AG"),
        ("/media/eva/AG/Takes", "/media/eva/AG"),
        ("/media/eva", ""),  # there, whether her volumes are mounted or not
        ("/media/AG/Takes", "/media/AG/Takes"),  # may be a user's volume: nobody can tell
        ("/run/media/eva", ""),
        ("/Volumes", ""),
        ("/home/eva/Volumes/AG", ""),
        ("/", ""),
        ("", ""),
    ],
)
def test_the_volume_of_a_folder(folder: str, volume: str) -> None:
    assert mount_point(folder) == volume
