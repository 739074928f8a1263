"""The names of discs here, at drives, at udev and on their boxes."""

import pytest

from burners.disc_types import (
    RECORDABLE,
    REWRITABLE,
    SIMULATED,
    display_name,
    is_recordable,
    kind_by_udev,
    kind_of,
)
from spanner.model.media_types import known_media

_PROFILES = {
    0x08: "cd-rom",
    0x09: "cd-r",
    0x0A: "cd-rw",
    0x10: "dvd-rom",
    0x11: "dvd-r",
    0x12: "dvd-ram",
    0x13: "dvd-rw",
    0x14: "dvd-rw",
    0x15: "dvd-r-dl",
    0x16: "dvd-r-dl",
    0x1A: "dvd+rw",
    0x1B: "dvd+r",
    0x2A: "dvd+rw-dl",
    0x2B: "dvd+r-dl",
    0x40: "bd-rom",
    0x41: "bd-r",
    0x42: "bd-r",
    0x43: "bd-re",
    0x50: "hd-dvd-rom",
    0x51: "hd-dvd-r",
    0x52: "hd-dvd-ram",
    0x53: "hd-dvd-rw",
    0x58: "hd-dvd-r-dl",
}


def test_profiles() -> None:
    names = {profile: kind_of(profile) for profile in range(1 << 16) if kind_of(profile)}
    assert names == _PROFILES
    assert kind_of(0xFFFF) == kind_of(0) == ""


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("cd-r", "CD-R"),
        ("cd-rom", "CD-ROM"),
        ("dvd-ram", "DVD-RAM"),
        ("dvd+r", "DVD+R"),
        ("dvd+r-dl", "DVD+R DL"),
        ("dvd-r-dl", "DVD-R DL"),
        ("dvd+rw-dl", "DVD+RW DL"),
        ("bd-r", "BD-R"),
        ("bd-re", "BD-RE"),
        ("hd-dvd-r", "HD DVD-R"),
        ("hd-dvd-r-dl", "HD DVD-R DL"),
        ("", ""),
    ],
)
def test_display_names(kind: str, expected: str) -> None:
    assert display_name(kind) == expected


def test_display_names_differ() -> None:
    kinds = set(_PROFILES.values())
    assert len({display_name(kind) for kind in kinds}) == len(kinds)


def test_recordable_and_rewritable() -> None:
    kinds = set(_PROFILES.values())
    assert kinds - RECORDABLE == {"cd-rom", "dvd-rom", "bd-rom", "hd-dvd-rom"}
    assert {kind for kind in kinds if kind.split("-dl")[0].endswith(("rw", "re", "ram"))} == (
        REWRITABLE
    )
    assert {"cd-r", "cd-rw", "dvd-r", "dvd-rw"} == SIMULATED
    assert is_recordable("bd-r")
    assert not is_recordable("bd-rom")
    assert not is_recordable("")


@pytest.mark.parametrize("kind", sorted(set(_PROFILES.values())))
def test_udev_knows_each(kind: str) -> None:
    word = kind.replace("hd-dvd", "hddvd").removesuffix("-rom").upper()
    word = word.replace("+", "_PLUS_").replace("-", "_")
    assert kind_by_udev(word) == kind


@pytest.mark.parametrize("word", ["MEDIA", "ID_CDROM", "", "MEDIA_STATE", "MRW"])
def test_other_words_of_udev_are_no_kind(word: str) -> None:
    assert kind_by_udev(word) == ""


@pytest.mark.parametrize("name", [medium.name for medium in known_media()])
def test_each_planned_medium_is_a_kind_that_drives_have(name: str) -> None:
    """A size of the table, such as bd-r-xl or cd-r-74, is a kind and a word for its size."""
    kinds = [kind for kind in RECORDABLE if name == kind or name.startswith(f"{kind}-")]
    size = name.removeprefix(max(kinds, key=len))
    assert size in ("", "-dl", "-xl", "-xl-128", "-74", "-90", "-99", "-8cm")
    assert size != "-dl" or name.startswith("bd")  # DVDs have profiles of their own for it
