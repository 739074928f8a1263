"""dvdisaster, run by us: what it says is believed, not its exit code."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from burners import StoppedError, silent
from spanner.ecc import dvdisaster
from spanner.ecc.dvdisaster import RepairOutcome, augment, dead_sector, repair
from spanner.ecc.rs03 import planned
from spanner.errors import SpannerError, UsageError
from spanner.model.units import SECTOR
from support.ecc import assert_good, column, judge, noise_image, scattered, spoil

DATA = 2200
LAYOUT = planned(DATA, 20)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "sound.iso"
    if shutil.which("dvdisaster"):
        noise_image(path, DATA)
        augment(str(path), LAYOUT, silent)
    return path


@pytest.fixture
def image(sound: Path, tmp_path: Path, program: Callable[[str], str]) -> str:
    """An augmented image, to be damaged."""
    program("dvdisaster")
    return shutil.copy(sound, tmp_path / "image.iso")


def lose(path: str, sectors: list[int]) -> None:
    with open(path, "r+b") as file:
        for sector in sectors:
            file.seek(sector * SECTOR)
            file.write(dead_sector(sector))


def same(path: str, sound: Path) -> bool:
    return Path(path).read_bytes() == sound.read_bytes()


def test_twice_the_same_bytes(image: str, sound: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.iso"
    again.write_bytes(sound.read_bytes()[: DATA * SECTOR])
    augment(str(again), LAYOUT, silent)
    assert same(str(again), sound)
    assert_good(str(again))


def test_a_users_settings_change_nothing(
    sound: Path, tmp_path: Path, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = "method-name: RS01\nmedium-size: 9999\nfill-unreadable: 0\nredundancy: high\n"
    (tmp_path / ".dvdisaster").write_text(settings)
    again = tmp_path / "again.iso"
    again.write_bytes(sound.read_bytes()[: DATA * SECTOR])
    augment(str(again), LAYOUT, silent)
    assert same(str(again), sound)


def test_nothing_to_repair(image: str, sound: Path) -> None:
    assert repair(image, LAYOUT, silent) == RepairOutcome(0, 0)
    assert same(image, sound)


@pytest.mark.parametrize(
    "lost",
    [
        scattered(LAYOUT, 0.1),
        list(range(700, 700 + LAYOUT.roots * LAYOUT.layer)),  # a burst of all that it can
        list(range(LAYOUT.total - LAYOUT.roots * LAYOUT.layer, LAYOUT.total)),  # all parity
        list(range(32)),
        [DATA, DATA + 1],  # the header
        [*range(32), DATA, DATA + 1],
        column(LAYOUT, 5, LAYOUT.roots),
    ],
    ids=["scattered", "burst", "parity", "first 32", "header", "first and header", "one codeword"],
)
def test_missing_sectors_come_back(image: str, sound: Path, lost: list[int]) -> None:
    lose(image, lost)
    assert repair(image, LAYOUT, silent) == RepairOutcome(len(lost), 0)
    assert same(image, sound)
    assert_good(image)


def test_one_more_than_it_can_is_said(image: str) -> None:
    lost = column(LAYOUT, 5, LAYOUT.roots + 1)
    lose(image, [*lost, 6])
    assert repair(image, LAYOUT, silent) == RepairOutcome(1, len(lost))
    assert "good image" not in judge(image)


def test_marked_sectors_cost_half_of_wrong_ones(image: str, sound: Path) -> None:
    parity = [LAYOUT.checksums + LAYOUT.layer * layer for layer in range(1, LAYOUT.roots + 1)]
    spoil(image, parity[: LAYOUT.roots // 2])
    assert repair(image, LAYOUT, silent).left == 0
    assert same(image, sound)
    spoil(image, parity[: LAYOUT.roots // 2 + 1])
    assert repair(image, LAYOUT, silent).left > 0
    shutil.copy(sound, image)
    lose(image, parity)
    assert repair(image, LAYOUT, silent).left == 0
    assert same(image, sound)


def test_a_marker_is_one_to_dvdisaster_and_zeros_are_not(image: str) -> None:
    lose(image, [7])
    assert "1 sectors missing" in judge(image)
    with open(image, "r+b") as file:
        file.seek(7 * SECTOR)
        file.write(bytes(SECTOR))
    assert "0 sectors missing; 1 CRC errors" in judge(image)


def test_a_cut_file_is_completed(image: str, sound: Path) -> None:
    os.truncate(image, (LAYOUT.total - 100) * SECTOR)
    assert repair(image, LAYOUT, silent) == RepairOutcome(100, 0)
    assert same(image, sound)


def test_what_carries_none_is_not_repaired(tmp_path: Path, image: str) -> None:
    noise_image(tmp_path / "plain.iso", 600)
    with pytest.raises(SpannerError, match="No error correction data recognized"):
        repair(str(tmp_path / "plain.iso"), planned(400, 20), silent)


def test_no_room_for_it(tmp_path: Path, image: str) -> None:
    noise_image(tmp_path / "plain.iso", 600)
    with pytest.raises(SpannerError, match="added no error correction: "):
        augment(str(tmp_path / "plain.iso"), planned(400, 5), silent)


def test_what_only_claims_success_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dvdisaster").write_text("#!/bin/sh\necho ${LINES_SAID:-nothing}\n")
    (tmp_path / "dvdisaster").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    noise_image(tmp_path / "plain.iso", 600)
    with pytest.raises(SpannerError, match="added no error correction: nothing"):
        augment(str(tmp_path / "plain.iso"), planned(600, 20), silent)
    with pytest.raises(SpannerError, match="could not repair the copy: nothing"):
        repair(str(tmp_path / "plain.iso"), planned(400, 20), silent)
    monkeypatch.setenv("LINES_SAID", "Image has been augmented with error correction data.")
    with pytest.raises(SpannerError, match="added no error correction"):
        augment(str(tmp_path / "plain.iso"), planned(600, 20), silent)


def test_it_can_be_stopped(image: str) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        repair(image, LAYOUT, silent, stop)


def test_it_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="dvdisaster is not installed, which error correction"):
        dvdisaster.need()
