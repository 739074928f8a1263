"""Types of discs: their names here, MMC's profiles (MMC-6, table 95) and udev's words for them."""

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
RESTRICTED_OVERWRITE = 0x13
"""The profile of a DVD-RW that is written like a DVD+RW."""

RECORDABLE = frozenset(name for name in _PROFILES.values() if not name.endswith("-rom"))
REWRITABLE = frozenset(
    {"cd-rw", "dvd-rw", "dvd+rw", "dvd+rw-dl", "dvd-ram", "bd-re", "hd-dvd-ram", "hd-dvd-rw"}
)
SIMULATED = frozenset({"cd-r", "cd-rw", "dvd-r", "dvd-rw"})
"""What a drive can pretend to write on, with the laser off."""

_UDEV = {
    "CD": "cd-rom",
    "DVD": "dvd-rom",
    "BD": "bd-rom",
    "HDDVD": "hd-dvd-rom",
    "CD_R": "cd-r",
    "CD_RW": "cd-rw",
    "DVD_R": "dvd-r",
    "DVD_RW": "dvd-rw",
    "DVD_RAM": "dvd-ram",
    "DVD_R_DL": "dvd-r-dl",
    "DVD_PLUS_R": "dvd+r",
    "DVD_PLUS_RW": "dvd+rw",
    "DVD_PLUS_R_DL": "dvd+r-dl",
    "DVD_PLUS_RW_DL": "dvd+rw-dl",
    "BD_R": "bd-r",
    "BD_RE": "bd-re",
    "HDDVD_R": "hd-dvd-r",
    "HDDVD_R_DL": "hd-dvd-r-dl",
    "HDDVD_RAM": "hd-dvd-ram",
    "HDDVD_RW": "hd-dvd-rw",
}


def kind_of(profile: int) -> str:
    """The name of a profile, empty for none that is known."""
    return _PROFILES.get(profile, "")


def kind_by_udev(words: str) -> str:
    """The name of what udev calls ID_CDROM_`words` or ID_CDROM_MEDIA_`words`."""
    return _UDEV.get(words, "")


def is_recordable(kind: str) -> bool:
    """Whether there are blank discs of this type."""
    return kind in RECORDABLE


def display_name(kind: str) -> str:
    """The type as it is printed on the box of a disc: "DVD+R DL"."""
    return kind.upper().replace("-DL", " DL").replace("HD-DVD", "HD DVD")
