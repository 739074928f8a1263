"""Discs in emulated drives are described: type, state, label and what they can take."""

from collections.abc import Callable
from pathlib import Path

import pytest

from burners import mmc
from burners.drives import _formatted_size
from burners.mmc import FormatCapacities
from support.drives import ask, commands, image, medium, put
from support.rig import SECTOR, Rig

Serve = Callable[..., Rig]

BLANK = {
    "cd-r": ("cd-r", 359_849, False),
    "cd-r:20000": ("cd-r", 20_000, False),
    "cd-rw": ("cd-rw", 359_849, True),
    "dvd-r": ("dvd-r", 2_298_496, False),
    "dvd-rw": ("dvd-rw", 2_298_496, True),
    "dvd-rw-ro:4096": ("dvd-rw", 4096, True),
    "dvd+r": ("dvd+r", 2_295_104, False),
    "dvd+r:4100": ("dvd+r", 4100, False),
    "dvd+rw": ("dvd+rw", 2_295_104, True),
    "dvd+r-dl": ("dvd+r-dl", 4_173_824, False),
    "dvd-r-dl": ("dvd-r-dl", 4_171_712, False),
    "bd-r": ("bd-r", 12_219_392, False),
    "bd-r-xl": ("bd-r", 48_878_592, False),
    "bd-re": ("bd-re", 12_219_392 - 131_072, True),
}


def test_blank_discs(serve: Serve) -> None:
    rig = serve()
    for disc, (kind, free, rewritable) in BLANK.items():
        put(rig, disc)
        assert medium(rig) == {
            "kind": kind,
            "state": "blank",
            "rewritable": rewritable,
            "label": "",
            "free_sectors": free,
        }, disc


FULL = [
    ("cd-r:complete", "complete", 0),
    ("cd-rw:complete", "complete", 0),
    ("cd-rom:complete", "complete", 0),
    ("dvd-r:complete", "complete", 0),
    ("dvd-r:appendable", "appendable", 0),
    ("dvd-rw:complete", "complete", 0),
    ("dvd+r:complete", "complete", 0),
    ("dvd+rw:complete", "complete", 4096),
    ("dvd-r-dl:complete", "complete", 0),
    ("bd-rom:complete", "complete", 0),
    ("bd-r:complete", "complete", 0),
    ("bd-r:appendable", "appendable", 0),
    ("bd-re:complete", "complete", 4096),
]


def test_full_discs_have_a_label(serve: Serve) -> None:
    rig = serve()
    for words, state, free in FULL:
        kind, burnt = words.split(":")
        put(rig, f"{kind}:4096:{burnt}", image())
        assert medium(rig) == {
            "kind": kind,
            "state": state,
            "rewritable": kind in ("cd-rw", "dvd-rw", "dvd+rw", "bd-re"),
            "label": "ALBUM_01OF02",
            "free_sectors": free,
        }, words


def test_a_disc_of_zeros_is_blank_where_it_can_be_overwritten(serve: Serve) -> None:
    rig = serve()
    for disc in ("bd-re", "dvd+rw", "dvd-rw-ro"):
        put(rig, f"{disc}:4096:complete")
        assert (medium(rig)["state"], medium(rig)["free_sectors"]) == ("blank", 4096)
        put(rig, f"{disc}:4096:complete", bytes(32 * SECTOR - 1) + b"x")
        assert medium(rig)["state"] == "complete"
    put(rig, "bd-r:4096:complete", bytes(64 * SECTOR))
    assert medium(rig)["state"] == "complete"
    put(rig, "bd-re:4096:complete")
    rig.fault("read", "03/11/00")
    assert medium(rig)["state"] == "complete"  # nobody knows


@pytest.mark.parametrize(
    ("kind", "capacities", "free"),
    [
        ("bd-re", FormatCapacities(90, False, ((70, 0x30), (80, 0x30), (90, 0x31))), 80),
        ("bd-re", FormatCapacities(75, True, ((70, 0x30), (80, 0x30), (90, 0x31))), 75),
        ("bd-re", FormatCapacities(90, False, ((95, 0x31),)), 90),
        ("dvd+rw", FormatCapacities(90, False, ((70, 0x00), (80, 0x26))), 80),
        ("dvd-ram", FormatCapacities(90, False, ((70, 0x00), (80, 0x01))), 90),
    ],
)
def test_the_size_that_a_disc_is_formatted_to(
    monkeypatch: pytest.MonkeyPatch, kind: str, capacities: FormatCapacities, free: int
) -> None:
    monkeypatch.setattr(mmc, "format_capacities", lambda fd: capacities)
    assert _formatted_size(0, kind) == free


def test_labels(serve: Serve) -> None:
    rig = serve()
    put(rig, "dvd+r:4096:complete", image(b"A  B"))
    assert medium(rig)["label"] == "A  B"
    put(rig, "dvd+r:4096:complete", b"x" * 40 * SECTOR)
    assert medium(rig)["label"] == ""
    put(rig, "dvd+r:4096:complete", image())
    rig.fault("read", "03/11/00")
    assert (medium(rig)["label"], medium(rig)["state"]) == ("", "complete")


BURN = """
with open("image", "wb") as file:
    for sector in range(SECTORS):
        file.write(sector.to_bytes(4, "big") * 512)
try:
    burnt = burners.burn(burners.image_file("image"), burners.look("/dev/sr0"), program="growisofs")
    print(json.dumps(burnt.sectors))
except burners.BurnError as error:
    print(json.dumps([type(error).__name__, str(error)]))
"""


@pytest.mark.parametrize(("disc", "free"), [("bd-re:4096", 4032), ("dvd+rw:2055", 2055)])
def test_a_blank_disc_takes_just_what_is_free(
    serve: Serve, tmp_path: Path, disc: str, free: int
) -> None:
    log = tmp_path / "log"
    rig = serve(disc, options=["--log", str(log)])
    assert medium(rig)["free_sectors"] == free
    fits = free // 16 * 16
    refused = ask(rig, BURN.replace("SECTORS", str(fits + 16)))
    assert refused[0] == "TooSmallError"
    assert f"{free:,} sectors free, {fits + 16:,} are needed" in refused[1]
    assert not {"WRITE(10)", "WRITE(12)", "FORMAT UNIT", "BLANK"} & set(commands(log))
    assert ask(rig, BURN.replace("SECTORS", str(fits))) == fits
    disc_now, image_now = tmp_path / "disc.img", tmp_path / "image"
    assert disc_now.read_bytes()[: fits * SECTOR] == image_now.read_bytes()
    assert medium(rig)["state"] == "complete"
